/**
 * What the browser says was wrong, where nothing is thrown: policy violations, deprecations and interventions. `put(told)`
 * takes what `read` would give; each `install…` returns its undo.
 */
import { forbidsUs } from "./delivery.js";
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

const placeOf = ({ sourceFile: filename, lineNumber: lineno, columnNumber: colno }) =>
  filename ? { filename, lineno, colno, in_app: true } : undefined;

/** A violation of the page's content security policy; undefined if it forbids the agent, which is no bug of the page. */
export function violationOf(event, isOwn) {
  const { effectiveDirective: directive, blockedURI: blocked, disposition, sample } = event;
  if (forbidsUs(event) || isOwn(event.sourceFile ?? "")) return;
  const csp = { effective_directive: directive, blocked_uri: blocked, disposition, sample, document_uri: event.documentURI };
  const value = `Blocked '${directive}' from '${blocked}'`;
  return tell("CSPViolation", value, "csp", { contexts: { csp }, place: placeOf(event) });
}

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
