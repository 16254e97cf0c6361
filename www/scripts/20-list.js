// The list: one row is selected; the keyboard moves it.

const rows = () => [...document.querySelectorAll(".row")];
const selected = () => document.querySelector(".row.is-selected");

function select(row) {
  for (const other of rows()) other.classList.toggle("is-selected", other === row);
  peekLater(row);
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const row = all[Math.min(Math.max(all.indexOf(selected()) + step, 0), all.length - 1)];
  select(row);
  row.focus();
}
