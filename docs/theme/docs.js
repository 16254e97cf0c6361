// What the documentation gains by a script: the theme chosen in the dashboard, and copying. Everything works without it.
"use strict";

const root = document.documentElement;
const themes = ["system", "light", "dark"];

function stored() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // Storage can be switched off.
  }
}

function apply(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const name of document.querySelectorAll("[data-theme-name]")) name.textContent = root.dataset.theme ?? "system";
}

apply(stored());

addEventListener("DOMContentLoaded", () => {
  const toggle = document.querySelector("[data-theme-toggle]");
  toggle.hidden = false;
  apply(stored());
  toggle.addEventListener("click", () => {
    const theme = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    try {
      localStorage.setItem("theme", theme);
    } catch {}
    apply(theme);
  });
  const contents = document.querySelector(".contents");
  if (matchMedia("(max-width: 60rem)").matches) contents.open = false;
  if (!navigator.clipboard) return;
  for (const block of document.querySelectorAll("pre")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(block.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    const box = Object.assign(document.createElement("div"), { className: "code" });
    block.replaceWith(box);
    box.append(block, button);
  }
});
