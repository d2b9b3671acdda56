// Indicators and other assets on the candle chart: over the candles, or each in a pane of its own.
"use strict";

const ChartStudies = (settings, words, look, word) => {
  const { createTextWatermark, HistogramSeries, LineSeries, LineStyle, PriceScaleMode } = LightweightCharts;
  const { colour } = look;
  const HUES = ["accent", "regime-transition", "regime-distribution", "regime-bull", "regime-accumulation", "regime-bear"];
  const HEIGHTS = [340, 80]; // Of the candles and the volume.
  const PANE = 110;
  const FIRST_PANE = 2; // After the candles and the volume.
  let drawn = [];
  let said = [];

  /** The series that are wanted, each with its name for people and where it is drawn. */
  const wanted = (shown, compared) => {
    let pane = FIRST_PANE;
    let hue = 0;
    const list = [];
    for (const study of settings.studies.filter((one) => shown.has(one.key))) {
      const place = study.over ? 0 : pane++;
      if (!study.over) {
        hue = 0;
      }
      for (const output of study.outputs) {
        const { name, label } = output;
        list.push({ output: name, study, pane: place, hue: HUES[hue++ % HUES.length], label });
      }
    }
    for (const [place, symbol] of compared.entries()) {
      list.push({ output: `${symbol}_close`, pane: 0, hue: HUES[(hue + place) % HUES.length], label: symbol, isAsset: true });
    }
    return list;
  };

  const options = (one) => ({
    color: colour(one.hue),
    lineWidth: 1,
    priceLineVisible: false,
    lastValueVisible: one.pane !== 0 || Boolean(one.isAsset),
    crosshairMarkerVisible: false,
    priceFormat: { type: "custom", formatter: words.figure, minMove: 10 ** -settings.decimals },
  });

  const point = (one, time, value) => {
    if (value === undefined) {
      return { time };
    }
    const isBar = one.output.endsWith("histogram");
    return isBar ? { time, value, color: `${colour(value >= 0 ? "up" : "down")}99` } : { time, value };
  };

  /** A pane whose indicator could not be had says so in its place. */
  const say = (pane, label) => {
    const line = { text: `${label}: ${word.wordMissing}`, color: colour("text-2"), fontSize: 12 };
    return createTextWatermark(pane, { horzAlign: "center", vertAlign: "center", lines: [line] });
  };

  /** Draw them anew. ``beside``: see ``Candles.beside``. Returns how many panes there are besides the candles'. */
  const draw = (chart, points, beside, shown, compared) => {
    for (const one of said) {
      one.detach();
    }
    for (const one of drawn) {
      chart.removeSeries(one.line);
    }
    said = [];
    drawn = wanted(shown, compared).map((one) => {
      const kind = one.output.endsWith("histogram") ? HistogramSeries : LineSeries;
      const line = chart.addSeries(kind, options(one), one.pane);
      const values = beside.values.get(one.output) || new Map();
      line.setData(points.map(({ time }) => point(one, time, values.get(time))));
      if (one.study?.outputs[0].name === one.output) {
        for (const price of one.study.levels) {
          const across = { price, color: colour("edge"), lineWidth: 1, lineStyle: LineStyle.Dotted, axisLabelVisible: false };
          line.createPriceLine({ ...across, title: "" });
        }
        if (one.pane && beside.failed.has(one.study.key)) {
          said.push(say(line.getPane(), one.study.label));
        }
      }
      return { ...one, line, values };
    });
    const mode = compared.length ? PriceScaleMode.IndexedTo100 : PriceScaleMode.Normal;
    chart.priceScale("right", 0).applyOptions({ mode });
    const panes = chart.panes();
    for (const [place, pane] of panes.entries()) {
      pane.setStretchFactor(HEIGHTS[place] || PANE);
    }
    return panes.length - FIRST_PANE;
  };

  /** What the series say at a moment, for the readout and the table. */
  const at = (time) => drawn.map((one) => ({ label: one.label, hue: one.hue, value: one.values.get(time) }));

  /** What the chosen ones of these keys are called. */
  const named = (keys, compared) => [
    ...settings.studies.filter((study) => keys.includes(study.key)).map((study) => study.label),
    ...compared.filter((symbol) => keys.includes(symbol)),
  ];

  return { draw, at, named };
};
