// Tables whose rows are gone through by keyboard: the arrows, and the first and last row.
"use strict";

document.addEventListener("keydown", (event) => {
  const row = event.target.closest("table[data-rows] tbody tr");
  if (!row || event.ctrlKey || event.metaKey || event.altKey || !event.target.matches("a, button")) {
    return;
  }
  const rows = [...row.parentElement.rows];
  const place = rows.indexOf(row);
  const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1 }[event.key];
  const link = rows[next]?.querySelector("a, button");
  if (link) {
    event.preventDefault();
    link.focus();
  }
});
