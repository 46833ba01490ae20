// The live page of administrators: four drawings of all processes together, and the same figures in tables.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { call } from "./api.js";
import { connect } from "./live.js";
import { redraw } from "./rows.js";

const SHOWN_S = 180;
const GONE_S = 10; // a process that is silent for so long is no longer shown
const TABLE_EVERY_S = 10;
const TABLE_S = 120;
const ROOMS_SHOWN = 20;
const WHOLE_STEPS = Array.from({ length: 24 }, (_, index) => [1, 2, 5][index % 3] * 10 ** Math.floor(index / 3));

const page = document.querySelector("[data-overview]");
const texts = JSON.parse(document.getElementById("overview-texts").textContent);
const language = document.documentElement.lang || "pl";
const zone = document.documentElement.dataset.timeZone || undefined;
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(language, { style: "percent" });
const bytes = new Intl.NumberFormat(language, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat(language, { timeStyle: "medium", timeZone: zone });

// measures by process and second, so that history and events may overlap
const processes = new Map();

function take(measure) {
  const second = Math.round(Date.parse(measure.at) / 1000);
  const known = processes.get(measure.process) ?? new Map();
  processes.set(measure.process, known);
  known.set(second, measure);
  const oldest = second - SHOWN_S;
  for (const one of known.keys()) {
    if (one >= oldest) break;
    known.delete(one);
  }
}

function newest() {
  const found = [...processes.values()].map((known) => [...known.values()].at(-1));
  const now = Math.max(...found.map((one) => Date.parse(one.at)));
  return found.filter((one) => now - Date.parse(one.at) < GONE_S * 1000);
}

function dropped(measure) {
  return Object.values(measure.drops).reduce((sum, count) => sum + count, 0);
}

// all processes together, second by second: sums, and the longest delay
function together() {
  const seconds = new Map();
  for (const known of processes.values()) {
    let before = null;
    for (const [second, one] of known) {
      const sum = seconds.get(second) ?? { sockets: 0, deliveries: 0, lag: 0, drops: 0 };
      sum.sockets += one.sockets;
      sum.deliveries += one.deliveries;
      sum.lag = Math.max(sum.lag, one.lag_s < 0 ? 10 : one.lag_s);
      if (before) sum.drops += Math.max(0, dropped(one) - dropped(before));
      before = one;
      seconds.set(second, sum);
    }
  }
  return [...seconds].sort(([one], [other]) => one - other);
}

// the drawings

const SHOW = {
  sockets: (value) => whole.format(value),
  deliveries: (value) => whole.format(value),
  lag: (value) => delay(value),
  drops: (value) => whole.format(value),
};

function delay(seconds) {
  if (seconds < 0 || seconds >= 10) return texts.beyond;
  return seconds > 0 ? texts.ms.replace("%", fine.format(seconds * 1000)) : texts.none;
}

class Drawing {
  constructor(element) {
    this.element = element;
    this.name = element.dataset.chart;
    const style = getComputedStyle(element);
    const ink = style.getPropertyValue("--ink-soft");
    const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
    const font = `12px ${style.fontFamily}`;
    const ticks = (_plot, at) => at.map((one) => (one === 0 ? "0" : SHOW[this.name](one)));
    this.plot = new uPlot(
      {
        width: element.clientWidth,
        height: element.clientHeight,
        legend: { show: false },
        cursor: { sync: { key: "overview" }, drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _least, most) => [0, Math.max(most * 1.1, this.name === "lag" ? 0.01 : 1)] } },
        axes: [
          { stroke: ink, grid, font, ticks: grid, space: 80, values: (_plot, at) => at.map((one) => clock.format(one * 1000)) },
          { stroke: ink, grid, font, ticks: grid, size: 64, incrs: this.name === "lag" ? undefined : WHOLE_STEPS, values: ticks },
        ],
        series: [{}, { stroke: style.getPropertyValue("--navy"), fill: style.getPropertyValue("--navy-tint"), width: 2 }],
      },
      [[], []],
      element,
    );
    new ResizeObserver(() => {
      this.plot.setSize({ width: element.clientWidth, height: element.clientHeight });
    }).observe(element);
  }

  draw(seconds) {
    const values = seconds.map(([, sum]) => sum[this.name]);
    this.plot.setData([seconds.map(([second]) => second), values]);
    const show = SHOW[this.name];
    const now = show(values.at(-1) ?? 0);
    page.querySelector(`[data-now="${this.name}"]`).textContent = now;
    this.element.setAttribute(
      "aria-label",
      texts.summary
        .replace("%(title)s", this.element.dataset.title)
        .replace("%(now)s", now)
        .replace("%(least)s", show(Math.min(...values)))
        .replace("%(most)s", show(Math.max(...values))),
    );
  }
}

