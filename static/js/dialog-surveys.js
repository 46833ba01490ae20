// A survey: saves as one goes, hides questions whose condition does not hold, orders a ranking with keys, counts live.

import { Problem, call } from "./api.js";
import { dragging } from "./dialog-drag.js";
import { connect } from "./live.js";

const element = document.getElementById("surveys-words");
const words = JSON.parse(element?.textContent ?? "{}");
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);
const language = document.documentElement.lang || "pl";
const number = new Intl.NumberFormat(language);
const percent = new Intl.NumberFormat(language, { style: "percent" });
const SAVE_AFTER_MS = 900;
const TRY_AGAIN_MS = 5_000;

for (const form of document.querySelectorAll("[data-survey-form]")) filling(form);
for (const form of document.querySelectorAll("[data-survey-question]")) editing(form);
for (const counter of document.querySelectorAll("[data-survey-room]")) counting(counter);

/** The answer as the API takes it; null: none. A ranking counts once every option has a place. */
function answerOf(question) {
  const key = question.dataset.question;
  const name = `q-${key}`;
  const chosen = (selector) => [...question.querySelectorAll(selector)].filter((one) => one.checked).map((one) => one.value);
  switch (question.dataset.type) {
    case "single":
      return chosen("input")[0] ?? null;
    case "multiple": {
      const found = chosen("input");
      return found.length ? found : null;
    }
    case "scale": {
      const step = chosen("input")[0];
      return step === undefined ? null : Number(step);
    }
    case "matrix": {
      const rows = {};
      for (const one of question.querySelectorAll("input:checked")) rows[one.name.slice(name.length + 1)] = one.value;
      return Object.keys(rows).length ? rows : null;
    }
    case "ranking": {
      const places = [...question.querySelectorAll("[data-option]")].map((row) => [row.dataset.option, Number(row.querySelector("input").value)]);
      const right = places.map(([, place]) => place).sort((a, b) => a - b);
      return right.every((place, at) => place === at + 1) ? places.sort((a, b) => a[1] - b[1]).map(([option]) => option) : null;
    }
    case "file":
      return undefined;
    default: {
      const text = question.querySelector("input, textarea").value.trim();
      return text === "" ? null : text;
    }
  }
}

function asNumber(value) {
  const text = String(value).replace(/\s/g, "").replace(",", ".");
  return /^-?\d{1,12}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

/** The same rule as the server's, which decides. */
function holds([, op, wanted], value) {
  const none = value === null || value === undefined;
  if (op === "answered") return !none;
  const is = !none && (Array.isArray(value) ? value : [value]).map(String).includes(wanted);
  if (op === "is") return is;
  if (op === "is_not") return !is;
  const [left, right] = [none ? null : asNumber(value), asNumber(wanted)];
  if (left === null || right === null) return false;
  return op === "at_least" ? left >= right : left <= right;
}

function filling(form) {
  const { when, known } = JSON.parse(document.getElementById("survey-conditions")?.textContent ?? '{"when":{},"known":{}}');
  const questions = [...form.querySelectorAll("[data-question]")];
  const still = "still" in form.dataset;
  const told = form.querySelector("[data-saved]");
  const saved = new Map(questions.map((one) => [one.dataset.question, JSON.stringify(answerOf(one))]));
  let waiting = 0;
  let running = null;
  let leaving = false;

  const draw = () => {
    const now = { ...known };
    for (const question of questions) {
      const key = question.dataset.question;
      const shown = (when[key] ?? []).every((one) => holds(one, now[one[0]]));
      question.hidden = !shown;
      now[key] = shown ? answerOf(question) : null;
    }
    for (const line of form.querySelectorAll("[data-chosen]")) {
      const count = line.closest("[data-question]").querySelectorAll("input:checked").length;
      line.textContent = filled(words.chosen, { n: number.format(count), most: number.format(Number(line.dataset.most)) });
    }
  };
  for (const hint of form.querySelectorAll("[data-when-words]")) hint.hidden = true; // they are hidden and shown instead

  const changes = () => {
    const found = {};
    for (const question of questions) {
      const value = answerOf(question);
      if (value === undefined || JSON.stringify(value) === saved.get(question.dataset.question)) continue;
      found[question.dataset.question] = value;
    }
    return found;
  };

  const save = async () => {
    if (still || leaving || running) return;
    const answers = changes();
    if (Object.keys(answers).length === 0) return;
    told.textContent = words.saving;
    running = call("POST", `/api/dialog/blocks/${form.dataset.surveyForm}/surveys/draft`, { answers, page: Number(form.dataset.page) });
    try {
      await running;
      for (const [key, value] of Object.entries(answers)) saved.set(key, JSON.stringify(value));
      told.textContent = Object.keys(changes()).length ? words.saving : words.saved;
    } catch (problem) {
      told.textContent = problem instanceof Problem ? problem.message : words.unsaved;
      const again = !(problem instanceof Problem) || problem.status >= 500 || problem.status === 429;
      if (again) later(TRY_AGAIN_MS);
    } finally {
      running = null;
    }
    if (told.textContent === words.saving) later(SAVE_AFTER_MS);
  };
  const later = (pause) => {
    clearTimeout(waiting);
    waiting = setTimeout(save, pause);
  };

  form.addEventListener("input", () => {
    draw();
    if (still) return;
    if (told && Object.keys(changes()).length) told.textContent = words.saving;
    later(SAVE_AFTER_MS);
  });
  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(waiting);
  });
  addEventListener("pageshow", () => (leaving = false));
  for (const list of form.querySelectorAll("[data-ranking]")) ordering(list);
  draw();
  form.querySelector(".error-summary")?.focus();
}

