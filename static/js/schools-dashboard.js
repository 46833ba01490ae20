// The principal's page: each mark in the school changes its cell and the four numbers within a second.

import { call } from "./api.js";
import { connect } from "./live.js";
import { clockText } from "./rows.js";
import { cellOf, filled, highlight, keyOf, paint, shareText, stateOf, wordsOf } from "./schools-dashboard-cells.js";
import "./schools-dashboard-alerts.js";

const PAINT_MS = 100; // what comes in so short a time is painted together
const TICK_MS = 15_000; // minutes pass without anybody pressing anything
const GATHER_MS = 400;
const MOST_LINES = 30;

const words = JSON.parse(document.getElementById("dashboard-words").textContent);
let board = JSON.parse(document.getElementById("board").textContent);
const skewMs = Date.parse(board.now) - Date.now();
const lessons = new Map();
const places = new Map(); // place → slots
let slots = new Map();
const isFiltered = [...new URLSearchParams(location.search)].some(([name, value]) => name !== "day" && value);
let painting = 0;
let asking = 0;

const now = () => Date.now() + skewMs;
const take = (fresh) => {
  board = fresh;
  slots = new Map(board.slots.map((one) => [one.key, one]));
  lessons.clear();
  for (const one of board.lessons) lessons.set(keyOf(one), one);
  places.clear();
  for (const slot of board.slots) {
    for (const id of slot.class_ids) {
      const place = `${id}-${slot.period}`;
      places.set(place, [...(places.get(place) ?? []), slot]);
    }
  }
};
take(board);

function draw() {
  painting = 0;
  for (const element of document.querySelectorAll("button[data-place]")) {
    const found = places.get(element.dataset.place);
    if (!found) continue;
    const cell = cellOf(found, lessons, now(), board.after_min);
    const state = element.dataset.state;
    if (paint(element, cell.state, wordsOf(cell, words)) && (state !== cell.state || cell.state === "checked")) highlight(element);
  }
  const held = [...lessons].filter(([key, one]) => slots.has(key) && one.taken_at).map(([, one]) => one);
  const counted = held.reduce((sum, one) => sum + one.counted, 0);
  if (counted === 0 && board.slots.every((slot) => Date.parse(slot.starts_at) > now())) return;
  tell("present", shareText(counted ? held.reduce((sum, one) => sum + one.present, 0) / counted : null, true));
  tell("absent", new Set(held.flatMap((one) => one.absent)).size);
  const states = board.slots.map((slot) => stateOf(slot, lessons.get(slot.key), now(), board.after_min));
  tell("unchecked", states.filter((one) => one === "overdue" || one === "waiting").length);
  tell("substitutions", board.slots.filter((slot) => slot.kind === "substitution" || slot.kind === "joint").length);
}

function tell(name, value) {
  const element = document.querySelector(`[data-value-of="${name}"]`);
  if (element.textContent === String(value)) return;
  element.textContent = value;
  highlight(element);
}

const soon = () => (painting ||= setTimeout(draw, PAINT_MS));

// what no cell is known for: a lesson without a plan, a changed plan
function anew() {
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const query = new URLSearchParams(location.search);
    query.set("day", board.on_date);
    try {
      take(await call("GET", `/api/schools/${board.school_id}/dashboard?${query}`));
      const drawn = [...document.querySelectorAll("button[data-place]")].map((one) => one.dataset.place);
      if (drawn.length !== places.size || drawn.some((one) => !places.has(one))) await drawGrid();
    } catch {
      return; // the next change asks again
    }
    soon();
  }, GATHER_MS);
}

// cells that came or went: the server draws the grid
async function drawGrid() {
  const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const grid = document.querySelector("[data-board]");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-board]");
  if (grid && fresh) grid.replaceChildren(...fresh.childNodes);
  else if (grid || fresh) location.reload(); // the first lesson of a day, or none any more
}

function say(at, text) {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.className = "small muted";
  time.dateTime = at;
  time.textContent = clockText(at);
  line.append(time, ` ${text}`);
  const list = document.querySelector("[data-happened]");
  list.prepend(line);
  while (list.children.length > MOST_LINES) list.lastElementChild.remove();
  document.querySelector("[data-nothing]").hidden = true;
}

