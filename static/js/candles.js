// Candles as the API gives them, made ready for the chart: holes stay holes, the running candle is known as such.
"use strict";

const Candles = (() => {
  const seconds = (text) => Date.parse(text) / 1000;

  const fetched = async (address) => {
    const answer = await window.fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      const error = new Error(String(answer.status));
      error.requestId = answer.headers.get("X-Request-ID") || "";
      throw error;
    }
    return answer.json();
  };

  /** The candles of a stretch of time. Throws an Error with ``requestId`` when they cannot be had. */
  const load = async (address, settings, from, to) => {
    const query = new URLSearchParams({ timeframe: settings.timeframe, from, to, limit: "5000", include_archive: "true" });
    return (await fetched(`${address}?${query}`)).candles;
  };

  const NOTHING = { values: new Map(), failed: new Set(), error: null };

  /**
   * What stands beside the candles of a stretch: for each name, values by second, and which of the wanted keys could not
   * be had. The candles do without it, so a failure is part of the answer.
   */
  const beside = async (address, settings, wanted, choice, from, to) => {
    if (!wanted.length) {
      return NOTHING;
    }
    const query = new URLSearchParams([["timeframe", settings.timeframe], ["from", from], ["to", to], ...choice]);
    try {
      const { series, failed, request_id: requestId } = await fetched(`${address}?${query}`);
      const pairs = ({ times, values }) => times.map((time, place) => [time, values[place]]);
      const values = new Map(series.map((one) => [one.name, new Map(pairs(one))]));
      return { values, failed: new Set(failed), error: failed.length ? { requestId } : null };
    } catch (error) {
      return { values: new Map(), failed: new Set(wanted), error };
    }
  };

  /** What stands beside two stretches, one after the other. */
  const together = (older, newer) => {
    const values = new Map(newer.values);
    for (const [name, found] of older.values) {
      values.set(name, new Map([...found, ...(newer.values.get(name) || [])]));
    }
    return { values, failed: new Set([...older.failed, ...newer.failed]), error: newer.error || older.error };
  };

  /** Whether a candle has not ended yet. Months have no fixed length: theirs is taken as the longest. */
  const isRunning = (candle, settings, now) => {
    const length = settings.seconds || 31 * 86400;
    return seconds(candle.time) + length > now;
  };

  /** Points on the chart's grid. Where a candle is missing stands an empty point, so that the hole is seen. */
  const onGrid = (candles, settings) => {
    const points = [];
    let expected = null;
    for (const candle of candles) {
      const time = seconds(candle.time);
      while (settings.seconds && expected !== null && expected < time) {
        points.push({ time: expected });
        expected += settings.seconds;
      }
      points.push({ time, candle });
      expected = time + settings.seconds;
    }
    return points;
  };

  /** Empty points after the last candle, up to the end of the forecast. */
  const ahead = (points, settings, end) => {
    const empty = [];
    const last = points.length ? points[points.length - 1].time : null;
    for (let time = last + settings.seconds; settings.seconds && last !== null && time <= end; time += settings.seconds) {
      empty.push({ time });
    }
    return empty;
  };

  return { load, NOTHING, beside, together, isRunning, onGrid, ahead, seconds };
})();
