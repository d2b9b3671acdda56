// Sets light or dark, and which colour rises have, before anything is painted. What was chosen stays in this browser;
// else it is as the account says.
"use strict";

const Appearance = (() => {
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");

  const stored = (name, fallback) => {
    try {
      return window.localStorage.getItem(name) || fallback;
    } catch {
      return fallback; // Storage is forbidden in this browser: the device decides.
    }
  };

  const store = (name, value) => {
    try {
      window.localStorage.setItem(name, value);
    } catch {
      root.dataset[name] = value; // It holds until the page is left.
    }
  };

  // What was chosen in this browser comes before what the account says.
  const theme = () => stored("theme", root.dataset.theme || "auto");
  const colours = () => stored("colours", root.dataset.chosenColours || root.dataset.colours || "usual");

  const apply = () => {
    const dark = theme() === "dark" || (theme() === "auto" && device.matches);
    root.dataset.bsTheme = dark ? "dark" : "light";
    root.dataset.colours = colours();
    document.dispatchEvent(new Event("appearance"));
  };

  device.addEventListener("change", apply);
  apply();
  return {
    theme,
    colours,
    choose(wanted) {
      store("theme", wanted);
      apply();
    },
    // The account's word counts again, also here.
    follow(theme, colours) {
      root.dataset.theme = theme;
      root.dataset.chosenColours = colours;
      for (const name of ["theme", "colours"]) {
        try {
          window.localStorage.removeItem(name);
        } catch {
          break; // Nothing is stored in this browser.
        }
      }
      apply();
    },
    swapColours() {
      store("colours", colours() === "swapped" ? "usual" : "swapped");
      apply();
    },
  };
})();
