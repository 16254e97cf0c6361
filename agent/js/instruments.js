/**
 * Breadcrumbs: what happened on the page before an error. They live in JavaScript because what they wrap does, and are
 * there before the wasm is, and without it.
 *
 * Each `install…(add)` calls `add(crumb, hint)` and returns its undo. What is wrapped keeps its name, length, `this`,
 * result and exceptions; a failure of ours stays here.
 */
import { get, selector, words } from "./values.js";

/** Set while our own code looks at something: what it causes there is not the page's doing. */
let busy = false;

function quietly(ours, ...args) {
  if (busy) return;
  busy = true;
  try {
    return ours(...args);
  } catch {
  } finally {
    busy = false;
  }
}

/**
 * Calls `before(this, args)` ahead of each `owner[name]`. If that gives a function, it is called with the result, or
 * for a promise with what it settles to (value, error). Of a promise the page sees a derived one: watching it otherwise
 * would mark its rejection as handled.
 */
function wrap(owner, name, before) {
  const original = get(owner, name);
  if (typeof original !== "function") return () => {};
  let on = true;
  const wrapped = function (...args) {
    const after = on && quietly(before, this, args);
    const result = original.apply(this, args);
    if (!after) return result;
    if (!(result instanceof Promise)) {
      quietly(after, result);
      return result;
    }
    return result.then(
      (value) => (quietly(after, value), value),
      (error) => {
        quietly(after, undefined, error);
        throw error;
      },
    );
  };
  try {
    for (const key of ["name", "length"]) {
      Object.defineProperty(wrapped, key, { value: original[key], configurable: true });
    }
    owner[name] = wrapped;
  } catch {
    // Frozen by the page.
  }
  return () => {
    on = false;
    // Somebody else may have wrapped ours; then ours stays, and does nothing.
    if (owner[name] === wrapped) owner[name] = original;
  };
}

/** Listens in the capture phase. */
function on(target, type, heard) {
  const listener = (event) => quietly(heard, event);
  target.addEventListener(type, listener, true);
  return () => target.removeEventListener(type, listener, true);
}

/** Installs all of them; returns the one undo. */
export function install(add) {
  const undos = [installConsole, installFetch, installXhr, installNavigation, installClicks].map((one) => one(add));
  return () => undos.forEach((undo) => undo());
}

function installConsole(add) {
  const undos = ["debug", "info", "log", "warn", "error"].map((method) =>
    wrap(console, method, (_, args) => {
      const level = { log: "info", warn: "warning" }[method] ?? method;
      add({ category: "console", level, message: args.map(words).join(" ").slice(0, 1024) });
    }),
  );
  return () => undos.forEach((undo) => undo());
}

/** `status` is 0 if there was no answer. */
function request(category, method, url, status) {
  const level = !status || status >= 500 ? "error" : status >= 400 ? "warning" : "info";
  const data = { method: String(method ?? "GET").toUpperCase(), url: String(url), status_code: status || undefined };
  return { type: "http", category, level, data };
}

function installFetch(add) {
  return wrap(window, "fetch", (_, [input, init]) => {
    const method = get(init, "method") ?? get(input, "method");
    const url = get(input, "url") ?? input;
    return (response, error) => add(request("fetch", method, url, response?.status), { input: [input, init], response, error });
  });
}

function installXhr(add) {
  return wrap(XMLHttpRequest.prototype, "open", (xhr, [method, url]) => {
    const ended = () => quietly(() => add(request("xhr", method, url, xhr.status), { xhr }));
    xhr.addEventListener("loadend", ended, { once: true });
  });
}

function installNavigation(add) {
  let from = location.href;
  const moved = () => {
    const to = location.href;
    if (to !== from) add({ type: "navigation", category: "navigation", level: "info", data: { from, to } });
    from = to;
  };
  const undos = [
    wrap(history, "pushState", () => moved),
    wrap(history, "replaceState", () => moved),
    on(window, "popstate", moved),
    on(window, "hashchange", moved),
  ];
  return () => undos.forEach((undo) => undo());
}

function installClicks(add) {
  return on(document, "click", (event) => {
    add({ type: "ui", category: "ui.click", level: "info", message: selector(event.target) }, { event });
  });
}
