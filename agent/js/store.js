/**
 * The outbox that outlives the page: events that could not be delivered, in IndexedDB, shared by the tabs of a site.
 * Bounded. A record belongs to the page that put or took it for as long as that page lives; a lock tells, which is held
 * only while there is something to own. A page in the back/forward cache has its lock until somebody asks who has which.
 * Where there are no locks, a record is free once nobody has touched it for a minute.
 */
import { newId } from "./listen.js";

/** Records kept; of more, their number. */
const MAX_RECORDS = 100;
/** A page tries again at least once a minute, which touches its records. */
const FREE_AFTER_MS = 150_000;

const owner = newId();
const kept = new Set();
/** What found no room. */
const lost = new Set();
let base;
let release;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function records() {
  base ??= (() => {
    const opening = indexedDB.open("trapline", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("outbox", { keyPath: "id" });
    return done(opening);
  })();
  return (await base).transaction("outbox", "readwrite").objectStore("outbox");
}

/** Until nothing is owned any more. */
function own() {
  return new Promise((resolve) => {
    if (release || !navigator.locks) return resolve();
    release = () => {};
    navigator.locks.request(owner, () => {
      resolve();
      return new Promise((end) => (release = end));
    });
  });
}

const recordOf = ({ id, type, json }, dsn) => ({ id, type, json, dsn, owner, at: Date.now() });

/** Keeps an entry, or touches it. */
export async function keep(entry, dsn) {
  kept.add(entry.id);
  await own();
  const store = await records();
  const hasRoom = (await done(store.count())) < MAX_RECORDS || (await done(store.getKey(entry.id)));
  if (hasRoom) await done(store.put(recordOf(entry, dsn)));
  else lost.add(entry.id);
  if (!hasRoom || lost.delete(entry.id)) noteLost(store, dsn);
  // Delivered in the meantime.
  if (!kept.has(entry.id)) await drop(entry.id, dsn);
}

/** One more record, which says how much is lost if this page goes now. */
function noteLost(store, dsn) {
  const discarded_events = [{ reason: "queue_overflow", category: "error", quantity: lost.size }];
  store.put(recordOf({ id: owner, type: "client_report", json: JSON.stringify({ discarded_events }) }, dsn));
  if (!lost.size) store.delete(owner);
}

export const isKept = (id) => kept.has(id);

/** Takes one away. */
export async function drop(id, dsn) {
  kept.delete(id);
  const store = await records();
  if (lost.delete(id)) noteLost(store, dsn);
  await done(store.delete(id));
  if (!kept.size) {
    release?.();
    release = undefined;
  }
}

/**
 * The entries for this DSN that no living page owns, and `withOwn` this page's; they are this page's from now on. Beside
 * them, whether others have more.
 */
export async function claim(dsn, withOwn) {
  const { locks } = navigator;
  const take = async () => {
    await own();
    const held = locks && (await locks.query()).held.map((lock) => lock.name);
    const store = await records();
    const all = (await done(store.getAll())).filter((one) => one.dsn === dsn && (withOwn || !kept.has(one.id)));
    const isFree = (one) => kept.has(one.id) || (held ? !held.includes(one.owner) : one.at < Date.now() - FREE_AFTER_MS);
    const free = all.filter(isFree);
    for (const one of free) {
      kept.add(one.id);
      store.put(recordOf(one, dsn));
    }
    if (!kept.size) {
      release?.();
      release = undefined;
    }
    return [free, all.length > free.length];
  };
  return locks ? locks.request("trapline", take) : take();
}
