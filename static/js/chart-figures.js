// The figures of the candle chart in words: of one candle above it, of all of them in the table.
"use strict";

const ChartFigures = (settings, words, studies, look, word) => {
  const { price, big, clock, exact } = words;
  const readout = document.getElementById("readout");
  const stateOf = (candle) => (look.isRunning(candle) ? word.wordRunning : word.wordClosed);
  const figure = (value) => (value === undefined ? "–" : words.figure(value));

  const part = ([name, value, hue]) => {
    const made = document.createElement("span");
    if (hue) {
      const dot = document.createElement("span");
      dot.className = "hue";
      dot.style.background = look.colour(hue);
      made.append(dot, " ");
    }
    if (name) {
      const label = document.createElement("b");
      label.textContent = `${name} `;
      made.append(label);
    }
    made.append(value);
    return made;
  };

  /** The figures of one candle above the chart, and what is drawn beside it. */
  const tell = (candle) => {
    const time = Candles.seconds(candle.time);
    const parts = [
      ["", `${clock(time)} ${words.zoneName()}`],
      [word.wordOpen, price(candle.open)],
      [word.wordHigh, price(candle.high)],
      [word.wordLow, price(candle.low)],
      [word.wordClose, price(candle.close)],
      [word.wordVolume, big(candle.volume)],
      ["", stateOf(candle)],
      ...studies.at(time).map((one) => [one.label, figure(one.value), one.hue]),
    ];
    readout.replaceChildren(...parts.map(part));
  };

  /** Whether changes are read out: while somebody goes through the candles by keyboard. */
  const aloud = (yes) => {
    readout.ariaLive = yes ? "polite" : "off";
  };

  /** The same as a table, the newest first. */
  const table = (candles) => {
    const made = document.createElement("table");
    made.className = "data";
    const head = made.createTHead().insertRow();
    const start = words.isLocal() ? word.wordStartLocal : word.wordStart;
    const names = [start, word.wordOpen, word.wordHigh, word.wordLow, word.wordClose, word.wordVolume, word.wordState];
    const more = studies.at(0).map((one) => one.label);
    const isNumber = (index) => index > 0 && index !== 6;
    for (const [index, name] of [...names, ...more].entries()) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      cell.className = isNumber(index) ? "n" : "";
      head.append(cell);
    }
    const body = made.createTBody();
    for (const candle of [...candles].reverse()) {
      const row = body.insertRow();
      const time = Candles.seconds(candle.time);
      const { open, high, low, close, volume } = candle;
      const values = [clock(time), ...[open, high, low, close, volume].map(exact), stateOf(candle)];
      for (const [index, value] of [...values, ...studies.at(time).map((one) => figure(one.value))].entries()) {
        const cell = row.insertCell();
        cell.textContent = value;
        cell.className = isNumber(index) ? "n num" : index === 0 ? "num" : "";
      }
    }
    return made;
  };

  return { tell, aloud, table };
};
