// The button of a file field in the language of the page, and beside it the name of what was chosen.
"use strict";

(() => {
  for (const whole of document.querySelectorAll("[data-file]")) {
    const input = whole.querySelector("input");
    const name = whole.querySelector(".file-name");
    const none = name.textContent;
    const told = () => {
      name.textContent = [...input.files].map((file) => file.name).join(", ") || none;
    };
    whole.classList.add("named");
    for (const part of whole.querySelectorAll("[hidden]")) {
      part.hidden = false;
    }
    input.addEventListener("change", told);
    input.form?.addEventListener("reset", () => window.setTimeout(told));
    told();
  }
})();
