// The page of the account: how pages look is seen at once in this browser too, and secrets are copied by one click.
"use strict";

(() => {
  const form = document.querySelector("form[data-appearance]");
  form?.addEventListener("submit", () => Appearance.follow(form.elements.theme.value, form.elements.colours.value));

  for (const button of document.querySelectorAll("[data-copies]")) {
    const field = document.getElementById(button.dataset.copies);
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value);
      field.select();
      document.getElementById(button.dataset.says).textContent = button.dataset.done;
    });
  }
})();
