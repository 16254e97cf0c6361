/**
 * Breadcrumbs: what happened on the page before an error. They live in JavaScript because what they wrap does, and are
 * there before the wasm is, and without it.
 *
 * Each `install…(add)` calls `add(crumb, hint)` and returns its undo. What is wrapped keeps its name, length, `this`,
 * result and exceptions; a failure of ours stays here.
 */
import { get, selector, words } from "./values.js";

/** Keys in one field are one breadcrumb in this time. */
const TYPING_MS = 1000;

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
 * would mark its rejection as handled. A proxy looks like what it stands for: name, length, own properties, and
 * `toString` of native code.
 */
export function wrap(owner, name, before) {
  const original = get(owner, name);
  if (typeof original !== "function") return () => {};
  let isOn = true;
  const wrapped = new Proxy(original, {
    apply(_, self, args) {
      const after = isOn && quietly(before, self, [...args]);
      const result = Reflect.apply(original, self, args);
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
    },
  });
  try {
    owner[name] = wrapped;
  } catch {
    // Frozen by the page.
  }
  return () => {
    isOn = false;
    // Somebody else may have wrapped ours; then ours stays, and does nothing.
    if (owner[name] === wrapped) owner[name] = original;
  };
}

/** Listens in the capture phase. */
export function on(target, type, heard) {
  const listener = (event) => quietly(heard, event);
  target.addEventListener(type, listener, true);
  return () => target.removeEventListener(type, listener, true);
}

export function installConsole(add) {
  const undos = ["debug", "info", "log", "warn", "error"].map((method) =>
    wrap(console, method, (_, args) => {
      const level = { log: "info", warn: "warning" }[method] ?? method;
      add({ category: "console", level, message: args.map(words).join(" ").slice(0, 1024) });
    }),
  );
  return () => undos.forEach((undo) => undo());
}

const now = () => performance.timeOrigin + performance.now();

/** However many watch, what is watched is wrapped once, and only while somebody does. */
function shared(install) {
  const ears = new Set();
  let undo;
  return (done) => {
    ears.add(done);
    undo ??= install((...told) =>
      ears.forEach((ear) => {
        try {
          ear(...told);
        } catch {}
      }),
    );
    return () => {
      ears.delete(done);
      if (!ears.size) undo = undo?.();
    };
  };
}

/**
 * `done({category, method, url, status_code}, hint)` for each request that has ended; without a status if unanswered.
 * The hint has `startTimestamp` and `endTimestamp` in milliseconds since 1970.
 */
export const watchFetch = shared((done) =>
  wrap(self, "fetch", (_, [input, init]) => {
    const method = String(get(init, "method") ?? get(input, "method") ?? "GET").toUpperCase();
    const url = String(get(input, "url") ?? input);
    const startTimestamp = now();
    return (response, error) => {
      const { status } = response ?? {};
      const hint = { input: [input, init], response, error, startTimestamp, endTimestamp: now() };
      done({ category: "fetch", method, url, status_code: status || undefined }, hint);
    };
  }),
);

export const watchXhr = shared((done) => {
  if (!self.XMLHttpRequest) return () => {};
  return wrap(XMLHttpRequest.prototype, "open", (xhr, [method, url]) => {
    const request = { category: "xhr", method: String(method).toUpperCase(), url: String(url) };
    let startTimestamp = now();
    let error;
    const heard = ({ type }) => {
      if (type === "loadstart") startTimestamp = now();
      else if (type === "abort") error = { name: "AbortError" };
      else done({ ...request, status_code: xhr.status || undefined }, { xhr, error, startTimestamp, endTimestamp: now() });
    };
    for (const type of ["loadstart", "abort", "loadend"]) xhr.addEventListener(type, (event) => quietly(heard, event), { once: true });
  });
});

export function crumbOf({ category, ...data }) {
  const status = data.status_code;
  const level = !status || status >= 500 ? "error" : status >= 400 ? "warning" : "info";
  return { type: "http", category, level, data };
}

export function installNavigation(add) {
  let from = location.href;
  const moved = () => {
    const to = location.href;
    if (to !== from) add({ type: "navigation", category: "navigation", level: "info", data: { from, to } });
    from = to;
  };
  const undos = [
    wrap(History.prototype, "pushState", () => moved),
    wrap(History.prototype, "replaceState", () => moved),
    on(self, "popstate", moved),
    on(self, "hashchange", moved),
  ];
  return () => undos.forEach((undo) => undo());
}

/** Clicks, fields that are typed into (never what), and whether the page is seen. */
export function installDom(add) {
  let typedIn;
  let typedAt = 0;
  const put = (category, event, message) => add({ type: "ui", category, level: "info", message }, { event, name: event.type });
  const undos = [
    on(document, "click", (event) => put("ui.click", event, selector(event.target))),
    on(document, "keydown", (event) => {
      const { target, timeStamp } = event;
      if (target !== typedIn || timeStamp > typedAt + TYPING_MS) put("ui.input", event, selector(target));
      [typedIn, typedAt] = [target, timeStamp];
    }),
    on(document, "visibilitychange", (event) => put("ui.visibility", event, document.visibilityState)),
  ];
  return () => undos.forEach((undo) => undo());
}
