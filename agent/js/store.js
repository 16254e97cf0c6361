/**
 * The outbox that outlives the page: events that could not be delivered, in IndexedDB, shared by the tabs of a site.
 * Bounded. A record belongs to the page that goes on touching it; what pages leave behind as they go (wire.js) comes in here
 * once the next one looks. Two pages may send the same then: the collector knows it by its ID.
 */
import { LEFT } from "./wire.js";

/** Records kept; more are kept once the page goes. */
const MAX_RECORDS = 100;
/** A page tries again at least once a minute, which touches its records. */
const FREE_AFTER_MS = 150_000;

const kept = new Set();
let base;

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

const recordOf = ({ id, type, json }, dsn) => ({ id, type, json, dsn, at: Date.now() });

/** Keeps an entry while there is room, or touches it. */
export async function keep(entry, dsn) {
  kept.add(entry.id);
  const store = await records();
  const hasRoom = (await done(store.count())) < MAX_RECORDS || (await done(store.getKey(entry.id)));
  if (hasRoom) await done(store.put(recordOf(entry, dsn)));
  // Delivered in the meantime.
  if (!kept.has(entry.id)) await drop(entry.id, dsn);
}

export const isKept = (id) => kept.has(id);

/** Takes one away. */
export async function drop(id, dsn) {
  kept.delete(id);
  const store = await records();
  await done(store.delete(id));
}

/**
 * The entries for this DSN that no living page touches, and `withOwn` this page's; they are this page's from now on. Beside
 * them, whether others have more.
 */
export async function claim(dsn, withOwn) {
  const store = await records();
  const keys = Object.keys(self.localStorage ?? {}).filter((key) => key.startsWith(LEFT));
  for (const key of keys) store.put({ ...JSON.parse(localStorage[key]), at: 0 });
  const all = (await done(store.getAll())).filter((one) => one.dsn === dsn && (withOwn || !kept.has(one.id)));
  // Clocks jump.
  const free = all.filter((one) => kept.has(one.id) || Math.abs(Date.now() - one.at) > FREE_AFTER_MS);
  for (const one of free) {
    kept.add(one.id);
    store.put(recordOf(one, dsn));
  }
  for (const key of keys) localStorage.removeItem(key);
  return [free, all.length > free.length];
}
