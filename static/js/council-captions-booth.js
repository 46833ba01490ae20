// The captioner's page. Typed words leave as a line on Enter, after a pause, or when they grow long; the last lines can
// be mended; two captioners share a session by turns.

import { call, Problem } from "./api.js";
import { Outbox } from "./council-captions-outbox.js";
import { Picture } from "./council-captions-picture.js";
import { connect, newer } from "./live.js";
import { clockText } from "./rows.js";

const SENTENCE_PAUSE_MS = 1500;
const ANY_PAUSE_MS = 5000;
const AUTO = "gryf:captions:auto";

const root = document.querySelector("[data-booth]");
const words = JSON.parse(document.getElementById("booth-words").textContent);
const sessionId = Number(root.dataset.booth);
const me = Number(root.dataset.me);
const longest = Number(root.dataset.longest);
const address = `/api/council/sessions/${sessionId}/captions`;
const form = root.querySelector("[data-type]");
const field = form.text;
const list = root.querySelector("[data-lines]");
const template = root.querySelector("[data-line]");
const turnPlace = root.querySelector("[data-turn]");
const problemLine = root.querySelector("[data-problem]");

const lines = new Map(); // by id
let state = root.dataset.state;
let turn = { account_id: 0, name: "", next_account_id: 0, next_name: "", rev: 0 };
let startedAt = 0;
let timer = 0;

const picture = new Picture(root.querySelector("video"));
if (root.dataset.live) picture.open(root.dataset.whep, root.dataset.live);
root.querySelector("[data-sound]")?.addEventListener("click", ({ currentTarget }) => {
  picture.video.muted = !picture.video.muted;
  currentTarget.setAttribute("aria-pressed", String(!picture.video.muted));
});

const outbox = new Outbox(sessionId);
outbox.addEventListener("change", draw);
outbox.addEventListener("sent", ({ detail }) => detail.lines.forEach((line) => newer(lines, line)));
outbox.addEventListener("away", ({ detail }) => (root.querySelector("[data-away]").hidden = !detail));
outbox.start();

connect().join(`council/session/${sessionId}/captioning`, {
  snapshot: (view) => {
    lines.clear();
    for (const line of view.lines) newer(lines, line);
    sessionChanged(view.session.state);
    turned(view.turn);
    draw();
  },
  event: (event) => {
    if (event.type === "LiveLineChanged" && newer(lines, event.line)) draw();
    if (event.type === "LiveLineRemoved" && lines.delete(event.line_id)) draw();
    if (event.type === "TurnChanged") turned(event.turn);
  },
});
connect().join(`council/session/${sessionId}`, {
  snapshot: (view) => sessionChanged(view.session.state),
  event: (event) => {
    if (event.type === "SessionChanged") sessionChanged(event.session.state);
    if (event.type === "AgendaItemChanged" && event.item.state === "current") root.querySelector("[data-now]").textContent = `${event.item.number}. ${event.item.title}`;
  },
});

// the page differs before, during and after; what is being typed is kept
function sessionChanged(now) {
  if (now === state) return;
  state = now;
  commit();
  location.reload();
}

// typing

field.addEventListener("input", () => {
  if (!field.value.trim()) startedAt = 0;
  else if (!startedAt) {
    startedAt = Date.now() - picture.behindMs;
    if (turn.account_id === 0) step("take");
  }
  draft();
  clearTimeout(timer);
  length();
  if (!automatic()) return;
  if (field.value.length > longest - 20) {
    commitPart();
    return;
  }
  const sentence = /[.!?…]["”)]?\s*$/.test(field.value);
  timer = setTimeout(commit, sentence ? SENTENCE_PAUSE_MS : ANY_PAUSE_MS);
});
field.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    commit();
  }
  if (event.key === "ArrowUp" && field.value === "") {
    const last = [...list.querySelectorAll("[data-words]")].at(-1);
    if (!last) return;
    event.preventDefault();
    last.click();
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  commit();
});
form.speaker.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  field.focus();
});
form.auto.checked = localStorage.getItem(AUTO) !== "0";
form.auto.addEventListener("change", () => localStorage.setItem(AUTO, form.auto.checked ? "1" : "0"));
document.addEventListener("keydown", (event) => {
  if (event.key === "F2") form.speaker.focus();
  else if (event.key === "F4") root.querySelector("[data-turn] button:not([hidden])")?.click();
  else return;
  event.preventDefault();
});

function automatic() {
  return form.auto.checked;
}

function commit() {
  clearTimeout(timer);
  const text = field.value.trim();
  if (!text || state !== "live") return;
  outbox.add(text, form.speaker.value.trim(), startedAt || Date.now());
  field.value = "";
  startedAt = 0;
  draft();
  length();
}

// long speech without a pause: what is whole leaves, the word that is being typed stays
function commitPart() {
  const text = field.value;
  const cut = Math.max(text.lastIndexOf(". "), text.lastIndexOf("? "), text.lastIndexOf("! ")) + 1 || text.lastIndexOf(" ");
  if (cut <= 0) return;
  const rest = text.slice(cut).trimStart();
  outbox.add(text.slice(0, cut).trim(), form.speaker.value.trim(), startedAt || Date.now());
  field.value = rest;
  startedAt = rest ? Date.now() - picture.behindMs : 0;
  draft();
  length();
}

