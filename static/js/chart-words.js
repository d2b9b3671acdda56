// How the candle chart writes figures and times, in the language of the page and in UTC or the reader's own zone.
"use strict";

const ChartWords = (settings) => {
  const lang = document.documentElement.lang;
  const isDaily = settings.seconds === 0 || settings.seconds >= 86400;
  const price = new Intl.NumberFormat(lang, { minimumFractionDigits: 2, maximumFractionDigits: settings.decimals });
  const big = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 2 });
  const single = new Intl.NumberFormat(lang);
  const digits = (text) => text.replace(/\d/g, (digit) => single.format(Number(digit)));
  let zone = settings.zone;

  const isLocal = () => zone === "local";
  const two = (number) => String(number).padStart(2, "0");
  const calendar = document.documentElement.dataset.calendar || "gregory";
  /** The day in figures, by another calendar than the Gregorian one. */
  const otherDay = (moment) => {
    const zoned = { timeZone: isLocal() ? undefined : "UTC", year: "numeric", month: "2-digit", day: "2-digit" };
    const parts = new Intl.DateTimeFormat(`en-u-ca-${calendar}`, zoned).formatToParts(moment);
    const part = (type) => parts.find((one) => one.type === type).value;
    return `${part("year")}-${part("month")}-${part("day")}`;
  };
  const written = (time) => {
    const moment = new Date(time * 1000);
    if (calendar !== "gregory") {
      const hours = isLocal() ? moment.getHours() : moment.getUTCHours();
      const minutes = isLocal() ? moment.getMinutes() : moment.getUTCMinutes();
      return isDaily && !isLocal() ? otherDay(moment) : `${otherDay(moment)} ${two(hours)}:${two(minutes)}`;
    }
    if (!isLocal()) {
      const text = moment.toISOString();
      return isDaily ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
    }
    const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
    return `${date} ${two(moment.getHours())}:${two(moment.getMinutes())}`;
  };
  const clock = (time) => digits(written(time));
  const part = (time, options) =>
    new Intl.DateTimeFormat(lang, { timeZone: isLocal() ? undefined : "UTC", calendar, ...options }).format(
      new Date(time * 1000),
    );
  /** A label of the canvas, which reads from left to right whatever the page does. */
  const placed = (text) => (document.documentElement.dir === "rtl" ? `\u2067${text}\u2069` : text);
  const DAY = { day: "numeric", month: "short" };
  // The library marks where Gregorian years and months begin, which are days like others by another calendar.
  const KINDS = calendar === "gregory" ? [{ year: "numeric" }, { month: "short" }, DAY] : [DAY, DAY, DAY];

  return {
    isDaily,
    clock,
    /** The mark on the time axis; what it marks is decided by the library: a year, a month, a day, a time. */
    tick: (time, kind) => (kind < KINDS.length ? placed(part(time, KINDS[kind])) : clock(time).slice(-5)),
    price: (value) => price.format(value),
    big: (value) => placed(big.format(value)),
    /** A figure whose size is not known: short when it is big. */
    figure: (value) => (Math.abs(value) >= 1e6 ? big.format(value) : price.format(value)),
    exact: (text) => (text === null || text === undefined ? "–" : digits(String(text))),
    zoneName: () => (isLocal() ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC"),
    isLocal,
    choose: (wanted) => {
      zone = wanted;
    },
  };
};
