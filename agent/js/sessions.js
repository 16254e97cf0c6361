/**
 * Sessions: who visits, and whether something broke for them. A session is a visit: it goes on over pages and tabs of the
 * origin, and ends once none has been seen for half an hour. What the collector is told are transitions, in the form of
 * the Sentry protocol: the visit has begun (`init`), met its first error (`errors`), met one that nobody caught
 * (`crashed`), was ended by the page (`exited`). So a visit without errors is one item.
 *
 * Every visit has an ID, which events and page views name, and a draw that decides whether its page views are sampled,
 * whether or not anybody asked for sessions. It outlives the page only with the integration BrowserSession.
 */
import { put } from "./delivery.js";
import { newId } from "./listen.js";
import { later, settings, state } from "./settings.js";

/** A visit unseen for that long is over. */
const UNSEEN_MS = 18e5;

/** Times in milliseconds since 1970; `seq` counts what was sent of it; `isOpen`: somebody asked for it. */
const fresh = (isOpen) => ({ sid: newId(), draw: Math.random(), started: Date.now(), status: "ok", errors: 0, seq: 0, isOpen });

let visit = fresh();
let isShared = false;
/** Looks at what other pages have kept, once, and not before it has to: that costs a page a millisecond. */
let look = () => {};

export function visitId() {
  look();
  return visit.sid;
}

/** Whether this visit is one of those `rate` of all whose page views are measured. */
export const isDrawn = (rate) => visitId() && visit.draw < rate;

/** A visit of its own from now on; one that went on ends. Sent by `captureSession`. */
export function startSession() {
  endSession();
  visit = fresh(true);
  keep();
  return visit;
}

export function endSession() {
  adopt();
  if (visit.status === "ok") visit.status = "exited";
  captureSession();
  visit.isOpen = false;
  keep();
}

/** Tells how the session stands, if there is one. */
export function captureSession(end) {
  if (end) return endSession();
  if (!visit.isOpen) return;
  const { sid, seq, started, status, errors } = visit;
  const did = userName();
  // The name itself is not for storage.
  if (did) visit.isNamed = true;
  put("session", {
    sid, did, init: !seq, seq, status, errors,
    started: new Date(started),
    timestamp: new Date(),
    attrs: { release: settings.release, environment: settings.environment || "production" },
  });
  visit.seq++;
  keep();
}

function userName() {
  const { id, email, username } = state.userOf() ?? {};
  const name = id || email || username;
  return name && String(name);
}

/** The first error of a visit changes it, and the first that nobody caught. */
export function noteError(isUnhandled) {
  adopt();
  if (!visit.isOpen || visit.status !== "ok" || (visit.errors && !isUnhandled)) return;
  if (isUnhandled) visit.status = "crashed";
  visit.errors = 1;
  captureSession();
}

/** Who it is is told once it is known. */
export const noteUser = () => {
  if (visit.seq && !visit.isNamed && userName()) captureSession();
};

/** What other pages have made of the same visit, or another visit that goes on. */
function adopt() {
  look();
  const kept = isShared && stored();
  if (kept?.sid && Math.abs(Date.now() - kept.seen) < UNSEEN_MS) visit = kept;
}

/** Begins a visit, or goes on with that of other pages, if they count. Returns its undo. */
export function watchSession(othersCount) {
  look = () => {
    look = () => {};
    isShared = othersCount;
    adopt();
    if (visit.isOpen === false) visit = fresh();
    visit.isOpen = true;
    keep();
  };
  const tell = () => {
    look();
    // A page that is prepared and never shown is no visit.
    if (document.prerendering) document.addEventListener("prerenderingchange", tell);
    else if (!visit.seq) captureSession();
  };
  later(tell);
  const turned = (_, isLeaving) => {
    tell();
    if (Date.now() - visit.seen > UNSEEN_MS && !isLeaving) {
      visit = fresh(true);
      adopt();
      tell();
    }
    keep();
  };
  state.turns.add(turned);
  return () => state.turns.delete(turned);
}

const key = () => "trapline " + settings.dsn;

function stored() {
  try {
    return JSON.parse(localStorage.getItem(key()));
  } catch {}
}

/** Seen now. A page may not have storage; then the visit is this page. */
function keep() {
  visit.seen = Date.now();
  try {
    if (isShared) localStorage.setItem(key(), JSON.stringify(visit));
  } catch {}
}
