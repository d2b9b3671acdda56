// The candle chart of an asset's page: it loads what is wanted and has it drawn, told, and read out by keyboard.
"use strict";

(() => {
  const place = document.getElementById("chart");
  if (!place) {
    return; // This part of the page could not be made; it says so.
  }
  const note = document.getElementById("chart-note");
  const retry = document.getElementById("chart-retry");
  const lacking = document.getElementById("chart-lacking");
  const lackingWord = lacking.querySelector("span").textContent;
  const twin = document.getElementById("twin");
  const canvas = place.querySelector(".chart-canvas");
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const word = place.dataset;
  const { createChart, CandlestickSeries, HistogramSeries } = LightweightCharts;

  const words = ChartWords(settings);
  const look = ChartLook(settings);
  const choice = ChartChoice(settings, words);
  const studies = ChartStudies(settings, words, look, word);
  const marks = ChartMarks(settings, look, word);
  const figures = ChartFigures(settings, words, studies, look, word);

  let candles = [];
  let beside = Candles.NOTHING;
  let byTime = new Map();
  let chart, bars, volume;
  let loading = false;
  let told = null;
  let asked = 0; // Of several questions for what stands beside the candles only the newest is answered.

  // -- drawing -----------------------------------------------------------------------------------------------------------
  const build = () => {
    chart = createChart(canvas, {
      autoSize: true,
      ...look.layout(),
      localization: { locale: document.documentElement.lang, timeFormatter: words.clock },
    });
    const { isDaily, tick } = words;
    chart.timeScale().applyOptions({ timeVisible: !isDaily, secondsVisible: false, tickMarkFormatter: tick, rightOffset: 2 });
    bars = chart.addSeries(CandlestickSeries, {
      priceFormat: { type: "custom", formatter: words.price, minMove: 10 ** -settings.decimals },
      autoscaleInfoProvider: marks.withLevels,
    });
    const inShort = { type: "custom", formatter: words.big, minMove: 1 };
    volume = chart.addSeries(HistogramSeries, { priceFormat: inShort, priceLineVisible: false, lastValueVisible: false }, 1);
    chart.subscribeCrosshairMove((event) => {
      tell(byTime.get(event.time) || candles[candles.length - 1]);
    });
    chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 10) {
        loadOlder();
      }
    });
  };

  const draw = () => {
    const points = Candles.onGrid(candles, settings);
    byTime = new Map(candles.map((candle) => [Candles.seconds(candle.time), candle]));
    const end = Math.max(0, ...settings.fan.map((point) => Candles.seconds(point.time)));
    bars.setData([...points.map(look.bar), ...Candles.ahead(points, settings, end)]);
    volume.setData(points.map(look.column));
    marks.draw(chart, bars, points, choice.shown);
    place.dataset.panes = String(studies.draw(chart, points, beside, choice.shown, choice.compared));
    tell(candles[candles.length - 1]);
    fillTable();
    sayLacking();
    place.dataset.beside = String(beside.values.size);
  };

  const tell = (candle) => {
    told = Candles.seconds(candle.time);
    figures.tell(candle);
  };

  const fillTable = () => {
    if (twin.open && candles.length) {
      document.getElementById("twin-table").replaceChildren(figures.table(candles));
    }
  };
  twin.addEventListener("toggle", fillTable);

  // -- by keyboard -------------------------------------------------------------------------------------------------------
  canvas.addEventListener("keydown", (event) => {
    const now = candles.findIndex((candle) => Candles.seconds(candle.time) === told);
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: candles.length - 1 }[event.key];
    if (next === undefined || !chart) {
      return;
    }
    event.preventDefault();
    const candle = candles[Math.max(0, Math.min(next, candles.length - 1))];
    figures.aloud(true);
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
    figures.aloud(false);
  });

  // -- loading -------------------------------------------------------------------------------------------------------------
  const say = (text, mayRetry) => {
    note.querySelector("p").textContent = text;
    retry.hidden = !mayRetry;
    note.hidden = false;
  };

  const numbered = (text, error) => (error?.requestId ? `${text} ${word.wordRequest} ${error.requestId}` : text);
  const failed = (error) => say(numbered(word.wordFailed, error), true);

  /** What is wanted beside the candles and could not be had: said below the chart, the candles stay. */
  const sayLacking = () => {
    const names = studies.named([...beside.failed], choice.compared);
    lacking.hidden = !names.length;
    lacking.querySelector("span").textContent = numbered(`${lackingWord} ${names.join(", ")}.`, beside.error);
  };

  const besideOf = (from, to) => Candles.beside(word.series, settings, choice.beside(), choice.pairs(), from, to);

  /** Ask anew for what stands beside the candles that are shown. */
  const drawBeside = async () => {
    const mine = ++asked;
    const found = await besideOf(candles[0].time, settings.to);
    if (mine === asked) {
      beside = found;
      choice.nameFile(candles[0].time);
      draw();
    }
  };

  const begin = async () => {
    retry.hidden = true;
    const mine = ++asked;
    const waiting = besideOf(settings.from, settings.to);
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
    const some = Math.min(candles.length, place.clientWidth < 600 ? 60 : 150);
    const total = Candles.onGrid(candles, settings).length;
    const beyond = settings.fan.length ? 9 : 2;
    chart.timeScale().setVisibleLogicalRange({ from: total - some, to: total + beyond });
    const found = await waiting;
    if (mine === asked) {
      beside = found;
      draw();
    }
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
    const since = from < settings.first ? settings.first : from;
    const mine = asked;
    try {
      const waiting = besideOf(since, oldest);
      const older = await Candles.load(word.candles, settings, since, oldest);
      const more = await waiting;
      candles = [...older, ...candles];
      if (mine === asked) {
        beside = Candles.together(more, beside);
      } else {
        drawBeside(); // Another choice was asked for meanwhile, without the older candles.
      }
      if (older.length) {
        draw();
        choice.nameFile(candles[0].time);
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
  document.getElementById("chart-controls").addEventListener("change", (event) => {
    // Another asset to compare with is asked for by the whole page: it knows which there are.
    if (choice.take(event.target) && candles.length) {
      drawBeside();
    }
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
  lacking.querySelector("button").addEventListener("click", drawBeside);
  document.addEventListener("appearance", () => {
    if (chart && candles.length) {
      chart.applyOptions(look.layout());
      draw();
    }
  });
  document.fonts.ready.then(begin);
})();
