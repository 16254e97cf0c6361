// With `?early=1`: an error right after the first script of the page, long before the agent's wasm has arrived.
function restoreBasket(stored) {
  return stored.lines.map((line) => line.sku);
}

if (new URLSearchParams(location.search).has("early")) {
  restoreBasket(JSON.parse('{"version": 2}'));
}