const sameDay = (moment) => new Intl.DateTimeFormat("sv-SE", { timeZone: document.documentElement.dataset.timeZone || undefined }).format(new Date(moment)) === board.on_date;

function lessonChanged(lesson) {
  if (!sameDay(lesson.starts_at)) {
    if (!board.is_today) document.querySelector("[data-new-day]").hidden = false;
    return;
  }
  const key = keyOf(lesson);
  const before = lessons.get(key);
  if (before && before.rev >= lesson.rev) return;
  if (lesson.state === "void") return anew(); // its place is free again, or gone
  if (!slots.has(key)) {
    if (!isFiltered) anew();
    return;
  }
  lessons.set(key, lesson);
  const slot = slots.get(key);
  const values = { class: slot.title, subject: slot.subject, n: lesson.absent.length };
  if (lesson.taken_at && !before?.taken_at) say(lesson.taken_at, filled(words.said_checked, values));
  else if (before?.taken_at && String(before.absent) !== String(lesson.absent)) say(new Date(now()).toISOString(), filled(words.said_changed, values));
  soon();
}

// names behind a cell

const dialog = document.getElementById("names");
document.querySelector("[data-board]")?.addEventListener("click", async (event) => {
  const press = event.target.closest("[data-place]");
  if (!press) return;
  const found = places.get(press.dataset.place) ?? [];
  const held = found.map((slot) => lessons.get(slot.key)).filter((one) => one?.taken_at);
  const body = dialog.querySelector("[data-names]");
  dialog.querySelector("[data-names-title]").textContent = press.dataset.label;
  body.replaceChildren(...found.map((slot) => paragraph([slot.title, slot.subject, slot.staff].join(" · "), "muted small")), paragraph(held.length ? words.loading : words.not_taken));
  dialog.showModal();
  if (held.length === 0) return;
  try {
    const { pupils } = await call("GET", `/api/schools/${board.school_id}/dashboard/absentees?lessons=${held.map((one) => one.lesson_id).join(",")}`);
    body.lastElementChild.replaceWith(pupils.length ? list(pupils) : paragraph(words.nobody));
  } catch (fault) {
    body.lastElementChild.textContent = fault.message;
  }
});

function list(pupils) {
  const element = document.createElement("ul");
  element.className = "rows plain-list";
  for (const one of pupils) {
    const row = document.createElement("li");
    const sign = document.createElement("span");
    const what = one.category === "absent" ? words.absent_one : one.minutes_late ? filled(words.late_minutes, { n: one.minutes_late }) : words.late;
    sign.className = `badge ${one.category === "absent" && !one.excused ? "danger" : "warning"}`;
    sign.textContent = one.excused ? `${what}, ${words.excused}` : what;
    const name = document.createElement("div");
    name.className = "grow";
    name.textContent = `${one.name}, ${one.class_name}`;
    row.append(name, sign);
    element.append(row);
  }
  return element;
}

function paragraph(text, className = "") {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}

// life

const live = connect();
live.join(`school/${board.school_id}/day`, {
  snapshot(view) {
    if (view.on_date === board.on_date) view.lessons.forEach(lessonChanged);
    else if (!board.is_today && view.lessons.some((one) => one.taken_at)) document.querySelector("[data-new-day]").hidden = false;
  },
  event: (data) => lessonChanged(data.lesson),
});
if (board.is_today) {
  live.join(`school/${board.school_id}/timetable/all`, {
    event({ change }) {
      if (change.on_date !== board.on_date) return;
      const text = words[`said_${change.kind}`];
      if (text) say(new Date(now()).toISOString(), filled(text, { class: change.class_name, subject: change.subject, staff: change.staff }));
      anew();
    },
  });
  setInterval(draw, TICK_MS);
}
for (const one of document.querySelectorAll("[data-filter] :is(select, [type=date])")) {
  one.addEventListener("change", () => one.form.requestSubmit());
}
