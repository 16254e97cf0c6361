// Fetches the page again while it is visible. A list that says the same is answered without one: only its ages go on.

const REFRESH_MS = 30_000;
const WAITING_MS = 10_000;

// As `pages/time.rs` writes them.
function ageOf(at) {
  const seconds = Math.max(0, Math.floor((Date.now() - at) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

function moveAges(live) {
  for (const time of live.querySelectorAll(".row time")) time.textContent = ageOf(new Date(time.dateTime).getTime());
}

async function refresh() {
  const live = document.querySelector("[data-live]");
  if (!live || document.hidden) return;
  let html;
  try {
    const headers = { accept: "text/html" };
    if (live.dataset.etag) headers["if-none-match"] = live.dataset.etag;
    const response = await fetch(live.dataset.live || location.href, { headers, cache: "no-store" });
    if (response.status === 304) return moveAges(live);
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
  const ticked = picked().map((box) => box.value);
  if (shown === now || live.matches(":active") || live.querySelector(".bulk:focus-within")) return;
  const before = new Set(rows().map((row) => row.dataset.id));
  const mark = selected()?.dataset.id;
  const focused = document.activeElement;
  const focusedRow = focused?.matches(".row") ? focused.dataset.id : null;
  const focusedLink = !focusedRow && live.contains(focused) ? focused.getAttribute("href") : null;
  shown = now;
  live.dataset.etag = fresh.dataset.etag || "";
  live.replaceChildren(...fresh.childNodes);
  addLocalTimes(live);
  for (const box of picks()) box.checked = ticked.includes(box.value);
  countPicked();
  const byId = (id) => rows().find((row) => row.dataset.id === id);
  select(byId(mark) || rows()[0]);
  byId(focusedRow)?.focus({ preventScroll: true });
  if (focusedLink) live.querySelector(`[href="${CSS.escape(focusedLink)}"]`)?.focus({ preventScroll: true });
  const count = page.getElementById("open-issues");
  if (count) document.getElementById("open-issues")?.replaceChildren(...count.childNodes);
  const added = rows().filter((row) => !before.has(row.dataset.id)).length;
  if (added) announce(`${added} more ${added === 1 ? "issue" : "issues"} in the list`);
}
