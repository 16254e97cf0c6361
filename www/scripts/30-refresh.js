// Fetches the page again while it is visible. The browser revalidates with its ETag; a page that says the same
// replaces nothing.

const REFRESH_MS = 15_000;

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (!live || document.hidden) return;
  let html;
  try {
    const response = await fetch(live.dataset.live || location.href, { headers: { accept: "text/html" }, cache: "no-cache" });
    if (response.redirected) return location.assign(response.url); // Signed out meanwhile.
    if (!response.ok) return;
    html = await response.text();
  } catch {
    return; // Offline: the next round asks again.
  }
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("[data-live]");
  if (!fresh) return;
  // A page that answered a form is not loaded again: that would send the form again.
  if (fresh.hasAttribute("data-waiting") !== live.hasAttribute("data-waiting")) return location.assign(live.dataset.live || location.href);
  if (!live.hasAttribute("data-waiting")) replace(live, fresh, page);
}

let shown = "";

function replace(live, fresh, page) {
  const now = fresh.innerHTML;
  if (shown === now || live.matches(":active")) return;
  const before = new Set(rows().map((row) => row.dataset.id));
  const mark = selected()?.dataset.id;
  const focused = document.activeElement;
  const focusedRow = focused?.matches(".row") ? focused.dataset.id : null;
  const focusedLink = !focusedRow && live.contains(focused) ? focused.getAttribute("href") : null;
  shown = now;
  live.replaceChildren(...fresh.childNodes);
  addLocalTimes(live);
  const byId = (id) => rows().find((row) => row.dataset.id === id);
  select(byId(mark) || rows()[0]);
  byId(focusedRow)?.focus({ preventScroll: true });
  if (focusedLink) live.querySelector(`[href="${CSS.escape(focusedLink)}"]`)?.focus({ preventScroll: true });
  const count = page.getElementById("open-issues");
  if (count) document.getElementById("open-issues")?.replaceChildren(...count.childNodes);
  const added = rows().filter((row) => !before.has(row.dataset.id)).length;
  if (added) announce(`${added} more ${added === 1 ? "issue" : "issues"} in the list`);
}
