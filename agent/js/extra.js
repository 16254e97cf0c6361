/**
 * What few pages ask for, in a file of its own that is loaded when they do: `console.error` and failed requests as
 * errors, violations of policies, a page's own transport, and the words of `debug`. Everything of the façade comes as an
 * argument.
 */
import { identityOf } from "./listen.js";

export { Wasm } from "./modules.js";

/** `console.error` and others as events. */
export function CaptureConsole({ put, wrap, chainOf, isError, words }, options = {}) {
  const { levels = ["debug", "info", "warn", "error", "log", "assert", "trace"], handled = true } = options;
  const undos = levels.map((method) =>
    wrap(console, method, (_, args) => {
      if (method === "assert" && args.shift()) return;
      const level = { warn: "warning", assert: "error", trace: "debug" }[method] ?? method;
      const error = args.find(isError);
      const told = { kind: 2, level, handled, type: "console", logger: "console", extra: { arguments: args.map(words) } };
      if (error) put({ ...told, kind: 0, chain: chainOf(error) }, error);
      else put({ ...told, message: args.map(words).join(" ") });
    }),
  );
  return () => undos.forEach((undo) => undo());
}

/** Answers whose status is a failure: `[from, to]` or a number each; `failedRequestTargets` as texts or expressions. */
export function HttpClient({ put, tell, watchFetch, watchXhr }, options = {}) {
  const { failedRequestStatusCodes: codes = [[500, 599]], failedRequestTargets: targets = [/.*/] } = options;
  const done = ({ category, method, url, status_code: status }) => {
    const isFailure = codes.some((code) => (Array.isArray(code) ? status >= code[0] && status <= code[1] : status === code));
    const { href } = new URL(url, location.href);
    const isMeant = targets.some((target) => (typeof target === "string" ? href.includes(target) : target.test(href)));
    if (!status || !isFailure || !isMeant) return;
    const value = `HTTP Client Error with status code: ${status}`;
    const contexts = { response: { status_code: status }, page: { url: location.href } };
    put(tell("Error", value, "http.client", { level: "error", kind: 0, contexts, tags: { via: category }, request: { url: href, method } }));
  };
  const undos = [watchFetch(done), watchXhr(done)];
  return () => undos.forEach((undo) => undo());
}

let transport;

/** By the page's own transport, in the form that `@sentry/browser` gives its own; resolves to what of a response counts. */
export async function handed(batch, settings, url, recordDroppedEvent) {
  transport ??= settings.transport({ url, recordDroppedEvent });
  const items = batch.map(({ type, json }) => [{ type }, JSON.parse(json)]);
  const answer = await transport.send([{ dsn: settings.dsn, sent_at: new Date().toISOString() }, items]);
  const { statusCode = 200, status = statusCode, headers } = answer ?? {};
  return { status, headers: headers?.get ? headers : { get: (name) => headers?.[name] } };
}

/** A violation of the page's content security policy. */
export function violationOf(event, tell, placeOf) {
  const { effectiveDirective: directive, blockedURI: blocked, disposition, sample, documentURI: document_uri } = event;
  const csp = { effective_directive: directive, blocked_uri: blocked, disposition, sample, document_uri };
  return tell("CSPViolation", `Blocked '${directive}' from '${blocked}'`, "csp", { contexts: { csp }, place: placeOf(event) });
}

/** How long a worker may take to answer; it may be busy. */
const WORKER_MS = 1000;

/** Whether the agent in some worker has this error: it says so on the channel. */
export const isOfWorker = (event) =>
  new Promise((resolve) => {
    const channel = new BroadcastChannel("trapline");
    const place = identityOf(event);
    const end = (isKnown) => {
      channel.close();
      resolve(isKnown);
    };
    channel.onmessage = ({ data }) => data === place + " is known" && end(true);
    channel.postMessage(place);
    setTimeout(end, WORKER_MS, false);
  });

/**
 * Why nothing arrives, in one line that names the remedy. `what` is a response, or what `fetch` has thrown for `url`;
 * `violation` what the page's policy has last forbidden.
 */
export async function explained(what, url, violation) {
  if (what.status) {
    const { detail } = await what.json().catch(() => ({}));
    return `the collector answered ${what.status}: ${detail ?? "no reason given"}`;
  }
  const { origin, protocol } = new URL(url);
  if (violation?.startsWith(origin)) return `this page's policy forbids it: add ${origin} to connect-src`;
  if (location.protocol === "https:" && protocol === "http:") {
    return `mixed content: a page on https cannot send to ${origin}; put https into the DSN`;
  }
  return `${origin} did not answer (${what}); it will be tried again`;
}

/** See `makeFetchTransport`. */
export async function sent({ url }, fetch, [header, items]) {
  const text = items.map(([item, payload]) => `\n${JSON.stringify(item)}\n${JSON.stringify(payload)}`).join("");
  const options = { method: "POST", body: JSON.stringify(header) + text, keepalive: text.length < 6e4, credentials: "omit" };
  const { status, headers } = await fetch(url, options);
  const names = ["retry-after", "x-sentry-rate-limits"];
  return { statusCode: status, headers: Object.fromEntries(names.map((name) => [name, headers.get(name)])) };
}
