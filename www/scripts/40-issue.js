// The issue page: keys for its menus, copying as Markdown, undo that goes away.

const UNDO_MS = 10_000;

function openMenu(id) {
  const menu = document.getElementById(id);
  if (!menu) return;
  menu.open = true;
  (menu.querySelector(".pop :is(button, input:not([type=hidden]))") || menu.querySelector("summary")).focus();
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

// Several issues were changed: the list says so, and offers to undo it.

function offerUndo() {
  const url = new URL(location.href);
  const [of, ids] = ["done", "with"].map((name) => url.searchParams.get(name));
  const bulk = document.getElementById("bulk");
  if (!of || !ids || !bulk) return;
  for (const name of ["done", "with"]) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
  const issues = ids.split(",");
  const form = document.createElement("form");
  form.method = "post";
  form.setAttribute("action", bulk.getAttribute("action")); // Buttons of that name stand before the property.
  const send = (name, value) => form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  send("csrf", bulk.elements.csrf.value);
  send("action", "undo");
  send("of", of);
  send("next", url.pathname + url.search);
  for (const issue of issues) send("issue", issue);
  const button = Object.assign(document.createElement("button"), { className: "button small", textContent: "Undo" });
  button.dataset.busy = "Undoing…";
  form.append(button);
  const notice = Object.assign(document.createElement("div"), { className: "notice done", id: "done" });
  const words = Object.assign(document.createElement("p"), { textContent: issues.length === 1 ? `${ids} was changed` : `${issues.length} issues were changed` });
  notice.append(words, form);
  document.getElementById("main").prepend(notice);
  announce(words.textContent);
  setTimeout(() => notice.contains(document.activeElement) || notice.remove(), UNDO_MS);
}

function startIssue() {
  offerUndo();
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
  keys.e = () => follow(".actions :is([value=resolved], [value=done])");
  keys.i = () => follow(".actions button[value=ignored]");
  keys.a = () => openMenu("assign-menu");
  keys.m = () => follow("#show-raw");
  keys.n = () => document.getElementById("comment")?.focus();
}

document.addEventListener("DOMContentLoaded", startIssue);
