// Parts of a page that are asked for anew: one that waits says so, and where one fails what stood there stays.
"use strict";

(() => {
  const place = document.querySelector(".toasts");
  const mould = document.getElementById("toast-of-fault");
  const told = () => place.querySelector("[data-fault]");

  // One word is enough, however often a part asks.
  const tell = (address) => {
    if (told()) {
      return;
    }
    const toast = mould.content.firstElementChild.cloneNode(true);
    toast.querySelector("a").href = address;
    place.append(toast);
  };

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    ctx.target?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    ctx.target?.removeAttribute("aria-busy");
  });

  // An answer that is no part of the page is not put in its place.
  document.addEventListener("htmx:after:request", (event) => {
    if (event.detail.ctx.response.status >= 400) {
      event.preventDefault();
      tell(window.location.href);
    } else {
      told()?.remove();
    }
  });
  document.addEventListener("htmx:error", () => tell(window.location.href));
})();
