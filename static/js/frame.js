// The frame of every page: menus, colours, reasons of unknown values, the age of what is shown, messages.
"use strict";

(() => {
  const TICK = 30_000;
  const MINUTE = 60_000;
  const RECENT_DAYS = 60;
  const STATES = ["fresh", "late", "stale"];
  const words = JSON.parse(document.body.dataset.distances);
  const number = new Intl.NumberFormat(document.documentElement.lang);

  // -- menus ---------------------------------------------------------------------------------------------------------
  const menus = () => document.querySelectorAll("details.menu[open]");

  document.addEventListener("click", (event) => {
    for (const menu of menus()) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") {
      return;
    }
    hideTip();
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // -- colours -------------------------------------------------------------------------------------------------------
  const showAppearance = () => {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === Appearance.theme()));
    }
    for (const button of document.querySelectorAll("[data-colours-choice]")) {
      button.setAttribute("aria-pressed", String(Appearance.colours() === "swapped"));
    }
  };
  document.addEventListener("appearance", showAppearance);
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-choice]");
    if (choice) {
      Appearance.choose(choice.dataset.themeChoice);
    } else if (event.target.closest("[data-colours-choice]")) {
      Appearance.swapColours();
    }
  });
  showAppearance();

  // -- why something is unknown ----------------------------------------------------------------------------------------
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // The dash itself carries the reason for screen readers.
  document.body.append(tip);

  const showTip = (place) => {
    tip.textContent = place.dataset.reason;
    tip.hidden = false;
    const box = place.getBoundingClientRect();
    const left = box.left + box.width / 2 - tip.offsetWidth / 2;
    const above = box.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(8, Math.min(left, window.innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${above > 0 ? above : box.bottom + 6}px`;
  };
  const hideTip = () => {
    tip.hidden = true;
  };
  for (const [begin, end] of [
    ["mouseover", "mouseout"],
    ["focusin", "focusout"],
  ]) {
    document.addEventListener(begin, (event) => {
      const place = event.target.closest("[data-reason]");
      if (place) {
        showTip(place);
      }
    });
    document.addEventListener(end, hideTip);
  }

  // -- ages ------------------------------------------------------------------------------------------------------------
  const told = (moment, now) => {
    const minutes = Math.floor(Math.abs(now - moment) / MINUTE);
    if (minutes < 1) {
      return words.now;
    }
    const [unit, count] =
      minutes < 60
        ? ["minutes", minutes]
        : minutes < 48 * 60
          ? ["hours", Math.floor(minutes / 60)]
          : ["days", Math.floor(minutes / 1440)];
    return words[moment <= now ? unit : `in_${unit}`].replace("%(n)s", number.format(count));
  };

  const stateOf = (chip, now) => {
    if (!chip.dataset.lateAt) {
      return chip.dataset.state;
    }
    return now >= Date.parse(chip.dataset.staleAt) ? "stale" : now >= Date.parse(chip.dataset.lateAt) ? "late" : "fresh";
  };

  const tick = () => {
    const now = Date.now();
    for (const time of document.querySelectorAll("time[data-relative]")) {
      const moment = Date.parse(time.dateTime);
      // A long time is told by its date, which does not change.
      if (Math.abs(now - moment) <= RECENT_DAYS * 24 * 60 * MINUTE) {
        const text = told(moment, now);
        if (time.textContent !== text) {
          time.textContent = text;
        }
      }
    }
    let worst = 0;
    for (const chip of document.querySelectorAll("[data-late-at]")) {
      chip.dataset.state = stateOf(chip, now);
    }
    for (const line of document.querySelectorAll(".freshness-list > li")) {
      worst = Math.max(worst, STATES.indexOf(line.dataset.state));
    }
    const whole = document.querySelector("[data-worst]");
    if (whole) {
      whole.dataset.state = STATES[worst];
    }
  };
  tick();
  window.setInterval(tick, TICK);

  // -- tables wider than their card are scrolled by keyboard too ---------------------------------------------------------
  const reach = () => {
    for (const box of document.querySelectorAll(".scroll")) {
      if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
        box.tabIndex = 0;
      } else {
        box.removeAttribute("tabindex");
      }
    }
  };
  reach();
  document.fonts.ready.then(reach); // letters of another family may be wider
  window.addEventListener("load", reach);
  window.addEventListener("resize", reach);
  document.addEventListener("htmx:after:swap", reach);

  // -- an address may name an explanation ------------------------------------------------------------------------------
  const named = window.location.hash.slice(1) && document.getElementById(window.location.hash.slice(1));
  if (named?.popover) {
    named.showPopover();
  }

  // -- a page for when the server cannot be reached --------------------------------------------------------------------
  if ("serviceWorker" in navigator) {
    window.addEventListener("load", () => {
      // Without one (a private window, storage forbidden) the browser shows its own page.
      navigator.serviceWorker.register(document.body.dataset.worker).catch(() => undefined);
    });
  }

  // -- messages --------------------------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest(".toast-note").remove();
  });
})();
