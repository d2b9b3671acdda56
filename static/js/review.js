// The review by keyboard. A key does what the button beside its letter does; while somebody types, it is a letter.
"use strict";

(() => {
  const here = document.querySelector(".review-list a[aria-current]");
  const day = 86_400_000;

  const open = (name) => {
    const dialog = document.getElementById(name);
    if (!dialog || dialog.open) {
      return;
    }
    const until = dialog.querySelector("input[type='datetime-local']");
    if (until && !until.value) {
      until.value = new Date(Date.now() + day).toISOString().slice(0, 16);
    }
    dialog.showModal();
    dialog.querySelector("textarea, input:not([type='hidden'])")?.focus();
  };

  const send = (form) => {
    if (form && !form.dataset.sent) {
      form.dataset.sent = "yes"; // A key that is held down decides once.
      form.requestSubmit();
    }
  };

  const go = (step) => {
    const links = Array.from(document.querySelectorAll(".review-list a"));
    const link = links[here ? links.indexOf(here) + step : 0];
    if (link) {
      link.click();
    }
  };

  const deeds = {
    j: () => go(1),
    k: () => go(-1),
    a: () => send(document.querySelector('[data-key-form="a"]')),
    r: () => open("reject"),
    d: () => open("defer"),
    u: () => send(document.querySelector('[data-key-form="u"]')),
    e: () => {
      const evidence = document.getElementById("evidence");
      if (evidence) {
        evidence.open = !evidence.open;
      }
    },
  };

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input:not([type='checkbox']), textarea, select");
    if (event.target.id === "reject-notes" && event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    // What the frame has taken already is no decision, such as the letter after g that goes to a page.
    if (event.defaultPrevented || !document.getElementById("single-keys").checked) {
      return;
    }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
      return;
    }
    // By its place on the keyboard where the layout has other letters: Persian has no J.
    const letter = /^[a-z]$/i.test(event.key) ? event.key : event.code.replace("Key", "");
    const deed = deeds[letter.toLowerCase()];
    if (deed) {
      event.preventDefault();
      deed();
    }
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      open(opener.dataset.opens);
    } else if (event.target.closest("[data-closes]")) {
      event.target.closest("dialog").close();
    }
  });

  here?.scrollIntoView({ block: "nearest" });
  // What would change may stand far down in a long list: the list is moved, the page is not.
  for (const lines of document.querySelectorAll(".review-lines")) {
    const changed = lines.querySelector(".joins, .leaves, .weight");
    if (changed) {
      lines.scrollTop = changed.offsetTop - (lines.clientHeight - changed.offsetHeight) / 2;
    }
  }
})();
