// A screen that nobody touches: each queue comes whole whenever something has changed in it, and clocks go on by themselves.

import { connect } from "./live.js";
import { clockText } from "./rows.js";

const root = document.querySelector("[data-hd-wall]");
const words = JSON.parse(document.getElementById("wall-words").textContent);
const view = JSON.parse(document.getElementById("wall-figures").textContent);
const link = root.querySelector("[data-wall-link]");
const zone = document.documentElement.dataset.timeZone || undefined;
const language = document.documentElement.lang || "pl";
const dayOf = new Intl.DateTimeFormat("pl", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: zone });
const hourOf = new Intl.DateTimeFormat("en", { hour: "2-digit", hourCycle: "h23", timeZone: zone });
const number = new Intl.NumberFormat(language);
const [WIDTH, HEIGHT] = [640, 160];
const SOON = 0.75;
const TICK_MS = 5_000;
const NEW_DAY_S = 5;

const queues = new Map(view.queues.map((one) => [one.id, one]));
const skewMs = Date.parse(view.now) - Date.now();
const openedOn = dayOf.format(new Date(view.now));
const joins = [];
let lostAt = 0;

const part = (name) => root.querySelector(`[data-wall-${name}]`);
const setText = (element, text) => element.textContent !== text && (element.textContent = text);

function stateOf(clock, now) {
  if (clock.late_at && Date.parse(clock.late_at) <= now) return "late";
  if (clock.paused) return "paused";
  let used = clock.used_s;
  for (const [since, until] of clock.runs) used += Math.max(0, Math.min(now / 1000, until) - since);
  return used / (clock.target_min * 60) >= SOON ? "soon" : "running";
}

function whenText(moment, now) {
  const day = dayOf.format(new Date(moment));
  return day === dayOf.format(new Date(now)) ? clockText(moment) : `${day.slice(0, 5)}, ${clockText(moment)}`;
}

function fillRow(row, one, when) {
  row.dataset.priority = one.priority;
  setText(row.querySelector('[data-part="number"]'), one.number);
  setText(row.querySelector('[data-part="what"]'), [one.unit_name, one.category_name].filter(Boolean).join(" · "));
  setText(row.querySelector('[data-part="when"]'), when);
}

function fillList(list, template, items, draw) {
  while (list.children.length > items.length) list.lastElementChild.remove();
  while (list.children.length < items.length) list.append(template.content.firstElementChild.cloneNode(true));
  items.forEach((one, place) => draw(list.children[place], one));
}

function drawFigures(queue) {
  const card = root.querySelector(`[data-queue="${queue.id}"]`);
  if (!card) return;
  card.dataset.late = queue.late;
  for (const figure of card.querySelectorAll("[data-figure]")) {
    const value = queue[figure.dataset.figure];
    setText(figure, String(value));
    if ("bad" in figure.dataset) figure.dataset.bad = String(value > 0);
  }
}

function drawLists(now) {
  const clocks = [...queues.values()].flatMap((one) => one.deadlines);
  clocks.sort((a, b) => Date.parse(a.clock.due_at) - Date.parse(b.clock.due_at) || a.ticket_id - b.ticket_id);
  fillList(part("clocks"), document.getElementById("wall-clock-row"), clocks.slice(0, 10), (row, one) => {
    const state = stateOf(one.clock, now);
    row.dataset.state = state;
    fillRow(row, one, (state === "late" ? words.late : words[one.clock.measure]).replace("{when}", whenText(one.clock.due_at, now)));
  });
  part("no-clocks").hidden = clocks.length > 0;
  const alerts = [...queues.values()].flatMap((one) => one.alerts);
  alerts.sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.ticket_id - a.ticket_id);
  fillList(part("alerts"), document.getElementById("wall-alert-row"), alerts.slice(0, 6), (row, one) => {
    fillRow(row, one, one.taken ? `${clockText(one.at)} · ${words.taken}` : clockText(one.at));
  });
  part("no-alerts").hidden = alerts.length > 0;
}

