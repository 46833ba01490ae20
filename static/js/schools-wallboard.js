// A screen that nobody touches: draws itself anew with each view it is sent, and finds back after every cut.

import { connect } from "./live.js";
import { clockText } from "./rows.js";
import { filled, paint, shareText } from "./schools-dashboard-cells.js";

const root = document.querySelector("[data-wall]");
const words = JSON.parse(document.getElementById("dashboard-words").textContent);
const link = root.querySelector("[data-wall-link]");
let day = "";
let skewMs = 0;

function wordsOf(cell) {
  if (cell.state === "overdue" || cell.state === "waiting") return [filled(words.minutes, { n: cell.minutes }), words.unchecked];
  if (cell.state === "partial") return [filled(words.of, { n: cell.marked, all: cell.expected }), ""];
  if (cell.state === "checked") return [shareText(cell.percent === null ? null : cell.percent / 100), ""];
  return ["", words[cell.state]];
}

function draw(view) {
  const shape = JSON.stringify([view.on_date, view.classes.map((one) => one.id), view.hours.map((one) => one.period)]);
  if (day && day !== shape) return location.reload(); // another day, another plan: drawn by the server
  day = shape;
  skewMs = Date.parse(view.now) - Date.now();
  const numbers = { ...view.numbers, present: shareText(view.numbers.counted ? view.numbers.present / view.numbers.counted : null, true), alerts: view.open_alerts };
  for (const element of root.querySelectorAll("[data-wall-number]")) element.textContent = numbers[element.dataset.wallNumber];
  root.querySelector("[data-wall-unchecked]").dataset.wallUnchecked = view.numbers.unchecked;
  const seen = new Set();
  for (const cell of view.cells) {
    const element = root.querySelector(`[data-place="${cell.class_id}-${cell.period}"]`);
    if (!element) return location.reload();
    seen.add(element);
    paint(element, cell.state, wordsOf(cell));
  }
  tick();
}

function tick() {
  root.querySelector("[data-wall-clock]").textContent = clockText(Date.now() + skewMs);
}

function dark() {
  root.replaceChildren(); // the address was taken back
}

const stay = connect().join(root.dataset.wall, {
  snapshot: draw,
  event(data) {
    if (data.type === "WallEnded") {
      stay.leave();
      dark();
    } else draw(data.view);
  },
  refused(problem) {
    if (problem.status === 404) dark();
  },
  state(name) {
    link.hidden = name === "connected";
    link.textContent = name === "connected" ? "" : JSON.parse(document.getElementById("shell-texts").textContent).lost;
  },
});
setInterval(tick, 5_000);
