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
