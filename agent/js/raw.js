/**
 * The stub's degraded path, where the façade cannot be loaded: an event with its stack as raw text, which the collector
 * reads with the grammars that the agent would have used. Small before all else.
 */
import { endpointOf, envelopeOf, leaveBehind, postOf } from "./wire.js";

/** Keys of the site: where no façade ever comes, nobody takes away what is left behind. */
const MAX_KEYS = 60;

/**
 * Sends one record (see `recordOf`) at once, and leaves it behind: the page may be going. What a policy forbids is mostly the
 * façade: that is no bug of the page.
 */
export function sendRaw({ kind, value, id, at, url }, { dsn, release, environment, dist }) {
  if (kind[0] === "s") return;
  // A hostile value must not throw into the page; what it throws while being read loses only itself.
  try {
    const event = {
      event_id: id,
      timestamp: at / 1e3,
      platform: "javascript",
      request: { url },
      sdk: { name: "trapline.stub" },
      release,
      environment,
      dist,
    };
    if (kind === "captureMessage") event.logentry = { message: String(value) };
    else event.exception = { values: [rawException(kind, value)] };
    const json = JSON.stringify(event);
    const body = envelopeOf(dsn, `\n{"type":"event"}\n${json}`);
    fetch(endpointOf(dsn), postOf(body, body.length < 6e4)).catch(() => {});
    if (localStorage.length < MAX_KEYS) leaveBehind({ id, type: "event", json, dsn });
  } catch {}
}

function rawException(kind, value) {
  const { target, filename, lineno, colno } = value ?? {};
  const uncaught = kind !== "captureException";
  const mechanism = { type: uncaught ? "on" + kind : "generic", handled: !uncaught };
  if (kind === "error" && target?.localName) {
    const value = `<${target.localName}> failed to load: ${target.src || target.href}`;
    return { type: "LoadError", value, mechanism };
  }
  const thrown = kind === "error" ? (value.error ?? value.message) : uncaught ? value.reason : value;
  // A syntax error has a stack without a place; the event has the place.
  const place = lineno ? `\n    at ${filename}:${lineno}:${colno}` : "";
  return {
    type: thrown?.name || (kind === "unhandledrejection" ? "UnhandledRejection" : "Error"),
    value: String(thrown?.message ?? thrown).slice(0, 8e3),
    stack: (String(thrown?.stack || "") || place).slice(0, 6e4),
    mechanism,
  };
}
