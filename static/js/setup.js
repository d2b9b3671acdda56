// Moves the secret of the set-up link from the fragment into the form, and out of the address bar and the history.
"use strict";

(() => {
  const form = document.getElementById("setup-form");
  const secret = window.location.hash.slice(1);
  if (!form) {
    return;
  }
  if (secret) {
    form.elements.token.value = secret;
    window.history.replaceState(null, "", window.location.pathname);
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = Array.from(form.elements.timezone.options, (option) => option.value);
  if (known.includes(zone) && form.elements.timezone.value === "UTC") {
    form.elements.timezone.value = zone;
  }
})();
