// Offers the browser's time zone to who makes the first admin.
"use strict";

(() => {
  const form = document.getElementById("setup-form");
  if (!form) {
    return;
  }
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = Array.from(form.elements.timezone.options, (option) => option.value);
  if (known.includes(zone) && form.elements.timezone.value === "UTC") {
    form.elements.timezone.value = zone;
  }
})();
