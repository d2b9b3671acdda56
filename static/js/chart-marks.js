// What is marked on the candles: the plan of the open signal, key levels, signals, and the edges of forecasts.
"use strict";

const ChartMarks = (settings, look, word) => {
  const { createSeriesMarkers, LineSeries, LineStyle } = LightweightCharts;
  const { colour } = look;
  const openSignal = settings.signals.find((signal) => signal.open);
  let lines = [];
  let edges = [];
  let markers;

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
  const drawLevels = (bars, shown) => {
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

  const drawSignals = (bars, points) => {
    markers ||= createSeriesMarkers(bars, []);
    const times = new Set(points.map((point) => point.time));
    const drawn = settings.signals
      .map((signal) => ({ ...signal, at: Candles.seconds(signal.time) }))
      .filter((signal) => times.has(signal.at))
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

  const edgesOf = (chart, points, lineStyle, hue) =>
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

  /** The edges of the forecasts: of the newest one to the right, of past ones where they fell due. */
  const drawForecasts = (chart, points, shown) => {
    for (const line of edges) {
      chart.removeSeries(line);
    }
    const first = points[0]?.time ?? 0;
    const past = shown.has("past") ? settings.past.filter((point) => Candles.seconds(point.time) >= first) : [];
    edges = [
      ...edgesOf(chart, settings.fan, LineStyle.Dashed, "regime-accumulation"),
      ...edgesOf(chart, past, LineStyle.Dotted, "regime-distribution"),
    ];
  };

  /** Draw them anew. */
  const draw = (chart, bars, points, shown) => {
    drawSignals(bars, points);
    drawLevels(bars, shown);
    drawForecasts(chart, points, shown);
  };

  return { draw, withLevels };
};
