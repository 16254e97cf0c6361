// The palette: jump to a page, an issue, or a search, from anywhere. Made here, because it is nothing without a script.

const PALETTE_DELAY_MS = 150;
const PALETTE_ISSUES = 6;

let palette = null;

function openPalette() {
  palette ??= makePalette();
  palette.field.value = "";
  palette.issues = [];
  showEntries();
  palette.dialog.showModal();
}

function makePalette() {
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Search or jump to");
  const field = document.createElement("input");
  for (const [name, value] of Object.entries({
    type: "text", role: "combobox", placeholder: "Search or jump to", autocomplete: "off", spellcheck: "false",
    maxlength: "200", "aria-label": "Search or jump to", "aria-expanded": "true", "aria-controls": "palette-entries", "aria-autocomplete": "list",
  })) field.setAttribute(name, value);
  const list = document.createElement("ul");
  list.id = "palette-entries";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Where to");
  dialog.append(field, list);
  document.body.append(dialog);
  field.addEventListener("input", () => {
    showEntries();
    findIssues();
  });
  field.addEventListener("keydown", onPaletteKey);
  // A click beside it closes it: the dialog itself is hit, none of its parts.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  list.addEventListener("click", (event) => followEntry(event.target.closest("li")));
  return { dialog, field, list, issues: [], current: 0, entries: [], asked: 0 };
}

/** What matches the text: pages by their names, the issue that it names, issues that were found, a search. */
function entriesFor(text) {
  const words = text.toLowerCase();
  const list = document.querySelector("main")?.dataset.list;
  const pages = [...document.querySelectorAll(".sections a, .switcher .pop a, .account .pop a")].map((link) => ({
    name: (link.querySelector(".name") ?? link).textContent.trim(),
    hint: link.closest(".switcher") ? "project" : "page",
    href: link.href,
  }));
  const found = pages.filter((page) => page.name.toLowerCase().includes(words));
  if (list && /^[a-z0-9-]+-[0-9a-z]+$/i.test(text)) {
    found.unshift({ name: text.toUpperCase(), hint: "issue", href: list + encodeURIComponent(text.toUpperCase()) + "/" });
  }
  found.push(...palette.issues);
  if (list && text) found.push({ name: `Search issues for “${text}”`, hint: "search", href: `${list}?query=${encodeURIComponent(text)}` });
  const actions = [
    { name: "Change the theme", hint: "action", run: nextTheme },
    { name: "Show the keyboard shortcuts", hint: "action", run: () => keys["?"]() },
  ];
  return found.concat(actions.filter((action) => action.name.toLowerCase().includes(words)));
}

function showEntries() {
  palette.entries = entriesFor(palette.field.value.trim());
  palette.list.replaceChildren(
    ...palette.entries.map((entry, index) => {
      const item = document.createElement("li");
      item.id = `palette-${index}`;
      item.setAttribute("role", "option");
      const name = document.createElement("bdi");
      name.textContent = entry.name;
      const hint = document.createElement("small");
      hint.textContent = entry.hint;
      item.append(name, hint);
      return item;
    }),
  );
  markEntry(0);
}

function markEntry(index) {
  const items = [...palette.list.children];
  palette.current = items.length ? (index + items.length) % items.length : 0;
  items.forEach((item, at) => item.setAttribute("aria-selected", at === palette.current));
  const current = items[palette.current];
  current?.scrollIntoView({ block: "nearest" });
  if (current) palette.field.setAttribute("aria-activedescendant", current.id);
  else palette.field.removeAttribute("aria-activedescendant");
}

function followEntry(item) {
  const entry = palette.entries[[...palette.list.children].indexOf(item)];
  if (!entry) return;
  palette.dialog.close();
  if (entry.run) entry.run();
  else location.assign(entry.href);
}

function onPaletteKey(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) markEntry(palette.current + step);
  else if (event.key === "Enter") followEntry(palette.list.children[palette.current]);
  else return;
  event.preventDefault();
}

/** Issues of the project whose text matches, once the typing rests. */
function findIssues() {
  const asked = ++palette.asked;
  setTimeout(async () => {
    const text = palette.field.value.trim();
    const list = document.querySelector("main")?.dataset.list;
    if (asked !== palette.asked || !list) return;
    palette.issues = text.length > 1 ? await issuesLike(list, text) : [];
    if (asked === palette.asked && palette.dialog.open) showEntries();
  }, PALETTE_DELAY_MS);
}

async function issuesLike(list, text) {
  try {
    const response = await fetch(`/api/0/projects${list}?query=${encodeURIComponent(text)}`);
    if (!response.ok) return [];
    const issues = await response.json();
    return issues.slice(0, PALETTE_ISSUES).map((issue) => ({
      name: `${issue.type} ${issue.value}`.trim() || issue.short_id,
      hint: issue.short_id,
      href: list + encodeURIComponent(issue.short_id) + "/",
    }));
  } catch {
    return []; // Offline: the pages are still there.
  }
}
