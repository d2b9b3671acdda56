// The theme's frame is made of divs and spans: here it is told to keyboards and screen readers what they are.
"use strict";

{
  const words = document.currentScript.dataset;
  const icons = ".material-symbols-outlined";

  /** Opens and closes the list of pages: a button. */
  const makeButton = (icon) => {
    icon.setAttribute("role", "button");
    icon.setAttribute("tabindex", "0");
    icon.setAttribute("aria-label", words.pages);
    icon.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        icon.click();
      }
    });
  };

  /** Whether a link or button is called by its icon alone. */
  const hasNoOtherName = (pressed) => {
    const shown = pressed.cloneNode(true);
    shown.querySelectorAll(icons).forEach((icon) => icon.remove());
    return !shown.textContent.trim() && !pressed.title && !pressed.ariaLabel;
  };

  /** A picture beside words: its name is no text. Three dots are called by what they open. */
  const hideIcon = (icon) => {
    const pressed = icon.closest("a, button");
    if (pressed && hasNoOtherName(pressed)) {
      if (icon.textContent.trim() !== "more_horiz") {
        return;
      }
      pressed.setAttribute("aria-label", words.actions);
    }
    icon.setAttribute("aria-hidden", "true");
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("main")?.setAttribute("role", "main");
    for (const icon of document.querySelectorAll(icons)) {
      const does = icon.getAttribute("x-on:click");
      if (does === null) {
        hideIcon(icon);
      } else if (does.includes("sidebar")) {
        makeButton(icon);
      }
    }
    // Read by the script that makes scroll bars, which comes later.
    for (const part of document.querySelectorAll("[data-simplebar]")) {
      part.dataset.simplebarAriaLabel = part.closest("nav") ? words.pages : words.table;
    }
  });
}
