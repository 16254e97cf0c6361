/** Types of the agent's API: the names of `@sentry/browser` for what Trapline does. */

export type SeverityLevel = "fatal" | "error" | "warning" | "log" | "info" | "debug";
export type Primitive = number | string | boolean | bigint | symbol | null | undefined;
export type Extras = Record<string, unknown>;
export type Contexts = Record<string, Record<string, unknown> | undefined>;

export interface User {
  id?: string | number;
  email?: string;
  username?: string;
  ip_address?: string | null;
  [key: string]: unknown;
}

export interface Breadcrumb {
  type?: string;
  level?: SeverityLevel;
  event_id?: string;
  category?: string;
  message?: string;
  data?: Record<string, any>;
  /** Seconds since 1970. */
  timestamp?: number;
}
export type BreadcrumbHint = Record<string, any>;

export interface StackFrame {
  filename?: string;
  function?: string;
  lineno?: number;
  colno?: number;
  in_app?: boolean;
  [key: string]: unknown;
}

export interface Exception {
  type?: string;
  value?: string;
  mechanism?: { type: string; handled?: boolean; synthetic?: boolean; [key: string]: unknown };
  /** Oldest call first. */
  stacktrace?: { frames?: StackFrame[] };
  /** Raw, where a line of it was not read. */
  stack?: string;
}

export interface Event {
  event_id?: string;
  message?: string;
  /** Seconds since 1970. */
  timestamp?: number;
  level?: SeverityLevel;
  platform?: string;
  logger?: string;
  release?: string;
  environment?: string;
  dist?: string;
  transaction?: string;
  type?: undefined;
  request?: { url?: string; method?: string; headers?: Record<string, string>; [key: string]: unknown };
  user?: User;
  tags?: Record<string, Primitive>;
  extra?: Extras;
  contexts?: Contexts;
  fingerprint?: string[];
  breadcrumbs?: Breadcrumb[];
  exception?: { values?: Exception[] };
  sdk?: { name?: string; version?: string };
  [key: string]: unknown;
}
export type ErrorEvent = Event;

export interface EventHint {
  event_id?: string;
  originalException?: unknown;
  syntheticException?: Error | null;
  captureContext?: CaptureContext;
  data?: any;
  [key: string]: unknown;
}

export interface ScopeContext {
  user: User;
  level: SeverityLevel;
  extra: Extras;
  contexts: Contexts;
  tags: Record<string, Primitive>;
  fingerprint: string[];
}
export type CaptureContext = Scope | Partial<ScopeContext> | ((scope: Scope) => Scope);
export type ExclusiveEventHintOrCaptureContext = (CaptureContext & Partial<Record<keyof EventHint, never>>) | EventHint;

export type EventProcessor = (event: Event, hint: EventHint) => Event | null | PromiseLike<Event | null>;

export declare class Scope {
  clone(): Scope;
  setUser(user: User | null): this;
  getUser(): User | undefined;
  setTag(key: string, value: Primitive): this;
  setTags(tags: Record<string, Primitive>): this;
  setExtra(key: string, value: unknown): this;
  setExtras(extras: Extras): this;
  setContext(name: string, context: Record<string, unknown> | null): this;
  setLevel(level: SeverityLevel): this;
  setFingerprint(fingerprint: string[]): this;
  setTransactionName(name?: string): this;
  addEventProcessor(processor: EventProcessor): this;
  addBreadcrumb(breadcrumb: Breadcrumb, maxBreadcrumbs?: number): this;
  getLastBreadcrumb(): Breadcrumb | undefined;
  clearBreadcrumbs(): this;
  clear(): this;
  update(context?: CaptureContext): this;
}

export interface Integration {
  name: string;
  setupOnce?(): void;
  setup?(client: Client): void;
  afterAllSetup?(client: Client): void;
  preprocessEvent?(event: Event, hint: EventHint | undefined, client: Client): void;
  processEvent?(event: Event, hint: EventHint, client: Client): Event | null | PromiseLike<Event | null>;
}

