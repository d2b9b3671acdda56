// The candle chart of an asset's page, with its readout, its table and its file.
"use strict";

(() => {
  const place = document.getElementById("chart");
  if (!place) {
    return; // This part of the page could not be made; it says so.
  }
  const note = document.getElementById("chart-note");
  const retry = document.getElementById("chart-retry");
  const readout = document.getElementById("readout");
  const twin = document.getElementById("twin");
  const file = document.getElementById("chart-csv");
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const word = place.dataset;
  const { createChart, createSeriesMarkers, CandlestickSeries, HistogramSeries, LineSeries, LineStyle } = LightweightCharts;

  const controls = document.getElementById("chart-controls");
  const words = ChartWords(settings);
  const studies = ChartStudies(settings, words);
  const { price, big, clock, exact, isDaily, tick } = words;
  const shown = new Set(settings.shown);
  const compared = settings.compared;

  let candles = [];
  let beside = new Map();
  let byTime = new Map();
  let chart, bars, volume, markers;
  let lines = [];
  let extra = [];
  let loading = false;
  let told = null;

  // -- colours -----------------------------------------------------------------------------------------------------------
  const colour = (name) => window.getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const BASE = 420;
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
      localization: { locale: document.documentElement.lang, timeFormatter: clock },
    });
    chart.timeScale().applyOptions({ timeVisible: !isDaily, secondsVisible: false, tickMarkFormatter: tick, rightOffset: 2 });
    bars = chart.addSeries(CandlestickSeries, {
      priceFormat: { type: "custom", formatter: price, minMove: 10 ** -settings.decimals },
      autoscaleInfoProvider: withLevels,
    });
    const inShort = { type: "custom", formatter: big, minMove: 1 };
    volume = chart.addSeries(HistogramSeries, { priceFormat: inShort, priceLineVisible: false, lastValueVisible: false }, 1);
    markers = createSeriesMarkers(bars, []);
    chart.subscribeCrosshairMove((event) => {
      tell(byTime.get(event.time) || candles[candles.length - 1]);
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

  /** Lines across the chart: the plan of the open signal, and prices at which the market has turned. */
  const drawLevels = () => {
    for (const line of lines) {
      bars.removePriceLine(line);
    }
    const colours = { entry: colour("accent"), target: colour("up"), stop: colour("down") };
    const across = { lineWidth: 1, axisLabelVisible: true };
    const plan = Object.entries(openSignal?.levels || {}).map(([name, value]) => ({
      ...across,
      price: Number(value),
      color: colours[name],
      lineStyle: LineStyle.Dashed,
      title: word[`word${name[0].toUpperCase()}${name.slice(1)}`],
    }));
    const turns = (shown.has("levels") ? settings.levels : []).map((level) => ({
      ...across,
      price: level.price,
      color: colour("edge"),
      lineStyle: LineStyle.Dotted,
      title: level.label,
    }));
    lines = [...plan, ...turns].map((line) => bars.createPriceLine(line));
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

  /** The edges of the forecasts: of the newest one to the right, of past ones where they fell due. */
  const drawFan = () => {
    for (const line of extra) {
      chart.removeSeries(line);
    }
    const edges = (points, lineStyle, hue) =>
      ["0.05", "0.25", "0.75", "0.95"]
        .filter((level) => level in (points[0]?.quantiles || {}))
        .map((level) => {
          const line = chart.addSeries(LineSeries, {
            color: colour(hue),
            lineWidth: level === "0.25" || level === "0.75" ? 2 : 1,
            lineStyle,
            priceLineVisible: false,
            lastValueVisible: false,
            crosshairMarkerVisible: false,
          });
          line.setData(points.map((point) => ({ time: Candles.seconds(point.time), value: point.quantiles[level] })));
          return line;
        });
    const first = candles.length ? Candles.seconds(candles[0].time) : 0;
    const past = shown.has("past") ? settings.past.filter((point) => Candles.seconds(point.time) >= first) : [];
    extra = [
      ...edges(settings.fan, LineStyle.Dashed, "regime-accumulation"),
      ...edges(past, LineStyle.Dotted, "regime-distribution"),
    ];
  };

  const draw = () => {
    const points = Candles.onGrid(candles, settings);
    byTime = new Map(candles.map((candle) => [Candles.seconds(candle.time), candle]));
    const end = Math.max(0, ...settings.fan.map((point) => Candles.seconds(point.time)));
    bars.setData([...points.map(bar), ...Candles.ahead(points, settings, end)]);
    volume.setData(points.map(column));
    drawMarkers(points);
    drawLevels();
    drawFan();
    const more = studies.draw(chart, points, beside, shown, compared);
    place.style.blockSize = more ? `${BASE + more}px` : "";
    tell(candles[candles.length - 1]);
    if (twin.open) {
      fillTable();
    }
    place.dataset.beside = String(beside.size);
  };

  const stateOf = (candle) =>
    Candles.isRunning(candle, settings, Date.now() / 1000) ? word.wordRunning : word.wordClosed;

  /** The figures of one candle above the chart, and what is drawn beside it. */
  const tell = (candle) => {
    const time = Candles.seconds(candle.time);
    told = time;
    const parts = [
      ["", `${clock(time)} ${words.zoneName()}`],
      [word.wordOpen, price(candle.open)],
      [word.wordHigh, price(candle.high)],
      [word.wordLow, price(candle.low)],
      [word.wordClose, price(candle.close)],
      [word.wordVolume, big(candle.volume)],
      ["", stateOf(candle)],
      ...studies.at(time).map((one) => [one.label, one.value === undefined ? "–" : words.figure(one.value), one.hue]),
    ];
    readout.replaceChildren(
      ...parts.map(([name, value, hue]) => {
        const part = document.createElement("span");
        if (hue) {
          const dot = document.createElement("span");
          dot.className = "hue";
          dot.style.background = colour(hue);
          part.append(dot, " ");
        }
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

  // -- by keyboard -------------------------------------------------------------------------------------------------------
  const canvas = place.querySelector(".chart-canvas");
  canvas.addEventListener("keydown", (event) => {
    const now = candles.findIndex((candle) => Candles.seconds(candle.time) === told);
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: candles.length - 1 }[event.key];
    if (next === undefined || !chart) {
      return;
    }
    event.preventDefault();
    const candle = candles[Math.max(0, Math.min(next, candles.length - 1))];
    readout.ariaLive = "polite";
    chart.setCrosshairPosition(Number(candle.close), Candles.seconds(candle.time), bars);
    tell(candle);
    const range = chart.timeScale().getVisibleLogicalRange();
    const index = chart.timeScale().timeToIndex(Candles.seconds(candle.time), true);
    const shift = index < range.from ? index - range.from - 1 : index > range.to ? index - range.to + 1 : 0;
    if (shift) {
      chart.timeScale().setVisibleLogicalRange({ from: range.from + shift, to: range.to + shift });
    }
  });
  canvas.addEventListener("blur", () => {
    chart?.clearCrosshairPosition();
    readout.ariaLive = "off";
  });

  // -- the same as a table -------------------------------------------------------------------------------------------------
  const fillTable = () => {
    const table = document.createElement("table");
    table.className = "data";
    const head = table.createTHead().insertRow();
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
    const body = table.createTBody();
    for (const candle of [...candles].reverse()) {
      const row = body.insertRow();
      const time = Candles.seconds(candle.time);
      const { open, high, low, close } = candle;
      const values = [clock(time), ...[open, high, low, close, candle.volume].map(exact), stateOf(candle)];
      const figures = studies.at(time).map((one) => (one.value === undefined ? "–" : words.figure(one.value)));
      for (const [index, value] of [...values, ...figures].entries()) {
        const cell = row.insertCell();
        cell.textContent = value;
        cell.className = isNumber(index) ? "n num" : index === 0 ? "num" : "";
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

  /** What the address says besides the timeframe. */
  const choice = () => [
    ...[...shown].map((key) => ["show", key]),
    ...compared.map((symbol) => ["compare", symbol]),
    ...(words.isLocal() ? [["zone", "local"]] : []),
  ];

  const besideOf = (from, to) => {
    const needs = compared.length || settings.studies.some((study) => shown.has(study.key));
    return needs ? Candles.loadBeside(word.series, settings, choice(), from, to) : new Map();
  };

  const begin = async () => {
    retry.hidden = true;
    try {
      [candles, beside] = await Promise.all([
        Candles.load(word.candles, settings, settings.from, settings.to),
        besideOf(settings.from, settings.to),
      ]);
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

  /** The file has what is shown: these candles, and what is drawn beside them. */
  const nameFile = () => {
    const address = new URL(file.href);
    address.searchParams.set("from", candles[0].time);
    for (const name of ["show", "compare", "zone"]) {
      address.searchParams.delete(name);
    }
    for (const [name, value] of choice()) {
      address.searchParams.append(name, value);
    }
    file.href = address;
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
      const since = from < settings.first ? settings.first : from;
      const [older, more] = await Promise.all([Candles.load(word.candles, settings, since, oldest), besideOf(since, oldest)]);
      candles = [...older, ...candles];
      for (const [name, values] of more) {
        beside.set(name, new Map([...values, ...(beside.get(name) || [])]));
      }
      if (older.length) {
        draw();
        nameFile();
        place.dataset.drawn = String(candles.length);
      } else {
        settings.first = oldest; // Nothing lies between: a hole longer than a page ends the chart here.
      }
    } catch (error) {
      failed(error);
    }
    loading = false;
  };

  // -- what is shown -------------------------------------------------------------------------------------------------------
  /** A tick puts something on the chart or takes it off, without loading the page again; the address keeps it. */
  controls.addEventListener("change", async (event) => {
    if (event.target.name === "show") {
      shown[event.target.checked ? "add" : "delete"](event.target.value);
    } else if (event.target.name === "zone") {
      words.choose(event.target.value);
    } else {
      return; // Another asset to compare with is asked for by the whole page: it knows which there are.
    }
    const address = new URL(window.location);
    address.search = new URLSearchParams([["timeframe", settings.timeframe], ...choice()]);
    window.history.replaceState(window.history.state, "", address);
    if (!candles.length) {
      return;
    }
    try {
      beside = await besideOf(candles[0].time, settings.to);
    } catch (error) {
      failed(error);
      return;
    }
    nameFile();
    draw();
  });

  document.getElementById("chart-png").addEventListener("click", () => {
    chart?.takeScreenshot().toBlob((picture) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(picture);
      link.download = `${settings.symbol}-${settings.timeframe}.png`.replace(/[^A-Za-z0-9.-]/g, "_");
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });

  retry.addEventListener("click", begin);
  document.addEventListener("appearance", () => {
    if (chart && candles.length) {
      chart.applyOptions(layout());
      draw();
    }
  });
  document.fonts.ready.then(begin);
})();
