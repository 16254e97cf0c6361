/**
 * Names of `@sentry/browser` for what is deliberately not here: they do nothing, say so once with `debug`, and call the
 * work that they are given, so that a page goes on working.
 */
import { warn } from "./settings.js";

const said = new Set();
const span = new Proxy(() => {}, { get: (_, name) => (name === "then" ? undefined : () => span) });

export const absent = (name) =>
  (...args) => {
    if (!said.has(name)) warn(`no ${name}`);
    said.add(name);
    if (name.endsWith("Integration")) return { name };
    const work = args.at(-1);
    return typeof work === "function" ? work(span) : span;
  };

/** `Trapline` of a page that has loaded the script. */
export const withAbsent = (known) =>
  new Proxy({}, {
    get: (_, name) =>
      known[name] ?? (/span|trac|replay|profil|feedback|Integration$|metric/i.test(String(name)) ? absent(name) : undefined),
  });