export type Envelope = [Record<string, unknown>, [Record<string, unknown> & { type: string }, unknown][]];
export interface TransportMakeRequestResponse {
  statusCode?: number;
  headers?: { [key: string]: string | null | undefined; "retry-after"?: string | null; "x-sentry-rate-limits"?: string | null };
}
export interface Transport {
  send(envelope: any): PromiseLike<TransportMakeRequestResponse>;
  flush(timeout?: number): PromiseLike<boolean>;
}
export interface BaseTransportOptions {
  url: string;
  recordDroppedEvent?(reason: string, category: string, count?: number): void;
  [key: string]: unknown;
}

export interface BrowserOptions {
  /** `https://KEY@host/PROJECT` */
  dsn?: string;
  release?: string;
  /** `production` unless it says otherwise. */
  environment?: string;
  dist?: string;
  /** Of errors, 0 to 1. */
  sampleRate?: number;
  /** Of visits, whose page views are measured: 0 to 1, 0.1 unless it or `tracesSampleRate` says otherwise. Never of errors. */
  pageViewSampleRate?: number;
  tracesSampleRate?: number;
  /** `false`: visits are not told of, and nothing is kept of them beyond the page. */
  autoSessionTracking?: boolean;
  /** 100 unless it says otherwise. */
  maxBreadcrumbs?: number;
  /** Stacks for messages too. */
  attachStacktrace?: boolean;
  beforeSend?(event: ErrorEvent, hint: EventHint): ErrorEvent | null | PromiseLike<ErrorEvent | null>;
  beforeBreadcrumb?(breadcrumb: Breadcrumb, hint?: BreadcrumbHint): Breadcrumb | null;
  ignoreErrors?: (string | RegExp)[];
  denyUrls?: (string | RegExp)[];
  allowUrls?: (string | RegExp)[];
  initialScope?: CaptureContext;
  normalizeDepth?: number;
  maxValueLength?: number;
  sendDefaultPii?: boolean;
  /** Where envelopes go instead of where the DSN says. */
  tunnel?: string;
  enabled?: boolean;
  /** Says in the console why nothing arrives. */
  debug?: boolean;
  transport?(options: any): Transport;
  integrations?: Integration[] | ((defaults: Integration[]) => Integration[]);
  defaultIntegrations?: false | Integration[];
  /** Options for what is not here do nothing. */
  [key: string]: unknown;
}

export interface Client {
  init(options?: BrowserOptions): Client;
  getOptions(): BrowserOptions;
  getDsn(): string | undefined;
  getIntegrationByName<T extends Integration = Integration>(name: string): T | undefined;
  addIntegration(integration: Integration): void;
  addEventProcessor(processor: EventProcessor): void;
  captureException(exception: unknown, hint?: EventHint): string;
  captureMessage(message: string, level?: SeverityLevel | CaptureContext): string;
  captureEvent(event: Event, hint?: EventHint): string;
  flush(timeout?: number): Promise<boolean>;
  close(timeout?: number): Promise<boolean>;
  on(hook: string, callback: (...args: any[]) => void): () => void;
  emit(hook: string, ...args: any[]): void;
}

export declare function init(options?: BrowserOptions): Client | undefined;
export declare function captureException(exception: unknown, hint?: ExclusiveEventHintOrCaptureContext): string;
export declare function captureMessage(message: string, captureContext?: CaptureContext | SeverityLevel): string;
export declare function captureEvent(event: Event, hint?: EventHint): string;
export declare function addBreadcrumb(breadcrumb: Breadcrumb, hint?: BreadcrumbHint): void;
export declare function setUser(user: User | null): void;
export declare function setTag(key: string, value: Primitive): void;
export declare function setTags(tags: Record<string, Primitive>): void;
export declare function setExtra(key: string, value: unknown): void;
export declare function setExtras(extras: Extras): void;
export declare function setContext(name: string, context: Record<string, any> | null): void;
export declare function withScope<T>(callback: (scope: Scope) => T): T;
export declare function withScope<T>(scope: Scope | undefined, callback: (scope: Scope) => T): T;
export declare function withIsolationScope<T>(callback: (isolationScope: Scope) => T): T;
export declare function getCurrentScope(): Scope;
export declare function getIsolationScope(): Scope;
export declare function getGlobalScope(): Scope;
/** Names the page view that is shown, instead of its path: `/products/{id}`. */
export declare function setPage(name: string): void;
export declare function getClient(): Client | undefined;
export declare function addEventProcessor(processor: EventProcessor): void;
export declare function addIntegration(integration: Integration): void;
export declare function lastEventId(): string | undefined;
/** Waits until all has been answered for, at most so many milliseconds. */
export declare function flush(timeout?: number): Promise<boolean>;
export declare function close(timeout?: number): Promise<boolean>;
export declare function isInitialized(): boolean;
export declare function makeFetchTransport(options: BaseTransportOptions, nativeFetch?: typeof fetch): Transport;
export declare const defaultStackParser: (stack: string, skipFirstLines?: number) => StackFrame[];

