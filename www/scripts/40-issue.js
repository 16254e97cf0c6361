// The issue page: keys for its menus, copying as Markdown, undo that goes away.

const UNDO_MS = 10_000;

function openMenu(id) {
  const menu = document.getElementById(id);
  if (!menu) return;
  menu.open = true;
  (menu.querySelector(".pop button, .pop input") || menu.querySelector("summary")).focus();
}

async function copyFrom(link) {
  let text;
  try {
    const response = await fetch(link.href);
    if (!response.ok) throw new Error(String(response.status));
    text = await response.text();
  } catch {
    return location.assign(link.href); // It can be copied from there.
  }
  copy(text, link);
}

function startIssue() {
  if (document.querySelector(".issue-head")) addIssueKeys();
  const done = document.getElementById("done");
  if (done) {
    // A page that is loaded again has done nothing new.
    const url = new URL(location.href);
    url.searchParams.delete("done");
    history.replaceState(history.state, "", url);
    setTimeout(() => done.contains(document.activeElement) || done.remove(), UNDO_MS);
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-copy-from]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    copyFrom(link);
  });
}

function addIssueKeys() {
  keys.e = () => follow(".actions button[value=resolved]");
  keys.i = () => follow(".actions button[value=ignored]");
  keys.a = () => openMenu("assign-menu");
  keys.m = () => follow("#show-raw");
  keys.n = () => document.getElementById("comment")?.focus();
}

document.addEventListener("DOMContentLoaded", startIssue);
