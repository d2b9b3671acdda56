// The candle chart of an asset's page, with its readout, its table and its file.
"use strict";

(() => {
  const place = document.getElementById("chart");
  const note = document.getElementById("chart-note");
  const retry = document.getElementById("chart-retry");
  const readout = document.getElementById("readout");
  const twin = document.getElementById("twin");
  const file = document.getElementById("chart-csv");
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const word = place.dataset;
  const lang = document.documentElement.lang;
  const { createChart, createSeriesMarkers, CandlestickSeries, HistogramSeries, LineSeries, LineStyle } = LightweightCharts;

  let candles = [];
  let chart, bars, volume, markers, levels;
  let fan = [];
  let loading = false;

  // -- how figures are written -------------------------------------------------------------------------------------------
  const price = new Intl.NumberFormat(lang, { minimumFractionDigits: 2, maximumFractionDigits: settings.decimals });
  const big = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 2 });
  const digits = (text) => text.replace(/\d/g, (digit) => new Intl.NumberFormat(lang).format(Number(digit)));
  const exact = (text) => (text === null ? "–" : digits(text));
  const isDaily = settings.seconds === 0 || settings.seconds >= 86400;
  const clock = (time) => {
    const text = new Date(time * 1000).toISOString();
    return digits(isDaily ? text.slice(0, 10) : text.slice(0, 16).replace("T", " "));
  };
  const day = new Intl.DateTimeFormat(lang, { timeZone: "UTC", calendar: "gregory", day: "numeric", month: "short" });
  const year = new Intl.DateTimeFormat(lang, { timeZone: "UTC", calendar: "gregory", year: "numeric" });
  const month = new Intl.DateTimeFormat(lang, { timeZone: "UTC", calendar: "gregory", month: "short" });
  const tick = (time, kind) => {
    const moment = new Date(time * 1000);
    return kind === 0 ? year.format(moment) : kind === 1 ? month.format(moment) : kind === 2 ? day.format(moment) : clock(time).slice(-5);
  };

  // -- colours -----------------------------------------------------------------------------------------------------------
  const colour = (name) => window.getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const CLEAR = "rgba(0, 0, 0, 0)";
  const VEIL = "59";

  const layout = () => ({
    layout: {
      background: { type: "solid", color: colour("surface-1") },
      textColor: colour("text-3"),
      fontFamily: window.getComputedStyle(document.body).fontFamily,
      fontSize: 12,
      attributionLogo: false, // It would bring a style sheet of its own; the link stands below the chart.
      panes: { separatorColor: colour("hairline"), enableResize: false },
    },
    grid: { vertLines: { color: colour("surface-2") }, horzLines: { color: colour("surface-2") } },
    rightPriceScale: { borderColor: colour("hairline") },
    timeScale: { borderColor: colour("hairline") },
    crosshair: {
      vertLine: { color: colour("edge"), labelBackgroundColor: colour("text-2") },
      horzLine: { color: colour("edge"), labelBackgroundColor: colour("text-2") },
    },
  });

  const bar = (point) => {
    if (!point.candle) {
      return { time: point.time };
    }
    const { open, high, low, close } = point.candle;
    const rises = Number(close) >= Number(open);
    const edge = colour(rises ? "up" : "down");
    const running = Candles.isRunning(point.candle, settings, Date.now() / 1000);
    return {
      time: point.time,
      open: Number(open),
      high: Number(high),
      low: Number(low),
      close: Number(close),
      color: running ? CLEAR : edge,
      borderColor: edge,
      wickColor: edge,
    };
  };

  const column = (point) => {
    if (!point.candle) {
      return { time: point.time };
    }
    const rises = Number(point.candle.close) >= Number(point.candle.open);
    return { time: point.time, value: Number(point.candle.volume), color: colour(rises ? "up" : "down") + VEIL };
  };

  // -- drawing -----------------------------------------------------------------------------------------------------------
  const openSignal = settings.signals.find((signal) => signal.open);

  const build = () => {
    chart = createChart(place.querySelector(".chart-canvas"), {
      autoSize: true,
      ...layout(),
      localization: { locale: lang, timeFormatter: clock },
    });
    chart.timeScale().applyOptions({ timeVisible: !isDaily, secondsVisible: false, tickMarkFormatter: tick, rightOffset: 2 });
    bars = chart.addSeries(CandlestickSeries, {
      priceFormat: { type: "custom", formatter: (value) => price.format(value), minMove: 10 ** -settings.decimals },
      autoscaleInfoProvider: withLevels,
    });
    const inShort = { type: "custom", formatter: (value) => big.format(value), minMove: 1 };
    volume = chart.addSeries(HistogramSeries, { priceFormat: inShort, priceLineVisible: false, lastValueVisible: false }, 1);
    chart.panes()[1].setHeight(80);
    markers = createSeriesMarkers(bars, []);
    chart.subscribeCrosshairMove((event) => {
      const found = event.time && candles.find((candle) => Candles.seconds(candle.time) === event.time);
      tell(found || candles[candles.length - 1]);
    });
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 10) {
        loadOlder();
      }
    });
  };

  /** The scale of prices leaves room for the levels of the open signal. */
  const withLevels = (original) => {
    const info = original();
    if (!info?.priceRange || !openSignal) {
      return info;
    }
    const wanted = Object.values(openSignal.levels).map(Number);
    const { minValue, maxValue } = info.priceRange;
    info.priceRange = { minValue: Math.min(minValue, ...wanted), maxValue: Math.max(maxValue, ...wanted) };
    return info;
  };

  const drawLevels = () => {
    for (const line of levels || []) {
      bars.removePriceLine(line);
    }
    const colours = { entry: colour("accent"), target: colour("up"), stop: colour("down") };
    levels = Object.entries(openSignal?.levels || {}).map(([name, value]) =>
      bars.createPriceLine({
        price: Number(value),
        color: colours[name],
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelVisible: true,
        title: word[`word${name[0].toUpperCase()}${name.slice(1)}`],
      }),
    );
  };

  const drawMarkers = (points) => {
    const shown = new Set(points.map((point) => point.time));
    const drawn = settings.signals
      .map((signal) => ({ ...signal, at: Candles.seconds(signal.time) }))
      .filter((signal) => shown.has(signal.at))
      .sort((one, other) => one.at - other.at);
    markers.setMarkers(
      drawn.map((signal) => ({
        time: signal.at,
        position: signal.direction === "long" ? "belowBar" : "aboveBar",
        shape: signal.direction === "long" ? "arrowUp" : "arrowDown",
        color: colour(signal.direction === "long" ? "up" : "down"),
        text: signal.open ? signal.label : "",
      })),
    );
  };

  const drawFan = () => {
    for (const line of fan) {
      chart.removeSeries(line);
    }
    const first = settings.fan[0]?.quantiles || {};
    fan = ["0.05", "0.25", "0.75", "0.95"]
      .filter((level) => level in first)
      .map((level) => {
        const line = chart.addSeries(LineSeries, {
          color: colour("regime-accumulation"),
          lineWidth: level === "0.25" || level === "0.75" ? 2 : 1,
          lineStyle: LineStyle.Dashed,
          priceLineVisible: false,
          lastValueVisible: false,
          crosshairMarkerVisible: false,
        });
        line.setData(settings.fan.map((point) => ({ time: Candles.seconds(point.time), value: point.quantiles[level] })));
        return line;
      });
  };

  const draw = () => {
    const points = Candles.onGrid(candles, settings);
    const end = Math.max(0, ...settings.fan.map((point) => Candles.seconds(point.time)));
    bars.setData([...points.map(bar), ...Candles.ahead(points, settings, end)]);
    volume.setData(points.map(column));
    drawMarkers(points);
    drawLevels();
    drawFan();
    tell(candles[candles.length - 1]);
    if (twin.open) {
      fillTable();
    }
  };

  /** The figures of one candle above the chart. */
  const tell = (candle) => {
    const state = Candles.isRunning(candle, settings, Date.now() / 1000) ? word.wordRunning : word.wordClosed;
    const parts = [
      ["", `${clock(Candles.seconds(candle.time))} UTC`],
      [word.wordOpen, price.format(candle.open)],
      [word.wordHigh, price.format(candle.high)],
      [word.wordLow, price.format(candle.low)],
      [word.wordClose, price.format(candle.close)],
      [word.wordVolume, big.format(candle.volume)],
      ["", state],
    ];
    readout.replaceChildren(
      ...parts.map(([name, value]) => {
        const part = document.createElement("span");
        if (name) {
          const label = document.createElement("b");
          label.textContent = `${name} `;
          part.append(label);
        }
        part.append(value);
        return part;
      }),
    );
  };

  // -- the same as a table -------------------------------------------------------------------------------------------------
  const fillTable = () => {
    const table = document.createElement("table");
    table.className = "data";
    const head = table.createTHead().insertRow();
    const names = [word.wordStart, word.wordOpen, word.wordHigh, word.wordLow, word.wordClose, word.wordVolume, word.wordState];
    for (const [index, name] of names.entries()) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      cell.className = index > 0 && index < 6 ? "n" : "";
      head.append(cell);
    }
    const body = table.createTBody();
    for (const candle of [...candles].reverse()) {
      const row = body.insertRow();
      const state = Candles.isRunning(candle, settings, Date.now() / 1000) ? word.wordRunning : word.wordClosed;
      const values = [clock(Candles.seconds(candle.time)), exact(candle.open), exact(candle.high), exact(candle.low), exact(candle.close), exact(candle.volume), state];
      for (const [index, value] of values.entries()) {
        const cell = row.insertCell();
        cell.textContent = value;
        cell.className = index > 0 && index < 6 ? "n num" : index === 0 ? "num" : "";
      }
    }
    document.getElementById("twin-table").replaceChildren(table);
  };
  twin.addEventListener("toggle", () => {
    if (twin.open && candles.length) {
      fillTable();
    }
  });

  // -- loading -------------------------------------------------------------------------------------------------------------
  const say = (text, mayRetry) => {
    note.querySelector("p").textContent = text;
    retry.hidden = !mayRetry;
    note.hidden = false;
  };

  const failed = (error) => {
    const number = error.requestId ? ` ${word.wordRequest} ${error.requestId}` : "";
    say(`${word.wordFailed}${number}`, true);
  };

  const begin = async () => {
    retry.hidden = true;
    try {
      candles = await Candles.load(word.candles, settings, settings.from, settings.to);
    } catch (error) {
      failed(error);
      return;
    }
    if (!candles.length) {
      say(word.wordNone, false);
      return;
    }
    note.hidden = true;
    if (!chart) {
      build();
    }
    draw();
    const shown = Math.min(candles.length, place.clientWidth < 600 ? 60 : 150);
    const total = Candles.onGrid(candles, settings).length;
    const beyond = settings.fan.length ? 9 : 2;
    chart.timeScale().setVisibleLogicalRange({ from: total - shown, to: total + beyond });
    place.dataset.drawn = String(candles.length);
  };

  /** Older candles, when the reader comes near the oldest that is shown. */
  const loadOlder = async () => {
    const oldest = candles[0]?.time;
    if (loading || !oldest || !settings.seconds || oldest <= settings.first) {
      return;
    }
    loading = true;
    const from = new Date(Date.parse(oldest) - settings.page * settings.seconds * 1000).toISOString();
    try {
      const older = await Candles.load(word.candles, settings, from < settings.first ? settings.first : from, oldest);
      candles = [...older, ...candles];
      if (older.length) {
        draw();
        const address = new URL(file.href);
        address.searchParams.set("from", candles[0].time);
        file.href = address;
        place.dataset.drawn = String(candles.length);
      } else {
        settings.first = oldest; // Nothing lies between: a hole longer than a page ends the chart here.
      }
    } catch (error) {
      failed(error);
    }
    loading = false;
  };

  retry.addEventListener("click", begin);
  document.addEventListener("appearance", () => {
    if (chart && candles.length) {
      chart.applyOptions(layout());
      draw();
    }
  });
  document.fonts.ready.then(begin);
})();
