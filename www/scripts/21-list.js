// The list: rows are ticked and worked on together, the search suggests, the head's choices act at once.

// Ticked rows.

const picks = () => [...document.querySelectorAll(".pick input")];
const picked = () => picks().filter((pick) => pick.checked);

function countPicked() {
  const number = picked().length;
  for (const place of document.querySelectorAll("[data-picked]")) place.textContent = number;
  return number;
}

function pick(id, isOn) {
  const box = picks().find((box) => box.value === id);
  if (box) box.checked = isOn ?? !box.checked;
  const number = countPicked();
  if (box) announce(`${number} selected`);
}

// What a key does is done to the ticked rows, or to the selected one.
function act(action) {
  const row = selected();
  const form = document.getElementById("bulk");
  if (!form || !row) return;
  const button = form.querySelector(`[name="action"][value="${action}"]`);
  if (!button) return;
  if (!picked().length) pick(row.dataset.id, true);
  if (action === "assign") return form.querySelector("[name=to]")?.focus();
  form.requestSubmit(button);
}

function clearPicks() {
  document.getElementById("bulk").reset();
  announce("None selected");
}

function addListKeys() {
  if (!document.querySelector("[data-suggest]")) return;
  const leave = keys.Escape;
  Object.assign(keys, {
    x: () => selected() && pick(selected().dataset.id),
    e: () => act("resolve"),
    i: () => act("ignore"),
    a: () => act("assign"),
    Escape: () => (picked().length && !document.activeElement?.matches("input[type=search]") ? clearPicks() : leave()),
  });
}

// The selected row shows where it crashes. The first one's came with the page.

let peekTimer;

function peekLater(row) {
  clearTimeout(peekTimer);
  if (row && !row.dataset.peeked && row.nextElementSibling?.className !== "peek") peekTimer = setTimeout(() => peekAt(row), 200);
}

async function peekAt(row) {
  row.dataset.peeked = "";
  const list = document.querySelector("main")?.dataset.list;
  let peek;
  try {
    const response = await fetch(`/api/0/projects${list}${row.dataset.id}/peek/`, { headers: { accept: "application/json" } });
    if (!response.ok) return;
    peek = await response.json();
  } catch {
    return;
  }
  if (!row.isConnected || (!peek.lines.length && !peek.sentence)) return;
  const box = document.createElement("div");
  box.className = "peek";
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Where it crashes");
  for (const { number, text, crash } of peek.lines) {
    const line = box.appendChild(document.createElement("span"));
    line.className = crash ? "hit" : "";
    line.appendChild(document.createElement("i")).textContent = number;
    line.append(text);
  }
  if (peek.sentence) box.appendChild(document.createElement("p")).textContent = peek.sentence;
  row.after(box);
}

// Suggestions: a listbox below the field; what was answered counts for half a minute.

const SUGGESTED_MS = 30_000;
const suggested = new Map();

async function suggestionsFor(field, word) {
  const known = suggested.get(word);
  if (known && Date.now() - known.at < SUGGESTED_MS) return known.all;
  const url = new URL(field.dataset.suggest, location.href);
  url.searchParams.set("query", word);
  try {
    const response = await fetch(url, { headers: { accept: "application/json" } });
    if (!response.ok) return [];
    const all = await response.json();
    suggested.set(word, { at: Date.now(), all });
    return all;
  } catch {
    return [];
  }
}

// The word before the caret, with where it begins; spaces in quotes are part of it.
function wordAt(field) {
  const before = field.value.slice(0, field.selectionStart);
  const start = before.length - before.match(/(?:[^\s"]|"[^"]*(?:"|$))*$/)[0].length;
  return { start, word: before.slice(start) };
}

function combobox(field) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  list.hidden = true;
  field.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"]])
    field.setAttribute(name, value);
  let asked = "";

  const current = () => list.querySelector("[aria-selected=true]");
  function mark(option) {
    current()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }
  function close() {
    list.hidden = true;
    mark(null);
    field.setAttribute("aria-expanded", "false");
  }
  function take(option) {
    const { start } = wordAt(field);
    const value = option.dataset.value;
    const text = value.endsWith(":") ? value : `${value} `;
    field.setRangeText(text, start, field.selectionStart, "end");
    close();
    if (value.endsWith(":")) show();
  }
  async function show() {
    const { word } = wordAt(field);
    asked = word;
    const all = await suggestionsFor(field, word);
    if (asked !== word || document.activeElement !== field) return;
    list.replaceChildren(
      ...all.map(({ value, hint }, index) => {
        const option = document.createElement("li");
        option.id = `suggestion-${index}`;
        option.dataset.value = value;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const name = document.createElement("b");
        name.textContent = value;
        const small = document.createElement("small");
        small.textContent = hint;
        option.append(name, small);
        return option;
      }),
    );
    field.removeAttribute("aria-activedescendant");
    list.hidden = !all.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
  }
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(show, 120);
  };
  field.addEventListener("input", later);
  field.addEventListener("focus", later);
  field.addEventListener("blur", close);
  // Before the field loses the focus.
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take(option);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const options = [...list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) return show();
      const index = options.indexOf(current());
      mark(options[(index + step + options.length) % options.length] ?? options[0]);
    } else if ((event.key === "Enter" || event.key === "Tab") && current()) {
      event.preventDefault();
      take(current());
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
}

document.addEventListener("DOMContentLoaded", () => {
  for (const field of document.querySelectorAll("[data-suggest]")) combobox(field);
  addListKeys();
  countPicked();
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("[data-auto]")) event.target.form.requestSubmit();
    if (event.target.matches?.(".pick input")) countPicked();
  });
  document.addEventListener("reset", () => setTimeout(countPicked));
});
