// Colours of the candle chart, in the theme of the page, and how a candle and its volume are drawn.
"use strict";

const ChartLook = (settings) => {
  const CLEAR = "rgba(0, 0, 0, 0)";
  const VEIL = "59";

  const colour = (name) => window.getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const isRunning = (candle) => Candles.isRunning(candle, settings, Date.now() / 1000);
  const hue = (candle) => colour(Number(candle.close) >= Number(candle.open) ? "up" : "down");

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

  const bar = ({ time, candle }) => {
    if (!candle) {
      return { time };
    }
    const edge = hue(candle);
    return {
      time,
      open: Number(candle.open),
      high: Number(candle.high),
      low: Number(candle.low),
      close: Number(candle.close),
      color: isRunning(candle) ? CLEAR : edge,
      borderColor: edge,
      wickColor: edge,
    };
  };

  const column = ({ time, candle }) =>
    candle ? { time, value: Number(candle.volume), color: hue(candle) + VEIL } : { time };

  return { colour, isRunning, layout, bar, column };
};
