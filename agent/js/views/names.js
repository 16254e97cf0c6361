/** What pages and endpoints are called: a path with its IDs taken out, so that what is alike is counted together. */

/** Longest name that is sent. */
const MAX_NAME = 200;

/** Numbers, UUIDs, hashes, addresses of people; tokens, which have digits and both cases, or are long. */
const ID = /^\d+$|^[\da-f]{8}-[\da-f-]{27}$|^[\da-f]{16,}$|@|%40/i;
const TOKEN = /^(?=.*\d)(?=.*[a-z])((?=.*[A-Z])[\w-]{12}|\w{20})[\w-]*$/;

/** `/items/42/edit` → `/items/{id}/edit` */
export const pathOf = (pathname) =>
  pathname.split("/").map((part) => (ID.test(part) || TOKEN.test(part) ? "{id}" : part)).join("/").slice(0, MAX_NAME);

/** `https://api.shop.test/items/42?x=1` → `https://api.shop.test/items/{id}`; undefined for what is no request. */
export function endpointOf(address) {
  const { origin, pathname, protocol } = new URL(address, document.baseURI);
  if (!/^http/.test(protocol)) return;
  return (origin === location.origin ? "" : origin) + pathOf(pathname);
}
