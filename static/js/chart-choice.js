// What the reader has put on the candle chart; the address of the page and the file's keep it.
"use strict";

const ChartChoice = (settings, words) => {
  const shown = new Set(settings.shown);
  const compared = settings.compared;
  const file = document.getElementById("chart-csv");

  /** What an address says besides the timeframe. */
  const pairs = () => [
    ...[...shown].map((key) => ["show", key]),
    ...compared.map((symbol) => ["compare", symbol]),
    ...(words.isLocal() ? [["zone", "local"]] : []),
  ];

  /** What has to be fetched besides the candles: keys of indicators, symbols of other assets. */
  const beside = () => [...settings.studies.map((study) => study.key).filter((key) => shown.has(key)), ...compared];

  /** Take over what was ticked or chosen; false when it is nothing that the script can do. */
  const take = (control) => {
    if (control.name === "show") {
      shown[control.checked ? "add" : "delete"](control.value);
    } else if (control.name === "zone") {
      words.choose(control.value);
    } else {
      return false;
    }
    const address = new URL(window.location);
    address.search = new URLSearchParams([["timeframe", settings.timeframe], ...pairs()]);
    window.history.replaceState(window.history.state, "", address);
    return true;
  };

  /** The file has what is shown: the candles from there on, and what is drawn beside them. */
  const nameFile = (from) => {
    const address = new URL(file.href);
    address.searchParams.set("from", from);
    for (const name of ["show", "compare", "zone"]) {
      address.searchParams.delete(name);
    }
    for (const [name, value] of pairs()) {
      address.searchParams.append(name, value);
    }
    file.href = address;
  };

  return { shown, compared, pairs, beside, take, nameFile };
};
