// A list is brought into another order by dragging; the arrows beside each entry do the same by keyboard.
"use strict";

(() => {
  // What was pressed before the page came anew keeps the focus: an entry can be moved step by step.
  // The browser looks for the place that the address names until all has loaded, and takes the focus there.
  const pressed = document.getElementById(window.location.hash.slice(1));
  if (pressed?.matches("button")) {
    const next = pressed.disabled ? pressed.closest(".moves").querySelector("button:not([disabled])") : pressed;
    window.addEventListener("load", () => window.setTimeout(() => next.focus()));
  }

  const table = document.querySelector("table[data-order]");
  const form = document.getElementById("order-form");
  if (!table || !form) {
    return;
  }
  const body = table.tBodies[0];
  const keys = () => [...body.rows].map((row) => row.dataset.entry).join(",");
  const first = [...body.rows];
  const before = keys();
  let dragged = null;

  /** What was dragged is let go; says whether anything was. */
  const letGo = () => {
    dragged?.classList.remove("dragged");
    const was = dragged;
    dragged = null;
    return was !== null;
  };

  const drop = () => {
    if (letGo() && keys() !== before) {
      form.elements.order.value = keys();
      form.submit();
    }
  };

  // The browser took the finger for something else, or somebody thought better of it: all is as it was.
  const giveUp = () => {
    if (letGo()) {
      body.append(...first);
    }
  };

  body.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (!grip) {
      return;
    }
    event.preventDefault();
    dragged = grip.closest("tr");
    dragged.classList.add("dragged");
    body.setPointerCapture(event.pointerId);
  });
  body.addEventListener("pointermove", (event) => {
    if (!dragged) {
      return;
    }
    // It goes before the first row whose middle lies below the pointer, else to the end.
    const rows = [...body.rows].filter((row) => row !== dragged);
    const next = rows.find((row) => {
      const box = row.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    });
    if (dragged.nextElementSibling !== (next ?? null)) {
      body.insertBefore(dragged, next ?? null);
    }
  });
  body.addEventListener("pointerup", drop);
  body.addEventListener("pointercancel", giveUp);
  document.addEventListener("keydown", (event) => event.key === "Escape" && giveUp());
})();
