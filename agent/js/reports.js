/**
 * What the browser says was wrong, where nothing is thrown: policy violations, deprecations and interventions. Each
 * `install…(put)` calls `put(told)`, `told` as `read` gives it, and returns its undo.
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

/** Content security policy. */
export function installPolicies({ put, isOwn }) {
  return on(document, "securitypolicyviolation", (event) => {
    const { effectiveDirective: directive, blockedURI: blocked, disposition, sample } = event;
    // What the policy forbids the agent is no bug of the page.
    if (forbidsUs(event) || isOwn(event.sourceFile ?? "")) return;
    const value = `Blocked '${directive}' from '${blocked}'`;
    const csp = { effective_directive: directive, blocked_uri: blocked, disposition, sample, document_uri: event.documentURI };
    put(tell("CSPViolation", value, "csp", { contexts: { csp }, place: placeOf(event) }));
  });
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
  return on(document, "load", ({ target }) => {
    const inner = get(target, "localName") === "iframe" && get(target, "contentWindow");
    // Throws for another origin; an agent inside hears for itself.
    if (inner && !inner.Trapline) listen(heard, inner.addEventListener.bind(inner));
  });
}