function draft() {
  sessionStorage.setItem(`gryf:captions:draft:${sessionId}`, field.value);
}
field.value = sessionStorage.getItem(`gryf:captions:draft:${sessionId}`) ?? "";

function length() {
  root.querySelector("[data-length]").value = Math.min(field.value.length, longest);
}

// lines

function draw() {
  const editing = list.querySelector("textarea");
  const stays = list.scrollHeight - list.scrollTop - list.clientHeight > 60;
  const wanted = [
    ...[...lines.values()].sort((one, other) => one.id - other.id).map((line) => ({ key: `l${line.id}`, line })),
    ...outbox.lines.map((line) => ({ key: `o${line.op}`, line, waiting: true })),
  ];
  const known = new Map([...list.children].map((row) => [row.dataset.key, row]));
  let before = null;
  for (const { key, line, waiting } of wanted) {
    const row = known.get(key) ?? template.content.firstElementChild.cloneNode(true);
    known.delete(key);
    row.dataset.key = key;
    if (!row.contains(editing) || !editing) fillRow(row, line, waiting);
    const place = before ? before.nextElementSibling : list.firstElementChild;
    if (place !== row) list.insertBefore(row, place);
    before = row;
  }
  for (const row of known.values()) row.remove();
  root.querySelector("[data-empty]").hidden = wanted.length > 0;
  if (!stays) list.scrollTop = list.scrollHeight;
}

function fillRow(row, line, waiting) {
  row.dataset.state = waiting ? (line.problem ? "refused" : "waiting") : "sent";
  row.querySelector("time").textContent = waiting ? "" : clockText(line.aired_at);
  const button = row.querySelector("[data-words]");
  button.textContent = (line.speaker ? `${line.speaker}: ` : "") + line.text;
  row.querySelector("[data-fate]").textContent = waiting ? line.problem || words.waiting : line.changed_by;
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-words]");
  if (button) edit(button.closest("li"));
});

function edit(row) {
  const key = row.dataset.key;
  const mine = key.startsWith("o");
  const line = mine ? outbox.lines.find((one) => `o${one.op}` === key) : lines.get(Number(key.slice(1)));
  if (!line || (mine && !line.problem) || row.querySelector("textarea")) return;
  const area = document.createElement("textarea");
  area.className = "form-control";
  area.rows = 2;
  area.value = line.text;
  area.setAttribute("aria-label", words.correct);
  const button = row.querySelector("[data-words]");
  button.hidden = true;
  button.after(area);
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  const close = () => {
    area.remove();
    button.hidden = false;
    draw();
    field.focus();
  };
  area.addEventListener("keydown", async (pressed) => {
    if (pressed.key === "Escape") close();
    if (pressed.key !== "Enter" || pressed.shiftKey) return;
    pressed.preventDefault();
    if (mine) {
      if (area.value.trim()) outbox.retry(line.op, area.value);
      else outbox.drop(line.op);
      close();
      return;
    }
    try {
      const answer = await call("PUT", `${address}/lines/${line.id}`, { rev: line.rev, text: area.value, speaker: line.speaker });
      if (answer.line) newer(lines, answer.line);
      else lines.delete(line.id);
      tell("");
      close();
    } catch (problem) {
      tell(problem instanceof Problem ? problem.message : words.offline);
    }
  });
}

// turns

turnPlace.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step]");
  if (button) step(button.dataset.step);
});

async function step(wanted) {
  try {
    turned(await call("POST", `${address}/turn`, { step: wanted }));
    tell("");
    if (wanted === "take") field.focus();
  } catch (problem) {
    tell(problem instanceof Problem ? problem.message : words.offline);
  }
}

function turned(now) {
  if (now.rev < turn.rev) return;
  turn = now;
  const mine = turn.account_id === me;
  const who = mine ? words.mine : turn.account_id ? words.theirs.replace("%", turn.name) : words.nobody;
  const next = turn.next_account_id && turn.next_account_id !== me ? words.next.replace("%", turn.next_name) : turn.next_account_id === me ? words.asked : "";
  root.querySelector("[data-turn-word]").textContent = [who, next].filter(Boolean).join(" ");
  const shown = {
    give: mine && turn.next_account_id !== 0,
    take: !mine && (turn.account_id === 0 || turn.next_account_id === me),
    ask: !mine && turn.account_id !== 0 && turn.next_account_id !== me,
    leave: mine && turn.next_account_id === 0,
  };
  for (const button of turnPlace.querySelectorAll("[data-step]")) button.hidden = !shown[button.dataset.step];
  root.classList.toggle("is-theirs", !mine && turn.account_id !== 0);
}

root.querySelector("[data-begin]")?.addEventListener("click", async ({ currentTarget }) => {
  try {
    await call("POST", `${address}/begin`, { language: root.querySelector("[data-language]").value });
    currentTarget.closest("[data-not-begun]").hidden = true;
    field.focus();
  } catch (problem) {
    tell(problem instanceof Problem ? problem.message : words.offline);
  }
});

function tell(text) {
  problemLine.textContent = text;
  problemLine.hidden = !text;
}

draw();
length();
if (state === "live") field.focus();
