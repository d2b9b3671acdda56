// Prices change in their place while the page is open. No screen reader is interrupted by them: they are read when one
// comes to them.
"use strict";

(() => {
  const MOST = 100; // A connection tells the prices of so many assets.
  const SIGNIFICANT = 4;
  const MOST_DECIMALS = 18;
  const lang = document.documentElement.lang;
  let line = null;
  let told = "";

  // As the server writes them (system/formats.py).
  const decimals = (value) => {
    const size = Math.abs(value);
    if (size >= 100 || size === 0) {
      return 2;
    }
    if (size >= 0.1) {
      return 4;
    }
    const most = Math.min(MOST_DECIMALS, SIGNIFICANT - 1 - Math.floor(Math.log10(size)));
    return Math.max(2, size.toFixed(most).replace(/^\d+\.|0+$/g, "").length);
  };

  const number = (value, places) =>
    new Intl.NumberFormat(lang, {
      minimumFractionDigits: places,
      maximumFractionDigits: places,
      roundingMode: "halfEven",
    }).format(value);

  const price = (text) => number(Number(text), decimals(Number(text)));

  const TENTHS = new Intl.NumberFormat("en", { maximumFractionDigits: 1, useGrouping: false, roundingMode: "halfEven" });
  const tenths = (value) => Number(TENTHS.format(value));

  const change = (value) => {
    const rounded = tenths(value);
    const sign = rounded < 0 ? "−" : rounded > 0 ? "+" : "";
    // As the server writes it: the mark keeps the sign before its number in a Persian sentence.
    const mark = sign && lang === "fa" ? "\u200e" : "";
    return `${mark}${sign}${number(Math.abs(rounded), 1)}${lang === "fa" ? "٪" : "\u00a0%"}`;
  };

  const hear = (type, data) => {
    if (type !== "price.update") {
      return;
    }
    for (const place of document.querySelectorAll(`[data-price="${data.asset_id}"]`)) {
      if (data.price !== null) {
        Live.change(place, price(data.price));
      }
    }
    for (const place of document.querySelectorAll(`[data-price-change="${data.asset_id}"]`)) {
      if (data.change_24h !== null) {
        const rounded = tenths(data.change_24h);
        place.classList.remove("up", "down", "flat");
        place.classList.add(rounded > 0 ? "up" : rounded < 0 ? "down" : "flat");
        Live.change(place, change(data.change_24h));
      }
    }
  };

  // Other rows have come, or none: the connection is for what is shown.
  const follow = () => {
    const shown = new Set([...document.querySelectorAll("[data-price]")].map((place) => place.dataset.price));
    const ids = [...shown].slice(0, MOST).join(",");
    if (ids === told) {
      return;
    }
    line?.end();
    told = ids;
    line = ids ? Live.open(`prices/${ids}`, { message: hear }, { isKept: false }) : null;
  };
  follow();
  document.addEventListener("htmx:after:swap", follow);
})();
