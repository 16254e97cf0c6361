/**
 * The one file that looks into the page's values. Pages throw anything: getters that throw, proxies, revoked proxies, a
 * `stack` that is no string. Nothing here throws out; what cannot be read is left out.
 */

/** Most members of an object or list that the page gave. */
const MAX_WIDTH = 100;
/** Longest text of a member of those. */
const MAX_TEXT = 4096;
/** Longest message looked at; what is sent is cut by the option `maxValueLength`. */
const MAX_MESSAGE = 16384;
/** The collector reads no more of a raw stack. */
const MAX_STACK = 65536;
/** Members of an exception chain, the thrown error among them. */
const MAX_CHAIN = 32;
/** Scripts named as the likely ones behind `Script error.` */
const MAX_SCRIPTS = 10;

/** `owner[name]`; undefined if that throws. */
export function get(owner, name) {
  try {
    return owner[name];
  } catch {}
}

/** `owner[name]` if it is a string with something in it. */
function text(owner, name, max = MAX_MESSAGE) {
  const value = get(owner, name);
  return typeof value === "string" ? value.slice(0, max) : "";
}

/** `String(value)`; objects may refuse. */
function shown(value) {
  try {
    return String(value).slice(0, MAX_MESSAGE);
  } catch {
    return "[unreadable]";
  }
}

const isObject = (value) => typeof value === "object" && value !== null;

/** An error of this page, or of another frame, which `instanceof` does not know. */
export const isError = (value) =>
  isObject(value) && typeof get(value, "message") === "string" && !!(text(value, "name") || text(value, "stack"));

/** A copy without cycles, functions and long texts, which `JSON.stringify` takes. */
export function plain(value, depth = 4) {
  try {
    return copy(value, depth);
  } catch {
    return "[unreadable]";
  }
}

function copy(value, depth) {
  if (typeof value === "string") return value.slice(0, MAX_TEXT);
  if (value == null || typeof value === "boolean" || Number.isFinite(value)) return value;
  if (typeof value === "function") return `[Function: ${value.name || "anonymous"}]`;
  if (!isObject(value)) return shown(value);
  if (value.nodeType) return selector(value);
  if (isError(value)) return `${text(value, "name")}: ${text(value, "message")}`;
  if (typeof value.toJSON === "function" && depth > 0) return plain(value.toJSON(), depth - 1);
  if (Array.isArray(value)) {
    return depth > 0 ? value.slice(0, MAX_WIDTH).map((one) => plain(one, depth - 1)) : "[Array]";
  }
  if (depth <= 0) return shown(value);
  const entries = Object.keys(value).slice(0, MAX_WIDTH);
  return Object.fromEntries(entries.map((name) => [name, plain(get(value, name), depth - 1)]));
}

/** Anything in words: an argument of a console call, a thrown object. */
export function words(value) {
  const copied = plain(value, 2);
  return isObject(copied) ? JSON.stringify(copied).slice(0, MAX_TEXT) : String(copied);
}

/** `form#checkout > button.primary[name="pay"]`: where an element stands, never what is in it. */
export function selector(element) {
  const levels = [];
  for (let at = element; levels.length < 5 && text(at, "localName"); at = get(at, "parentElement")) {
    levels.unshift(levelOf(at));
    if (text(at, "id")) break;
  }
  return levels.join(" > ");
}

function levelOf(element) {
  const tag = text(element, "localName");
  if (text(element, "id")) return `${tag}#${element.id}`;
  const classes = text(element, "className").split(/\s+/).filter(Boolean).slice(0, 3);
  const named = ["type", "name"].map((name) => [name, text(element, name)]).filter(([, value]) => value);
  return tag + classes.map((name) => "." + name).join("") + named.map(([name, value]) => `[${name}="${value}"]`).join("");
}

/** `<img> https://shop.test/oak.png`, `XMLHttpRequest` */
function placeOf(target) {
  const url = ["currentSrc", "src", "href"].map((name) => text(target, name)).find(Boolean);
  const tag = text(target, "localName");
  return [tag ? `<${tag}>` : text(get(target, "constructor"), "name") || "nothing", url ?? ""];
}

/** Type, message and raw stack of anything. */
function describe(value) {
  if (!isObject(value)) return { type: "Error", value: shown(value) };
  const kind = text(get(value, "constructor"), "name");
  if (isError(value)) {
    const message = text(value, "message", Infinity);
    const { length } = message;
    return { type: text(value, "name") || kind, value: message.slice(0, MAX_MESSAGE), length, stack: callsOf(value, message) };
  }
  const type = kind && kind !== "Object" ? kind : "Error";
  const target = get(value, "target");
  // A rejection with an `Event`, as loaders of scripts and pictures give it.
  if (target !== undefined && text(value, "type")) {
    return { type, value: [text(value, "type"), "on", ...placeOf(target)].join(" ").trim() };
  }
  return { type, value: text(value, "message") || words(value) };
}

