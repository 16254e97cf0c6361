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

/** The collector has forgotten by then what it has had. */
const OLD_MS = 30 * 864e5;

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

const recordOf = (entry, dsn) => ({ ...entry, dsn, at: Date.now(), isLeft: false });

/** Keeps an entry while there is room, or touches it. */
export async function keep(entry, dsn) {
  kept.add(entry.id);
  const store = await records();
  const hasRoom = (await done(store.count())) < MAX_RECORDS || (await done(store.getKey(entry.id)));
  if (hasRoom) await done(store.put(recordOf(entry, dsn)));
  // Delivered in the meantime.
  if (!kept.has(entry.id)) await done(store.delete(entry.id));
}

/** Takes one away, if it is kept. */
export async function drop(id) {
  if (kept.delete(id)) await done((await records()).delete(id));
}

/** Of what pages have left behind. In workers there is nothing. */
export const leftKeys = () => Object.keys(self.localStorage ?? {}).filter((key) => key.startsWith(LEFT));

/** The entries for this DSN that no living page touches, and `withOwn` this page's; they are this page's from now on. */
export async function claim(dsn, withOwn) {
  const store = await records();
  const keys = leftKeys();
  const now = Date.now();
  for (const key of keys) {
    // Whoever else uses such a key must not stop us.
    try {
      const one = JSON.parse(localStorage[key]);
      JSON.parse(one.json);
      store.put({ ...one, at: now - FREE_AFTER_MS });
    } catch {}
  }
  const age = ({ at }) => Math.abs(now - at);
  const found = await done(store.getAll());
  // Nobody has been able to send it, or its project is gone.
  for (const one of found) if (age(one) > OLD_MS) store.delete(one.id);
  const free = found.filter((one) => one.dsn === dsn && (kept.has(one.id) ? withOwn : age(one) >= FREE_AFTER_MS));
  for (const one of free) {
    kept.add(one.id);
    store.put(recordOf(one, dsn));
  }
  for (const key of keys) localStorage.removeItem(key);
  return free;
}
