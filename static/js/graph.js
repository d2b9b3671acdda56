// Charts of figures over time: drawn from what stands beside them in the page, with readout, table and files.
"use strict";

(() => {
  const lang = document.documentElement.lang;
  const DAY = 86_400_000;
  const NARROW = 480;
  /** So many days and more: the same day of two years may stand on the axis. */
  const YEARLY = 300;
  /** A label of the canvas, which reads from left to right whatever the page does. */
  const placed = (text) => (document.documentElement.dir === "rtl" ? `\u2067${text}\u2069` : text);
  const colour = (name) => window.getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /** One chart of the page. */
  class Graph {
    constructor(place) {
      this.place = place;
      this.word = place.dataset;
      this.settings = JSON.parse(place.querySelector("script[type='application/json']").textContent);
      this.canvas = place.querySelector(".graph-canvas");
      this.readout = place.querySelector(".readout");
      this.number = new Intl.NumberFormat(lang, {
        minimumFractionDigits: this.settings.decimals,
        maximumFractionDigits: this.settings.decimals,
      });
      this.short = new Intl.NumberFormat(lang, { notation: "compact", maximumFractionDigits: 2 });
      const { times } = this.settings;
      const isDaily = times.every((time) => time % DAY === 0);
      this.clock = new Intl.DateTimeFormat(lang, {
        timeZone: "UTC",
        calendar: document.documentElement.dataset.calendar || "gregory",
        dateStyle: "medium",
        ...(isDaily ? {} : { timeStyle: "short" }),
      });
      const span = times[times.length - 1] - times[0];
      this.tick = new Intl.DateTimeFormat(lang, {
        timeZone: "UTC",
        calendar: document.documentElement.dataset.calendar || "gregory",
        ...(span > YEARLY * DAY
          ? { year: "numeric", month: "short" }
          : span > 2 * DAY
            ? { month: "short", day: "numeric" }
            : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
      });
      this.at = Math.max(0, this.settings.lines[0].values.findLastIndex((value) => value !== null));
    }

    /** A value as it is read, with its unit. */
    told(value) {
      if (value === null) {
        return this.word.wordUnknown;
      }
      const text = Math.abs(value) >= 1e6 ? this.short.format(value) : this.number.format(value);
      return this.settings.unit ? `${text}\u00a0${this.settings.unit}` : text;
    }

    series(line, index) {
      const { times, bands } = this.settings;
      const shade = colour(line.hue);
      const isStack = line.kind === "stack";
      const one = {
        name: line.name,
        type: line.kind === "bars" ? "bar" : "line",
        data: times.map((time, place) => [time, line.values[place]]),
        color: shade,
        showSymbol: false,
        connectNulls: false,
        smooth: false,
        silent: true,
        lineStyle: { width: isStack ? 0 : 2 },
      };
      if (line.kind === "step") {
        one.step = "end";
      }
      if (isStack) {
        one.stack = "all";
        one.areaStyle = { color: shade, opacity: 1 };
      }
      if (index === 0 && bands.length) {
        one.markArea = {
          silent: true,
          data: bands.map((band) => [
            { xAxis: band.from, itemStyle: { color: colour(band.hue), opacity: 0.18 } },
            { xAxis: band.to },
          ]),
        };
      }
      return one;
    }

    /** A level across the chart: a series of its own, so that the scale reaches to it. */
    level() {
      const { times, level } = this.settings;
      return {
        name: level.name,
        type: "line",
        data: [times[0], times[times.length - 1]].map((time) => [time, level.value]),
        color: colour("text-3"),
        showSymbol: false,
        silent: true,
        lineStyle: { type: "dashed", width: 1 },
      };
    }

    option() {
      const { settings } = this;
      const label = { color: colour("text-3"), fontFamily: window.getComputedStyle(document.body).fontFamily, fontSize: 12 };
      return {
        animation: false, // nothing moves that says nothing
        grid: { left: 4, right: 4, top: 8, bottom: 4, containLabel: true },
        axisPointer: {
          show: true,
          type: "line",
          triggerOn: "mousemove|click",
          snap: true,
          label: { show: false },
          lineStyle: { color: colour("edge"), type: "solid" },
        },
        xAxis: {
          type: "time",
          min: settings.times[0],
          max: settings.times[settings.times.length - 1],
          axisLine: { lineStyle: { color: colour("hairline") } },
          axisTick: { show: false },
          splitNumber: this.canvas.clientWidth < NARROW ? 3 : 6,
          axisLabel: { ...label, hideOverlap: true, formatter: (time) => placed(this.tick.format(time)) },
          splitLine: { show: false },
        },
        yAxis: {
          type: "value",
          position: "right",
          min: settings.low ?? undefined,
          max: settings.high ?? undefined,
          scale: settings.low === null,
          splitNumber: 4,
          axisLabel: { ...label, formatter: (value) => placed(this.short.format(value)) },
          splitLine: { lineStyle: { color: colour("surface-2") } },
          axisPointer: { show: false },
        },
        series: [...settings.lines.map((line, index) => this.series(line, index)), ...(settings.level ? [this.level()] : [])],
      };
    }

    draw() {
      if (!this.chart) {
        this.chart = echarts.init(this.canvas, null, { renderer: "canvas" });
        this.chart.on("updateAxisPointer", (event) => this.near(event.axesInfo?.[0]?.value));
        new ResizeObserver(() => this.chart.resize()).observe(this.canvas);
      }
      this.chart.setOption(this.option(), { notMerge: true });
      this.tell();
      this.place.dataset.drawn = String(this.settings.times.length);
    }

    /** The moment nearest to one. */
    near(time) {
      if (time === undefined || time === null) {
        return;
      }
      const { times } = this.settings;
      let [low, high] = [0, times.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (times[middle] < time) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      const before = low > 0 && time - times[low - 1] < times[low] - time ? low - 1 : low;
      if (before !== this.at) {
        this.at = before;
        this.tell();
      }
    }

    /** The figures of one moment above the chart. */
    tell() {
      const { times, lines, bands } = this.settings;
      const time = times[this.at];
      const parts = [["", this.clock.format(time)]];
      const band = bands.findLast((one) => one.from <= time);
      if (band) {
        parts.push(["", band.name, band.hue]);
      }
      for (const line of lines) {
        parts.push([lines.length > 1 ? line.name : "", this.told(line.values[this.at]), lines.length > 1 ? line.hue : ""]);
      }
      this.readout.replaceChildren(...parts.map((part) => this.part(...part)));
    }

    part(name, value, hue) {
      const whole = document.createElement("span");
      if (hue) {
        const dot = document.createElement("i");
        dot.className = "hue";
        dot.style.backgroundColor = `var(--${hue})`;
        whole.append(dot, " ");
      }
      if (name) {
        const label = document.createElement("b");
        label.textContent = `${name} `;
        whole.append(label);
      }
      const figure = document.createElement("bdi");
      figure.textContent = value;
      whole.append(figure);
      return whole;
    }

    /** By keyboard: one moment on, the ends, or a tenth of all. Time runs to the right in every language. */
    key(event) {
      const last = this.settings.times.length - 1;
      const far = Math.max(1, Math.round(last / 10));
      const to = {
        ArrowLeft: this.at - 1,
        ArrowRight: this.at + 1,
        PageUp: this.at - far,
        PageDown: this.at + far,
        Home: 0,
        End: last,
      }[event.key];
      if (to === undefined) {
        return;
      }
      event.preventDefault();
      this.at = Math.min(last, Math.max(0, to));
      this.tell();
      const [x] = this.chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [this.settings.times[this.at], 0]);
      this.chart.dispatchAction({ type: "updateAxisPointer", currTrigger: "mousemove", x, y: this.canvas.clientHeight / 2 });
    }

    // -- the same as a table, and as files --------------------------------------------------------------------------------
    table() {
      const { times, lines, unit } = this.settings;
      const table = document.createElement("table");
      table.className = "data";
      const head = table.createTHead().insertRow();
      for (const [index, name] of [this.word.wordTime, ...lines.map((line) => line.name)].entries()) {
        const cell = document.createElement("th");
        cell.scope = "col";
        cell.className = index ? "n" : "";
        cell.textContent = index && unit ? `${name}, ${unit}` : name;
        head.append(cell);
      }
      const body = table.createTBody();
      for (let place = times.length - 1; place >= 0; place -= 1) {
        const row = body.insertRow();
        row.insertCell().textContent = this.clock.format(times[place]);
        for (const line of lines) {
          const cell = row.insertCell();
          cell.className = "n num";
          cell.textContent = line.values[place] === null ? "–" : this.number.format(line.values[place]);
        }
      }
      return table;
    }

    csv() {
      const quoted = (text) => `"${String(text).replace(/"/g, '""')}"`;
      const { times, lines } = this.settings;
      const rows = [["time", ...lines.map((line) => quoted(line.name))]];
      for (const [place, time] of times.entries()) {
        rows.push([new Date(time).toISOString(), ...lines.map((line) => line.values[place] ?? "")]);
      }
      return new Blob([rows.map((row) => `${row.join(",")}\r\n`).join("")], { type: "text/csv" });
    }

    save(kind) {
      const link = document.createElement("a");
      const background = colour("surface-1");
      link.download = `${this.settings.key}.${kind}`;
      link.href =
        kind === "csv"
          ? URL.createObjectURL(this.csv())
          : this.chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: background });
      link.click();
      if (kind === "csv") {
        URL.revokeObjectURL(link.href);
      }
    }

    listen() {
      this.canvas.addEventListener("keydown", (event) => this.key(event));
      const twin = this.place.querySelector("details");
      twin.addEventListener("toggle", () => {
        if (twin.open) {
          twin.querySelector(".table-twin").replaceChildren(this.table());
        }
      });
      for (const button of this.place.querySelectorAll("[data-graph-file]")) {
        button.addEventListener("click", () => this.save(button.dataset.graphFile));
      }
    }
  }

  /** Draw the charts of a part of the page that have not been drawn. */
  const drawn = [];
  const begin = (part) => {
    for (const place of part.querySelectorAll("[data-graph]:not([data-drawn])")) {
      if (!place.querySelector(".graph-canvas")) {
        continue;
      }
      const graph = new Graph(place);
      graph.listen();
      drawn.push(graph);
      try {
        graph.draw();
      } catch (error) {
        graph.readout.textContent = graph.word.wordFailed;
        window.reportError(error); // the other charts are drawn all the same
      }
    }
  };
  begin(document);
  document.addEventListener("htmx:after:swap", () => begin(document));
  document.addEventListener("appearance", () => {
    for (const graph of drawn.filter((one) => one.place.isConnected)) {
      graph.draw();
    }
  });
})();
