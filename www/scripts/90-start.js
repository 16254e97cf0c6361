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
  if (button?.hasAttribute("data-palette")) openPalette();
  for (const menu of document.querySelectorAll(".menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  shown = document.querySelector("[data-live]")?.innerHTML;
  applyTheme(root.dataset.theme || "system");
  for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;
  addLocalTimes(document);
  if (rows().length) select(selected() || rows()[0]);
  document.addEventListener("keydown", onKey);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("click", onClick);
  // Not by the mouse: a row that is selected between its press and its release moves those below.
  document.addEventListener("focusin", (event) => event.target.matches(".row:focus-visible") && select(event.target));
  // Back from the cache of pages: buttons must not still say "Resolving…".
  addEventListener("pageshow", () => document.querySelector("[data-busy]:disabled") && location.reload());
  if (document.querySelector("[data-live]")) {
    setInterval(refresh, document.querySelector("[data-waiting]") ? WAITING_MS : REFRESH_MS);
    document.addEventListener("visibilitychange", refresh);
  }
});
