// The calendar of the journal by keyboard: arrows from day to day, Home and End within a week, pages from month to month.
"use strict";

(() => {
  const month = document.querySelector("[data-month]");
  if (!month) {
    return;
  }
  const days = [...month.querySelectorAll("td > a")];
  const sideways = document.documentElement.dir === "rtl" ? -1 : 1;
  const steps = { ArrowRight: sideways, ArrowLeft: -sideways, ArrowDown: 7, ArrowUp: -7 };

  /** The day that a key leads to; none where the month ends. */
  const aim = (key, at) => {
    const week = [...days[at].closest("tr").querySelectorAll("a")];
    if (key === "Home") {
      return week[0];
    }
    if (key === "End") {
      return week[week.length - 1];
    }
    return key in steps ? days[at + steps[key]] : undefined;
  };

  month.addEventListener("keydown", (event) => {
    const at = days.indexOf(event.target.closest("a"));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const other = { PageUp: "a[rel=prev]", PageDown: "a[rel=next]" }[event.key];
    if (other) {
      document.querySelector(`.card-head ${other}`)?.click();
      event.preventDefault();
      return;
    }
    const found = aim(event.key, at);
    if (found) {
      found.focus();
      event.preventDefault();
    }
  });
})();