/** The stack below Chromium's header, which repeats the message: that may be a megabyte, or look like calls. */
function callsOf(error, message) {
  const stack = text(error, "stack", Infinity);
  const header = text(error, "name") + (message && ": ") + message;
  return (stack.startsWith(header) ? stack.slice(header.length) : stack).slice(0, MAX_STACK).trim();
}

/** The thrown value, its causes and the errors that it holds: nearest first, each once. */
export function chainOf(thrown, limit = MAX_CHAIN, key = "cause") {
  const seen = [thrown];
  const chain = [describe(thrown)];
  const link = (child, source, parent) => {
    if (!isObject(child) || seen.includes(child) || seen.length >= limit) return;
    seen.push(child);
    chain.push({ ...describe(child), source, parent });
  };
  for (let at = 0; at < seen.length; at++) {
    if (!isError(seen[at])) continue;
    link(get(seen[at], key), key, at);
    const errors = get(seen[at], "errors");
    for (let one = 0; one < limit; one++) link(get(errors ?? [], one), `errors[${one}]`, at);
  }
  return chain;
}

/** `Uncaught TypeError: x is not a function`: what the browser says where it withholds the error. */
function withheld(event) {
  const [, type, value] = /^(?:Uncaught )?(?:(\w*(?:Error|Exception)): )?([^]*)$/.exec(text(event, "message"));
  return [{ type: type || "Error", value }];
}

/** How far chains go: the integration LinkedErrors sets it. */
export const links = {};

/**
 * What a record (see listen.js) tells: `{chain, type, handled, level}`, or `{message, level}`. Members of the chain are
 * `{type, value, stack, source, parent, place}`, the thrown one first.
 */
export function read({ kind, value, stack, told }) {
  if (told) return told;
  if (kind === "captureMessage") {
    const message = words(value);
    return { message, level: "info", chain: stack && [{ value: message, stack, synthetic: true }], type: "generic", handled: true };
  }
  if (kind === "error") return uncaught(value);
  if (kind === "unhandledrejection") {
    const reason = get(value, "reason");
    const chain = chainOf(reason, links.limit, links.key);
    if (!isError(reason) && chain[0].type === "Error") chain[0].type = "UnhandledRejection";
    return { chain, type: "onunhandledrejection", handled: false, level: "error" };
  }
  const chain = chainOf(value, links.limit, links.key);
  // The façade's own, taken at the call, where what was captured has none.
  if (!chain[0].stack && stack) Object.assign(chain[0], { stack, synthetic: true });
  return { chain, type: "generic", handled: true, level: "error" };
}

function uncaught(event) {
  const target = get(event, "target");
  if (text(target, "localName")) {
    const [tag, url] = placeOf(target);
    const chain = [{ type: "LoadError", value: `${tag} failed to load: ${url}` }];
    return { chain, type: "resource", handled: false, level: "warning" };
  }
  const error = get(event, "error");
  const chain = error == null ? withheld(event) : chainOf(error, links.limit, links.key);
  const filename = text(event, "filename");
  // A syntax error has a stack without calls; the event knows the place.
  if (filename) chain[0].place = { filename, lineno: event.lineno, colno: event.colno, in_app: true };
  const isWithheld = error == null && !filename;
  return { chain, type: "onerror", handled: false, level: "error", contexts: isWithheld ? suspects() : undefined };
}

/** `Script error.` hides a script of another origin whose tag lacks `crossorigin`: which there are. */
function suspects() {
  const scripts = [...(self.document?.scripts ?? [])].map((script) => !script.crossOrigin && script.src);
  const foreign = scripts.filter((src) => src && !src.startsWith(location.origin + "/"));
  return { script_error: { scripts_without_crossorigin: foreign.slice(0, MAX_SCRIPTS) } };
}

/** A scope's data, frozen: nothing that the page does to its objects later is seen in it. */
export const snapshot = ({ breadcrumbs, user, tags, extra, contexts, fingerprint, ...rest }, depth) => ({
  ...rest,
  ...plain({ user, tags, extra, contexts, fingerprint }, (depth ?? 4) + 2),
  breadcrumbs: [...breadcrumbs],
});
