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
  "/": openPalette,
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
  const goTo = lastKey === "g" && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  lastKey = event.key;
  setTimeout(() => (lastKey = ""), 1000);
  // A focused link or button knows what Enter means for it.
  const isOpen = event.key === "Enter" && document.activeElement === document.body;
  const action = goTo ? () => goTo.click() : isOpen ? () => selected()?.click() : keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
