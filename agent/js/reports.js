/**
 * What the browser says was wrong, where nothing is thrown: deprecations and interventions. `put(told)` takes what `read`
 * would give; each `install…` returns its undo. What violations of policies say is in `extra.js`.
 */
import { on } from "./instruments.js";
import { get } from "./values.js";

/** `kind`: see agent/src/bucket.rs. */
export const tell = (type, value, mechanism, more) => ({
  chain: [{ type, value, place: more?.place }],
  type: mechanism,
  handled: false,
  level: "warning",
  kind: 1,
  ...more,
});

/** Where a report says that it was. */
export const placeOf = ({ sourceFile: filename, lineNumber: lineno, columnNumber: colno }) =>
  filename ? { filename, lineno, colno, in_app: true } : undefined;

/** The Reporting API, which Chromium alone has. */
export function installReports(put, types = ["crash", "deprecation", "intervention"]) {
  if (!self.ReportingObserver) return () => {};
  const heard = (reports) =>
    reports.forEach(({ type, body, url }) => {
      const value = body?.message ?? type;
      const { message, ...details } = body?.toJSON?.() ?? {};
      put(tell(type[0].toUpperCase() + type.slice(1), value, "reporting", { contexts: { report: { ...details, url } }, place: placeOf(body ?? {}) }));
    });
  const observer = new ReportingObserver(heard, { types, buffered: true });
  observer.observe();
  return () => observer.disconnect();
}

/** Errors of frames of this origin, which have windows of their own, once they have loaded. */
export function installFrames(listen, heard) {
  const enter = (element) => {
    const inner = get(element, "localName") === "iframe" && get(element, "contentWindow");
    // Throws for another origin; an agent inside hears for itself.
    if (inner && !inner.Trapline) listen(heard, inner.addEventListener.bind(inner));
  };
  for (const frame of document.querySelectorAll("iframe")) {
    const inside = get(frame, "contentDocument");
    // One that has not loaded, or is still the empty first one, will.
    if (inside?.readyState === "complete" && inside.URL !== "about:blank") enter(frame);
  }
  return on(document, "load", ({ target }) => enter(target));
}
