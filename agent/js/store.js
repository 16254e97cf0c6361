/**
 * The outbox that outlives the page: events that could not be delivered, in IndexedDB, shared by the tabs of a site.
 * Bounded. A record belongs to the page that goes on touching it. Beside it what pages have left behind as they went (wire.js).
 * Two pages may send the same: the collector knows it by its ID.
 */
import { LEFT, leaveBehind } from "./wire.js";

/** Records kept; more are kept once the page goes. */
const MAX_RECORDS = 100;
/** Characters of what is left behind: a tenth of what browsers give a site. */
const MAX_LEFT = 5e5;
/** A page that is online tries again at least once a minute, which touches its records. */
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

/** Takes one away, wherever it is kept. */
export async function drop(id) {
  if (!kept.delete(id)) return;
  self.localStorage?.removeItem(LEFT + id);
  await done((await records()).delete(id));
}

/** Of what pages have left behind. In workers there is nothing. */
const leftKeys = () => Object.keys(self.localStorage ?? {}).filter((key) => key.startsWith(LEFT));

/** Leaves behind what is of these types, as much as there is room for. */
export function leaveAll(all, types, dsn) {
  try {
    let room = leftKeys().reduce((sum, key) => sum - localStorage[key].length, MAX_LEFT);
    for (const entry of all) {
      const { id, isLeft, json, type } = entry;
      if (isLeft || json.length > room || !types.test(type)) continue;
      leaveBehind({ ...entry, dsn });
      kept.add(id);
      entry.isLeft = true;
      room -= json.length;
    }
  } catch {
    // Storage is forbidden, or full.
  }
}

/**
 * The entries for this DSN that pages have left behind, which are this page's from now on. They lie there until they have been
 * answered for. Not by way of IndexedDB: a page that is frozen in a transaction holds that up for everyone in WebKit.
 */
export const takeLeft = (dsn) =>
  leftKeys().flatMap((key) => {
    // Whoever else uses such a key must not stop us.
    try {
      const one = JSON.parse(localStorage[key]);
      const { id, type, json, at = 0 } = one;
      // Nobody has been able to send it, or its project is gone.
      if (ageOf(JSON.parse(json).timestamp * 1e3) > OLD_MS) localStorage.removeItem(key);
      else if (one.dsn === dsn && ageOf(at) > FREE_AFTER_MS) {
        localStorage[key] = JSON.stringify({ ...one, at: Date.now() });
        // The page may have kept it as well.
        kept.add(id);
        return { id, type, json };
      }
    } catch {}
    return [];
  });

/** Clocks jump. */
const ageOf = (at) => Math.abs(Date.now() - at);

/** The entries for this DSN that no living page touches, and `withOwn` this page's; they are this page's from now on. */
export async function claim(dsn, withOwn) {
  const store = await records();
  const found = await done(store.getAll());
  for (const { id, at } of found) if (ageOf(at) > OLD_MS) store.delete(id);
  const free = found.filter((one) => one.dsn === dsn && (kept.has(one.id) ? withOwn : ageOf(one.at) > FREE_AFTER_MS));
  for (const one of free) {
    kept.add(one.id);
    store.put(recordOf(one, dsn));
  }
  return free;
}