/** A symbol of the page's set. */
function drawn(name) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.querySelector("svg.icon use").getAttribute("href").split("#")[0]}#${name}`);
  icon.append(use);
  return icon;
}

/** Arrows beside each line, a grip, and the arrow keys in its field, put it up or down; its number follows. */
function ordering(list) {
  const said = list.parentElement.querySelector("[data-ranking-said]");
  const rows = () => [...list.querySelectorAll("[data-option]")];
  const sign = (name, text, by, row) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "icon-button";
    button.setAttribute("aria-label", `${text}: ${row.querySelector("label").textContent}`);
    button.append(drawn(name));
    button.addEventListener("click", () => move(row, by, button));
    return button;
  };
  const move = (row, by, focus) => {
    const all = rows();
    const at = all.indexOf(row);
    const to = Math.max(0, Math.min(all.length - 1, at + by));
    if (to !== at) {
      if (by < 0) all[to].before(row);
      else all[to].after(row);
    }
    focus.focus();
    tell(row);
  };
  const tell = (row) => {
    const all = rows();
    all.forEach((one, place) => (one.querySelector("input").value = String(place + 1)));
    said.textContent = filled(words.moved, { text: row.querySelector("label").textContent, place: all.indexOf(row) + 1, all: all.length });
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };
  dragging(list.parentElement, { row: "[data-option]", grip: ".drag-grip", list: "[data-ranking]", done: tell });
  for (const row of rows()) {
    const input = row.querySelector("input");
    if (input.disabled) continue;
    const grip = document.createElement("span");
    grip.className = "drag-grip";
    grip.setAttribute("aria-hidden", "true");
    grip.append(drawn("drag"));
    row.prepend(grip);
    row.append(sign("up", words.up, -1, row), sign("down", words.down, 1, row));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      move(row, event.key === "ArrowUp" ? -1 : 1, input);
    });
  }
}

/** The clerk's form: fields that matter for the type, a number where a condition needs one. */
function editing(form) {
  const type = form.querySelector("#type");
  const draw = () => {
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(type.value);
    for (const pair of form.querySelectorAll("[data-condition]")) {
      pair.querySelector("[data-number]").hidden = !/ at_(least|most)$/.test(pair.querySelector("select").value);
    }
  };
  form.addEventListener("change", draw);
  draw();
}

function counting(counter) {
  const block = counter.dataset.surveyRoom;
  const sent = counter.querySelector("[data-sent]");
  let known = 0;
  const set = (element, text) => {
    if (!element || element.textContent.trim() === text) return;
    element.textContent = text;
    element.classList.add("changed");
  };
  document.addEventListener("animationend", (event) => event.target.classList?.remove("changed"));
  const draw = (tally) => {
    if (tally.turnout.rev <= known) return;
    known = tally.turnout.rev;
    set(sent, number.format(tally.turnout.sent));
    const root = document.querySelector(`[data-survey="${block}"], [data-survey-results="${block}"]`);
    for (const one of root ? tally.results : []) {
      const section = root.querySelector(`[data-result="${one.key}"]`);
      if (!section) continue;
      set(section.querySelector("[data-answered]"), one.answered === null ? words.hidden : number.format(one.answered));
      for (const count of one.counts) {
        const row = section.querySelector(`[data-count="${CSS.escape(count.key)}"]`);
        if (!row) continue;
        const share = count.shown !== null && one.answered ? count.shown / one.answered : 0;
        set(row.querySelector("[data-shown]"), count.shown === null ? words.hidden : number.format(count.shown));
        if (one.type !== "ranking") set(row.querySelector("[data-share]"), count.shown === null ? "–" : percent.format(share));
        row.querySelector("[data-bar]").setAttribute("width", String(share * 100));
      }
    }
  };
  connect().join(`dialog/surveys/${block}`, {
    snapshot: draw,
    event(event) {
      draw(event.tally);
    },
  });
}