export declare function getDefaultIntegrations(options?: BrowserOptions): Integration[];
export declare function globalHandlersIntegration(options?: { onerror?: boolean; onunhandledrejection?: boolean }): Integration;
export declare function breadcrumbsIntegration(options?: {
  console?: boolean;
  dom?: boolean | Record<string, unknown>;
  fetch?: boolean;
  history?: boolean;
  sentry?: boolean;
  xhr?: boolean;
}): Integration;
export declare function linkedErrorsIntegration(options?: { key?: string; limit?: number }): Integration;
export declare function dedupeIntegration(): Integration;
export declare function httpContextIntegration(): Integration;
export declare function browserApiErrorsIntegration(options?: Record<string, unknown>): Integration;
export declare function functionToStringIntegration(): Integration;
export declare function eventFiltersIntegration(options?: Record<string, unknown>): Integration;
export declare function inboundFiltersIntegration(options?: Record<string, unknown>): Integration;
export declare function cultureContextIntegration(): Integration;
export declare function contextLinesIntegration(options?: Record<string, unknown>): Integration;
export declare function captureConsoleIntegration(options?: { levels?: string[]; handled?: boolean }): Integration;
export declare function httpClientIntegration(options?: {
  failedRequestStatusCodes?: (number | [number, number])[];
  failedRequestTargets?: (string | RegExp)[];
}): Integration;
export declare function reportingObserverIntegration(options?: { types?: ("crash" | "deprecation" | "intervention")[] }): Integration;
/** Says which build of which wasm module a frame belongs to: `debug_meta.images`. */
export declare function wasmIntegration(): Integration;
export declare function featureFlagsIntegration(): Integration & { addFeatureFlag(name: string, value: unknown): void };
/** Violations of the page's content security policy. On by default. */
export declare function policiesIntegration(): Integration;
/** Errors of frames of the page's own origin. On by default. */
export declare function framesIntegration(): Integration;
/** Measures page views, of the visits that are sampled. On by default. */
export declare function pageViewsIntegration(): Integration;
/** Tells of visits. On by default; with `page`, each page is one. */
export declare function browserSessionIntegration(options?: { lifecycle?: "visit" | "page" | "route" }): Integration;

export interface Session {
  sid: string;
  status: "ok" | "exited" | "crashed";
  errors: number;
  [key: string]: unknown;
}
export declare function startSession(context?: object): Session;
export declare function endSession(): void;
/** Tells how the session stands; ends it with `true`. */
export declare function captureSession(end?: boolean): void;

export interface SendFeedbackParams {
  message: string;
  name?: string;
  email?: string;
  url?: string;
  source?: string;
  /** The last event unless it says otherwise. */
  associatedEventId?: string;
  tags?: Record<string, Primitive>;
}
export declare function captureFeedback(params: SendFeedbackParams, hint?: any, scope?: any): string;
/** Resolves to the feedback's ID once the collector has it; rejected if it has not. */
export declare function sendFeedback(params: SendFeedbackParams, hint?: any): Promise<string>;