// the tables

function processRow(one) {
  return {
    ...one,
    id: one.process,
    rev: Date.parse(one.at),
    sockets: whole.format(one.sockets),
    rooms: whole.format(one.rooms),
    events: fine.format(one.events),
    deliveries: whole.format(one.deliveries),
    lag: delay(one.lag_s),
    load: percent.format(one.load),
    slow: whole.format(one.slow),
    held: bytes.format(one.held_bytes / 1024),
    backplane: state(one),
    backplaneLag: delay(one.backplane_lag_s),
  };
}

function state(one) {
  if (!one.outbox) return texts.away;
  if (one.backplane === "process") return texts.alone;
  return one.redis === false ? texts.degraded : texts.fine;
}

function rooms(measures) {
  const sums = new Map();
  for (const room of measures.flatMap((one) => one.busiest)) {
    const sum = sums.get(room.name) ?? { ...room, members: 0, slow: 0, events: 0 };
    sum.members += room.members;
    sum.slow += room.slow;
    sum.events = Math.max(sum.events, room.events);
    sums.set(room.name, sum);
  }
  return [...sums.values()].sort((one, other) => other.members - one.members).slice(0, ROOMS_SHOWN);
}

function drops(measures) {
  const sums = new Map();
  for (const [rule, count] of measures.flatMap((one) => Object.entries(one.drops))) {
    sums.set(rule, (sums.get(rule) ?? 0) + count);
  }
  return [...sums].filter(([, count]) => count > 0);
}

const rowTemplates = Object.fromEntries(
  ["process", "room", "moment"].map((name) => [name, page.querySelector(`template[data-${name}]`)]),
);

function drawTables(measures, seconds) {
  const rev = Date.now();
  const sorted = [...measures].sort((one, other) => one.process.localeCompare(other.process));
  redraw(page.querySelector("[data-processes]"), rowTemplates.process, sorted.map(processRow));
  const found = rooms(measures).map((room) => ({
    ...room,
    id: room.name,
    rev,
    kind: texts[room.kind],
    members: whole.format(room.members),
    slow: whole.format(room.slow),
    events: whole.format(room.events),
  }));
  redraw(page.querySelector("[data-rooms]"), rowTemplates.room, found);
  page.querySelector("[data-no-rooms]").hidden = found.length > 0;
  page.querySelector("[data-some-rooms]").hidden = found.length === 0;
  const lost = drops(measures);
  page.querySelector("[data-no-drops]").hidden = lost.length > 0;
  const list = page.querySelector("[data-drops]");
  list.hidden = lost.length === 0;
  list.replaceChildren(
    ...lost.map(([rule, count]) => {
      const line = document.createElement("li");
      line.textContent = `${texts[rule] ?? rule}: ${whole.format(count)}`;
      return line;
    }),
  );
  const last = seconds.at(-1)?.[0] ?? 0;
  const moments = seconds.filter(([second]) => second % TABLE_EVERY_S === 0 && second > last - TABLE_S).reverse();
  redraw(
    page.querySelector("[data-moments]"),
    rowTemplates.moment,
    moments.map(([second, sum]) => ({
      id: second,
      rev,
      time: clock.format(second * 1000),
      ...Object.fromEntries(Object.entries(SHOW).map(([name, show]) => [name, show(sum[name])])),
    })),
  );
}

const drawings = [...page.querySelectorAll("[data-chart]")].map((element) => new Drawing(element));
let due = false;

function draw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    if (processes.size === 0) return;
    const seconds = together();
    for (const drawing of drawings) drawing.draw(seconds);
    drawTables(newest(), seconds);
    page.dataset.seconds = seconds.length;
  });
}

connect().join("live/overview", {
  async snapshot({ history }) {
    const { measures } = await call("GET", history);
    measures.forEach(take);
    draw();
  },
  event({ measure }) {
    take(measure);
    draw();
  },
});
