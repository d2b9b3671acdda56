// Moves the secret of a link from the fragment into the form that wants it, and out of the address bar and the history.
"use strict";

(() => {
  const field = document.querySelector("form input[name=token]");
  const secret = window.location.hash.slice(1);
  if (field && secret) {
    field.value = secret;
    window.history.replaceState(null, "", window.location.pathname);
  }
})();
