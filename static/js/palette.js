// The palette of commands (Ctrl+K) and the keys of every page (?).
"use strict";

(() => {
  const WAIT = 120;
  const SEQUENCE = 1200;
  const SINGLE = "single-keys";
  const palette = document.getElementById("palette");
  const keys = document.getElementById("keys-dialog");
  if (!palette || !keys) {
    return;
  }
  const field = palette.querySelector("input");
  const list = document.getElementById("palette-list");
  const note = palette.querySelector(".palette-note");
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const PRESSED = {
    light: '[data-theme-choice="light"]',
    dark: '[data-theme-choice="dark"]',
    auto: '[data-theme-choice="auto"]',
    language: 'form[action="/language"] button',
    logout: 'form[action="/logout"] button',
  };
  let options = [];
  let chosen = -1;
  let timer = 0;
  let asked = null;

  // -- dialogs -------------------------------------------------------------------------------------------------------
  const open = (dialog) => {
    for (const other of [palette, keys]) {
      if (other !== dialog && other.open) {
        other.close();
      }
    }
    if (!dialog.open) {
      dialog.showModal();
    }
  };
  for (const dialog of [palette, keys]) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target.closest("[data-close-dialog]")) {
        dialog.close();
      }
    });
  }
  const openPalette = () => {
    open(palette);
    field.value = "";
    field.focus();
    ask();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) {
      openPalette();
    } else if (event.target.closest("[data-open-keys]")) {
      open(keys);
    }
  });

  // -- what fits -----------------------------------------------------------------------------------------------------
  const mark = (place) => {
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = options.length ? (place + options.length) % options.length : -1;
    const option = options[chosen];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      field.setAttribute("aria-activedescendant", option.id);
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const show = (groups) => {
    options = [];
    list.replaceChildren();
    for (const [place, group] of groups.entries()) {
      const box = element("div", "palette-group", "");
      const title = element("p", "menu-title", group.title);
      title.id = `palette-group-${place}`;
      box.setAttribute("role", "group");
      box.setAttribute("aria-labelledby", title.id);
      box.append(title);
      for (const item of group.items) {
        const option = element("div", "palette-option", "");
        const label = element("bdi", "", item.label);
        option.id = `palette-option-${options.length}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.append(label);
        if (item.note) {
          option.append(element("span", "quiet", item.note));
        }
        option.item = item;
        options.push(option);
        box.append(option);
      }
      list.append(box);
    }
    field.setAttribute("aria-expanded", String(options.length > 0));
    note.textContent = options.length
      ? palette.dataset.wordCount.replace("{n}", number.format(options.length))
      : palette.dataset.wordNone;
    chosen = -1;
    mark(0);
  };

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const address = `${palette.dataset.address}?q=${encodeURIComponent(field.value)}`;
      const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      show((await response.json()).groups);
    } catch (error) {
      if (error.name !== "AbortError") {
        show([]);
        note.textContent = palette.dataset.wordFailed;
      }
    }
  };

  const take = (option) => {
    if (!option) {
      return;
    }
    const { address, press } = option.item;
    palette.close();
    if (address) {
      window.location.assign(address);
    } else if (press === "keys") {
      open(keys);
    } else {
      document.querySelector(PRESSED[press])?.click();
    }
  };

  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      mark(chosen + steps[event.key]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(options[chosen]);
    }
  });
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest(".palette-option");
    if (option && options[chosen] !== option) {
      mark(options.indexOf(option));
    }
  });
  list.addEventListener("click", (event) => take(event.target.closest(".palette-option")));

  // -- keys ----------------------------------------------------------------------------------------------------------
  const single = document.getElementById(SINGLE);
  const goes = new Map(
    [...keys.querySelectorAll("[data-go]")].map((row) => [row.dataset.after, row.dataset.go]),
  );
  let wentAt = -Infinity;
  try {
    single.checked = window.localStorage.getItem(SINGLE) !== "off";
  } catch {
    single.checked = true; // A browser that keeps nothing has them on.
  }
  single.addEventListener("change", () => {
    try {
      window.localStorage.setItem(SINGLE, single.checked ? "on" : "off");
    } catch {
      // It holds for this page.
    }
  });

  const isWriting = (place) => place.closest?.("input, textarea, select, [contenteditable]") !== null;

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK") {
      event.preventDefault();
      if (palette.open) {
        palette.close();
      } else {
        openPalette();
      }
      return;
    }
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
    if (!isPlain || !single.checked || event.defaultPrevented || isWriting(event.target) || palette.open) {
      return;
    }
    const isNext = performance.now() - wentAt < SEQUENCE;
    const letter = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
    if (isNext && goes.has(letter === "؟" ? "?" : letter)) {
      event.preventDefault();
      wentAt = -Infinity;
      window.location.assign(goes.get(letter === "؟" ? "?" : letter));
    } else if (event.key === "?" || event.key === "؟") {
      event.preventDefault();
      open(keys);
    } else if (letter === "g") {
      wentAt = performance.now();
    }
  });
})();
