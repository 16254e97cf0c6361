/** The form in which events travel, shared by the stub and the façade. */

/** `https://key@host/1` → `https://host/api/1/envelope/`, or what this build calls it. Throws if the DSN is none. */
export function endpointOf(dsn) {
  const { origin, pathname } = new URL(dsn);
  return origin + pathname.replace(/\/(\d+)\/?$/, __INGEST_PATH__);
}

/**
 * An envelope of items. The key stands in its `dsn` alone, where no filter list looks for it; by `sent_at` the collector
 * corrects the page's clock.
 */
export const envelopeOf = (dsn, items) => JSON.stringify({ dsn, sent_at: new Date() }) + items;

/** One item of it. */
export const itemOf = (type, json) => `\n{"type":"${type}"}\n${json}`;

/** A string goes as `text/plain`: no preflight. Browsers allow 64 KB under way that outlive the page. */
export const postOf = (body, keepalive) => ({ method: "POST", body, keepalive, credentials: "omit" });

/** How the keys of what pages leave behind in `localStorage` begin. */
export const LEFT = "trapline:";

/**
 * Keeps `{id, type, json, dsn}` for the next page of the site: a page that goes never knows whether what it sends last
 * arrives, and what comes twice the collector knows by its ID. Done at once, as nothing else is that a page does then.
 * Throws where nothing may be kept.
 */
export const leaveBehind = (entry) => void (localStorage[LEFT + entry.id] = JSON.stringify(entry));
