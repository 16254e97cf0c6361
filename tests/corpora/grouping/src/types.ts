/** A bug by its name: what a click does that ends in an error. */
export type Bugs = Record<string, () => unknown>;

/** What the server never sent. */
export const missing = <T>(): T => (globalThis as any).never as T;

/** Something that TypeScript believes to be anything. */
export const any = (value: unknown): any => value;