export interface FeedbackTheme {
  foreground?: string;
  background?: string;
  border?: string;
  accentForeground?: string;
  accentBackground?: string;
  errorColor?: string;
  outline?: string;
  boxShadow?: string;
}
/** Of the form. Words are in the page's language (`<html lang>`; en, de, fr, es, it, pt, ja, zh) unless they are given. */
export interface FeedbackOptions {
  /** Adds a button that opens the form; `true` unless it says otherwise. */
  autoInject?: boolean;
  id?: string;
  lang?: string;
  colorScheme?: "system" | "light" | "dark";
  themeLight?: FeedbackTheme;
  themeDark?: FeedbackTheme;
  showName?: boolean;
  showEmail?: boolean;
  isNameRequired?: boolean;
  isEmailRequired?: boolean;
  tags?: Record<string, Primitive>;
  triggerLabel?: string;
  triggerAriaLabel?: string;
  formTitle?: string;
  messageLabel?: string;
  messagePlaceholder?: string;
  nameLabel?: string;
  emailLabel?: string;
  isRequiredLabel?: string;
  submitButtonLabel?: string;
  cancelButtonLabel?: string;
  closeLabel?: string;
  sendingText?: string;
  successMessageText?: string;
  errorEmptyMessageText?: string;
  errorEmailText?: string;
  errorGenericText?: string;
  onFormOpen?(): void;
  onFormClose?(): void;
  onSubmitSuccess?(data: { message: string; name?: string; email?: string }, eventId: string): void;
  onSubmitError?(error: Error): void;
  [key: string]: unknown;
}
export interface FeedbackForm {
  el: HTMLElement;
  appendToDom(): void;
  removeFromDom(): void;
  open(): void;
  close(): void;
}
export interface Feedback extends Integration {
  attachTo(element: Element | string, options?: FeedbackOptions): () => void;
  createForm(options?: FeedbackOptions): Promise<FeedbackForm>;
  createWidget(options?: FeedbackOptions): Promise<{ el: HTMLElement; appendToDom(): void; removeFromDom(): void }>;
  setTheme(colorScheme: "system" | "light" | "dark"): void;
  remove(): void;
}
export declare function feedbackIntegration(options?: FeedbackOptions): Feedback;
export declare const feedbackAsyncIntegration: typeof feedbackIntegration, feedbackSyncIntegration: typeof feedbackIntegration;
export declare function getFeedback(): Feedback | undefined;

export interface ReportDialogOptions {
  /** The last event unless it says otherwise. */
  eventId?: string;
  user?: { email?: string; name?: string };
  lang?: string;
  title?: string;
  subtitle?: string;
  subtitle2?: string;
  labelName?: string;
  labelEmail?: string;
  labelComments?: string;
  labelClose?: string;
  labelSubmit?: string;
  errorGeneric?: string;
  errorFormEntry?: string;
  successMessage?: string;
  onLoad?(): void;
  onClose?(): void;
  onError?(error: Error): void;
  [key: string]: unknown;
}
/** Asks the user what has happened. */
export declare function showReportDialog(options?: ReportDialogOptions & FeedbackOptions): void;

/** Does nothing, says so once with `debug`, and calls the work that it is given. */
type Absent = (...args: any[]) => any;
/** As `Absent`, where an integration is asked for. */
type AbsentIntegration = (options?: any) => Integration;

/** For a span there is none: `callback` gets one that swallows everything. */
export declare function startSpan<T>(context: any, callback: (span: any) => T): T;
export declare function startSpanManual<T>(context: any, callback: (span: any, finish: () => void) => T): T;
export declare function startNewTrace<T>(callback: () => T): T;
export declare function suppressTracing<T>(callback: () => T): T;
export declare function withActiveSpan<T>(span: any, callback: (scope: any) => T): T;
export declare function continueTrace<T>(options: any, callback: () => T): T;
export declare const startInactiveSpan: Absent, getActiveSpan: Absent, getRootSpan: Absent, spanToJSON: Absent,
  updateSpanName: Absent, setMeasurement: Absent, getTraceData: Absent, addTracingExtensions: Absent, getReplay: Absent,
  createUserFeedbackEnvelope: Absent, lazyLoadIntegration: Absent;
export declare const browserTracingIntegration: AbsentIntegration, browserProfilingIntegration: AbsentIntegration,
  replayIntegration: AbsentIntegration, replayCanvasIntegration: AbsentIntegration,
  graphqlClientIntegration: AbsentIntegration, thirdPartyErrorFilterIntegration: AbsentIntegration;
