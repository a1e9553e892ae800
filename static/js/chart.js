// <time-chart>: draws the table inside it with uPlot. The table is the truth: without JavaScript it is all there is.
// First column: <time datetime>. Other columns: data-value in cells; data-tone, data-dash and data-unit on heads.
const WIDTH = 2;
const HEIGHT = 210;
const HOUR = 3600;
const DAY = 24 * HOUR;

const STEPS = {
  hour: { incrs: [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY], words: { hour: "2-digit", minute: "2-digit" } },
  day: { incrs: [1, 2, 3, 7, 14, 28, 56, 112].map((days) => days * DAY), words: { day: "numeric", month: "short" } },
};

const writer = (words) => {
  const format = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...words });
  return (seconds) => format.format(new Date(seconds * 1000));
};

const colour = (element, name) => {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

const number = (cell) => (cell.dataset.value === undefined || cell.dataset.value === "" ? null : Number(cell.dataset.value));

function readTable(table) {
  const heads = [...table.tHead.rows[0].cells].slice(1);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells]);
  rows.sort((a, b) => moment(a) - moment(b));
  const charted = heads.map((head, index) => ({ head, index: index + 1 })).filter(({ head }) => head.dataset.tone);
  return { times: rows.map(moment), series: charted.map(({ head, index }) => ({ head, values: rows.map((row) => number(row[index])) })) };
}

const moment = (cells) => Date.parse(cells[0].querySelector("time").dateTime) / 1000;

function shorten(value, unit) {
  if (unit === "ms") return value >= 1000 ? `${Number((value / 1000).toPrecision(3))} s` : `${Math.round(value)} ms`;
  const text = Math.abs(value) >= 1000
    ? new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(value)
    : String(Number(value.toPrecision(3)));
  return unit === "usd" ? `$${text}` : text;
}

class TimeChart extends HTMLElement {
  connectedCallback() {
    this.place = document.createElement("div");
    this.place.className = "plot";
    this.place.setAttribute("role", "img");
    this.place.setAttribute("aria-label", `${this.getAttribute("label") ?? "Chart"}. The numbers are in the table below.`);
    this.prepend(this.place);
    this.redraw = () => this.draw();
    document.addEventListener("theme-changed", this.redraw);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this);
    this.draw();
  }

  disconnectedCallback() {
    document.removeEventListener("theme-changed", this.redraw);
    this.observer.disconnect();
    this.plot?.destroy();
  }

  fit() {
    const width = this.place.clientWidth;
    if (this.plot && width && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }

  draw() {
    this.plot?.destroy();
    const { times, series } = readTable(this.querySelector("table"));
    const ink = colour(this, "ink-2");
    const line = colour(this, "line");
    const font = "12px Inter, system-ui, sans-serif";
    const unit = series[0]?.head.dataset.unit ?? "";
    const step = STEPS[this.getAttribute("step")] ?? STEPS.day;
    const write = writer(step.words);
    const writeLong = writer({ weekday: "short", ...step.words, day: "numeric", month: "short" });
    this.place.classList.toggle("single", series.length === 1);
    const axis = { stroke: ink, font, ticks: { show: false }, gap: 8 };
    this.plot = new uPlot({
      width: this.place.clientWidth || 600,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.12 : 1] } },
      axes: [
        { ...axis, grid: { show: false }, incrs: step.incrs, values: (_plot, ticks) => ticks.map(write), space: 58 },
        { ...axis, grid: { stroke: line, width: 1 }, values: (_plot, ticks) => ticks.map((tick) => shorten(tick, unit)), size: 52 },
      ],
      series: [
        { value: (_plot, seconds) => (seconds === null ? "" : writeLong(seconds)), label: "UTC" },
        ...series.map(({ head }) => {
          const stroke = colour(this, head.dataset.tone);
          return { label: head.textContent.trim(), stroke, width: WIDTH, dash: head.dataset.dash ? [3, 4] : undefined, spanGaps: true,
            points: { show: times.length < 40, size: 5, fill: stroke }, value: (_plot, value) => (value === null ? "" : shorten(value, unit)) };
        }),
      ],
    }, [times, ...series.map(({ values }) => values)], this.place);
  }
}

customElements.define("time-chart", TimeChart);
