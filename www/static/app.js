// What pages gain by a script: keys, the theme, copying, local times, and lists that stay fresh.
// Everything else works without it. Loaded in the head, so that a chosen theme is known before the first paint.
"use strict";

const root = document.documentElement;
root.classList.add("has-script");

// Theme: system, light, dark.

const themes = ["system", "light", "dark"];

function storedTheme() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // Storage can be switched off.
  }
}

function applyTheme(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = theme;
}

function nextTheme() {
  const now = root.dataset.theme || "system";
  const theme = themes[(themes.indexOf(now) + 1) % themes.length];
  try {
    localStorage.setItem("theme", theme);
  } catch {}
  applyTheme(theme);
  announce(`Theme: ${theme}`);
}

applyTheme(storedTheme() || "system");

// Words for screen readers, without moving the focus.

function announce(text) {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

// Copying.

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    announce("Copying was refused by the browser");
    return;
  }
  announce("Copied");
  if (!button || button.querySelector("svg")) return;
  const name = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = name), 1500);
}

function copyLink() {
  const button = document.querySelector("[data-copy-link]");
  if (button) copy(new URL(button.dataset.copyLink, location.href).href, button);
}

// Exact times also in the reader's own zone.

function addLocalTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.title += `\n${at.toLocaleString()} local time`;
  }
}

// The list: one row is selected; the keyboard moves it.

const rows = () => [...document.querySelectorAll(".row")];
const selected = () => document.querySelector(".row.is-selected");

function select(row) {
  for (const other of rows()) other.classList.toggle("is-selected", other === row);
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const row = all[Math.min(Math.max(all.indexOf(selected()) + step, 0), all.length - 1)];
  select(row);
  row.focus();
}

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

// Keys. Letters rest while someone types.

function follow(selector) {
  document.querySelector(selector)?.click();
}

function toggleFrames() {
  const frames = [...document.querySelectorAll(".frames details")];
  const open = frames.some((frame) => !frame.open);
  for (const frame of frames) frame.open = open;
}

function filter() {
  const field = document.getElementById("filter");
  if (field) field.select();
  else goToList();
}

function goToList() {
  const list = document.querySelector("main")?.dataset.list;
  if (list) location.assign(list);
}

function back() {
  const menu = document.querySelector(".menu[open]");
  const field = document.getElementById("filter");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (document.activeElement?.matches("input")) {
    document.activeElement.blur();
  } else if (field?.defaultValue) {
    const url = new URL(location.href);
    for (const name of [...url.searchParams.keys()]) if (name !== "status") url.searchParams.delete(name);
    location.assign(url);
  } else if (!field) {
    goToList();
  }
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  f: filter,
  "/": filter,
  t: nextTheme,
  o: toggleFrames,
  c: copyLink,
  "[": () => follow("#older"),
  "]": () => follow("#newer"),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  Escape: back,
};

let lastKey = "";

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open]")) return;
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (isTyping && event.key !== "Escape") return;
  const isGoTo = lastKey === "g" && event.key === "i";
  lastKey = event.key;
  setTimeout(() => (lastKey = ""), 1000);
  // A focused link or button knows what Enter means for it.
  const isOpen = event.key === "Enter" && document.activeElement === document.body;
  const action = isGoTo ? goToList : isOpen ? () => selected()?.click() : keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

// Forms say what they do while the answer is on its way. The clicked button's value must still be sent.

function onSubmit(event) {
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.textContent = button.dataset.busy;
  setTimeout(() => (button.disabled = true));
}

function onClick(event) {
  const button = event.target.closest("button");
  if (button?.dataset.copy) copy(document.getElementById(button.dataset.copy).textContent, button);
  if (button?.dataset.copyLink) copyLink();
  if (button?.hasAttribute("data-theme-toggle")) nextTheme();
  if (button?.hasAttribute("data-shortcuts")) keys["?"]();
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  shown = document.querySelector("[data-live]")?.innerHTML;
  applyTheme(root.dataset.theme || "system");
  for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;
  addLocalTimes(document);
  if (rows().length) select(rows()[0]);
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("click", onClick);
  document.addEventListener("focusin", (event) => event.target.matches(".row") && select(event.target));
  // Back from the cache of pages: buttons must not still say "Resolving…".
  addEventListener("pageshow", () => document.querySelector("[data-busy]:disabled") && location.reload());
  if (document.querySelector("[data-live]")) {
    setInterval(refresh, REFRESH_MS);
    document.addEventListener("visibilitychange", refresh);
  }
});