/** Hours from local midnight to now, as app's rules count them: a day has 23, 24 or 25 of them. */
function hoursOfDay(now) {
  const today = dayOf.format(new Date(now));
  const sums = new Map();
  for (const queue of queues.values()) {
    for (const { at, sent, solved } of queue.hours) {
      const known = sums.get(at) ?? { sent: 0, solved: 0 };
      sums.set(at, { sent: known.sent + sent, solved: known.solved + solved });
    }
  }
  const last = Math.floor(now / 3_600_000) * 3600;
  const starts = [];
  for (let at = last; dayOf.format(new Date(at * 1000)) === today; at -= 3600) starts.unshift(at);
  let ahead = 0;
  for (let at = last + 3600; dayOf.format(new Date(at * 1000)) === today; at += 3600) ahead += 1;
  const hours = starts.map((at) => ({ hour: Number(hourOf.format(new Date(at * 1000))), ...(sums.get(at) ?? { sent: 0, solved: 0 }) }));
  return [hours, starts.length + ahead];
}

function niceTop(most) {
  for (let size = 1; ; size *= 10) for (const factor of [2, 4, 6, 10]) if (most <= factor * size) return factor * size;
}

function drawDay(now) {
  const [hours, inDay] = hoursOfDay(now);
  const top = niceTop(Math.max(1, ...hours.map((one) => Math.max(one.sent, one.solved))));
  for (const line of root.querySelectorAll("[data-wall-line]")) {
    const points = hours.map((one, place) => `${(((place + 1) * WIDTH) / inDay).toFixed(1)},${(HEIGHT - (HEIGHT * one[line.dataset.wallLine]) / top).toFixed(1)}`);
    line.setAttribute("points", [`0.0,${HEIGHT.toFixed(1)}`, ...points].join(" "));
  }
  [0, Math.floor(top / 2), top].forEach((value, place) => {
    const y = HEIGHT - (HEIGHT * value) / top;
    const [mark, text] = [part("marks").querySelectorAll("line")[place], part("marks").querySelectorAll("text")[place]];
    mark.setAttribute("y1", y);
    mark.setAttribute("y2", y);
    text.setAttribute("y", y + 7);
    setText(text, String(value));
  });
  const sum = (name) => number.format(hours.reduce((all, one) => all + one[name], 0));
  setText(part("finding"), words.finding.replace("{sent}", sum("sent")).replace("{solved}", sum("solved")));
  const rows = hours.filter((one) => one.sent || one.solved).reverse().map((one) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = `${one.hour}:00`;
    const cells = [one.sent, one.solved].map((value) => Object.assign(document.createElement("td"), { textContent: value }));
    row.append(head, ...cells);
    return row;
  });
  part("hours").replaceChildren(...rows);
}

function draw() {
  const now = Date.now() + skewMs;
  if (dayOf.format(new Date(now)) !== openedOn && !lostAt) return setTimeout(() => location.reload(), NEW_DAY_S * 1000 * Math.random());
  setText(part("clock"), clockText(now));
  drawLists(now);
  drawDay(now);
  return undefined;
}

function take(queue) {
  const known = queues.get(queue.id);
  if (known && known.rev > queue.rev) return;
  queues.set(queue.id, queue);
  drawFigures(queue);
  draw();
}

function dark() {
  joins.forEach((one) => one.leave());
  root.replaceChildren(); // the address was taken back
}

/** A screen that has stood still for an hour must say so: nobody is there to wonder. */
function tellLink(name) {
  if (name === "connected") lostAt = 0;
  else lostAt ||= Date.now() + skewMs;
  link.hidden = lostAt === 0;
  setText(link, lostAt ? words.lost.replace("{when}", clockText(lostAt)) : "");
}

/** A screen on the wall must not fall asleep; where the browser does not know how, the screen's own settings say so. */
function stayAwake() {
  if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
}

document.addEventListener("visibilitychange", stayAwake);
stayAwake();

const live = connect();
for (const card of root.querySelectorAll("[data-room]")) {
  joins.push(live.join(card.dataset.room, {
    snapshot: take,
    event(data) {
      if (data.type === "WallEnded") dark();
      else take(data.queue);
    },
    refused({ status }) {
      if (status === 404) dark();
    },
  }));
}
live.addEventListener("state", ({ detail }) => tellLink(detail));
draw();
setInterval(draw, TICK_MS);
