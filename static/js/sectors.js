// The sectors as of another moment, or sorted anew: the part of the page that shows it is swapped, the address follows.
"use strict";

(() => {
  const SHOWN = "#sectors-shown";
  const lang = document.documentElement.lang;
  const digit = new Intl.NumberFormat(lang);
  const digits = (text) => text.replace(/\d/g, (one) => digit.format(Number(one)));

  /** Ask for a query of this page. Without an answer the whole page is asked for, which says what is wrong. */
  const ask = async (query) => {
    const address = `${window.location.pathname}?${query}`;
    try {
      const swap = document.querySelector(SHOWN).getAttribute("hx-swap");
      await htmx.ajax("GET", address, { target: SHOWN, select: SHOWN, swap });
      window.history.replaceState(window.history.state, "", address);
    } catch {
      window.location.assign(address);
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || !link.closest(SHOWN) || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    ask(new URL(link.href).search.slice(1));
  });

  const bar = document.getElementById("when");
  if (!bar) {
    return;
  }
  const moments = JSON.parse(document.getElementById("when-moments").textContent);
  const last = moments.length - 1;
  const [place, told] = ["when-place", "when-moment"].map((id) => document.getElementById(id));
  const [earlier, later, newest] = ["earlier", "later", "newest"].map((name) => document.getElementById(`when-${name}`));

  const query = (at) => {
    const wanted = new URLSearchParams(window.location.search);
    wanted.delete("at");
    if (at < last) {
      wanted.set("at", moments[at]);
    }
    return wanted.toString();
  };

  const tell = () => {
    const at = Number(place.value);
    const text = `${digits(moments[at].slice(0, 16).replace("T", " "))} UTC`;
    told.firstElementChild.textContent = text;
    told.firstElementChild.dateTime = moments[at];
    place.setAttribute("aria-valuetext", text);
    earlier.hidden = at === 0;
    later.hidden = at === last;
    newest.hidden = at === last;
  };

  const show = (at) => {
    place.value = String(at);
    tell();
    ask(query(at));
  };

  place.addEventListener("input", tell);
  place.addEventListener("change", () => ask(query(Number(place.value))));
  for (const [link, to] of [
    [earlier, () => Number(place.value) - 1],
    [later, () => Number(place.value) + 1],
    [newest, () => last],
  ]) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(to());
    });
  }
  place.setAttribute("aria-valuetext", told.textContent.trim());
})();
