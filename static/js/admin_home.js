// The first page of the admin keeps itself fresh while somebody looks at it and does nothing on it: what has the focus,
// or lies open, stays.
"use strict";

window.setInterval(() => {
  const home = document.getElementById("home");
  const isInUse = home.contains(document.activeElement) || home.querySelector("details[open]");
  if (!document.hidden && !isInUse) {
    window.htmx.trigger(home, "refresh");
  }
}, 30_000);
