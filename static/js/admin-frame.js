// The theme's frame is made of divs and spans: here it is told to keyboards and screen readers what they are.
"use strict";

{
  const words = document.currentScript.dataset;
  const icons = ".material-symbols-outlined";

  /** An icon that is pressed becomes a button; another one is a picture, and its name is no text. */
  const nameIcon = (icon) => {
    if (!icon.hasAttribute("x-on:click")) {
      icon.setAttribute("aria-hidden", "true");
      return;
    }
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

  /** What is pressed and shows an icon only. */
  const nameButton = (button) => {
    const shown = button.cloneNode(true);
    shown.querySelectorAll(icons).forEach((icon) => icon.remove());
    if (button.querySelector(icons) && !shown.textContent.trim() && !button.title && !button.ariaLabel) {
      button.setAttribute("aria-label", words.actions);
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("main")?.setAttribute("role", "main");
    document.querySelectorAll(icons).forEach(nameIcon);
    document.querySelectorAll("#main a, #main button").forEach(nameButton);
    // Read by the script that makes scroll bars, which comes later.
    for (const part of document.querySelectorAll("[data-simplebar]")) {
      part.dataset.simplebarAriaLabel = part.closest("nav") ? words.pages : words.table;
    }
  });
}
