// The debate of the page's session: who speaks, who waits, and the clocks. It fills every [data-talk] and every list
// [data-queue] of the page; other scripts import `debate` and add what their page can do.
//
// Timers run by the server's clock: a wrong clock in the chamber changes nothing.

import { connect, newer } from "./live.js";
import { fill, redraw } from "./rows.js";

const TICK_MS = 250;

const facts = JSON.parse(document.getElementById("debate-facts").textContent);
export const words = JSON.parse(document.getElementById("debate-words").textContent);

/** 75 → "1:15", 3675 → "1:01:15". */
export function clockOf(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** What is left of a speech's time at a moment (Unix ms), and how it looks: "ok", "warn", "over". A timer that was
 *  stopped takes none of it. */
export function timeOf(speech, now, warnS) {
  const since = (moment) => Math.max(0, (now - Date.parse(moment)) / 1000);
  const spoken = since(speech.began_at);
  const stopped = speech.paused_s + (speech.paused_at ? since(speech.paused_at) : 0);
  const left = speech.limit_s - Math.max(0, spoken - stopped);
  return { spoken, left, tone: left <= 0 ? "over" : left <= warnS ? "warn" : "ok" };
}

/** A speech as rows show it. */
export function asRow(speech, extra = {}) {
  return { ...speech, from: speech.club || speech.role, word: words.kinds[speech.kind] ?? "", note: "", ...extra };
}

// Events: "change" (rows), "guess", "spoken" (detail: a speech that has ended), "tone" (detail: ok, warn, over).
class Debate extends EventTarget {
  sessionId = facts.session;
  warnS = facts.warn_s;
  extendS = facts.extend_s;
  guess = facts.view.guess;
  state = "";
  #rows = new Map();
  #ahead = 0; // how far the server's clock is ahead of ours, ms

  constructor() {
    super();
    this.#start(facts.view);
    if (facts.state !== "ended") {
      this.live = connect();
      this.live.join(`council/session/${this.sessionId}/debate${facts.inside ? "/inside" : ""}`, {
        snapshot: (view) => this.#start(view),
        event: (event) => this.#happened(event),
        state: (state) => (this.state = state),
      });
    }
  }

  get base() {
    return `/api/council/sessions/${this.sessionId}`;
  }

  now() {
    return Date.now() + this.#ahead;
  }

  get speaking() {
    return [...this.#rows.values()].find((one) => one.state === "speaking") ?? null;
  }

  get waiting() {
    return [...this.#rows.values()].filter((one) => one.state === "waiting").sort((one, other) => one.place - other.place || one.id - other.id);
  }

  /** An answer of the server: the same row as the event that is on its way. */
  take(...speeches) {
    const ended = [];
    for (const speech of speeches) {
      const before = this.#rows.get(speech.id);
      if (newer(this.#rows, speech) && speech.state === "spoken" && before?.state !== "spoken") ended.push(speech);
    }
    this.dispatchEvent(new Event("change"));
    for (const speech of ended) this.dispatchEvent(new CustomEvent("spoken", { detail: speech }));
  }

  #start(view) {
    this.#ahead = Date.parse(view.now) - Date.now();
    const open = new Set(view.speeches.map((one) => one.id));
    for (const [id, one] of this.#rows) if (!open.has(id) && one.state !== "spoken") this.#rows.delete(id);
    this.#learn(view.guess);
    this.take(...view.speeches);
  }

  #happened(event) {
    if (event.type === "SpeechChanged") this.take(event.speech);
    if (event.type === "QueueOrdered") this.take(...event.speeches);
    if (event.type === "TimesGuessed") this.#learn(event.guess);
  }

  #learn(guess) {
    if (this.guess && Date.parse(guess.made_at) < Date.parse(this.guess.made_at)) return;
    this.guess = guess;
    this.dispatchEvent(new Event("guess"));
  }
}

export const debate = new Debate();

// Everything on the page that shows who speaks.
let tone = "ok";
function drawTalk() {
  const { speaking } = debate;
  const time = speaking ? timeOf(speaking, debate.now(), debate.warnS) : null;
  for (const element of document.querySelectorAll("[data-talk]")) {
    element.dataset.state = speaking ? "speaking" : "idle";
    element.dataset.tone = time?.tone ?? "ok";
    for (const part of element.querySelectorAll("[data-talk-now]")) part.hidden = !speaking;
    element.querySelector("[data-talk-idle]").hidden = speaking !== null;
    if (!speaking) continue;
    const up = element.dataset.count === "up";
    put(element, "name", speaking.speaker);
    put(element, "from", speaking.club || speaking.role);
    put(element, "kind", words.kinds[speaking.kind] ?? "");
    element.querySelector("[data-talk-kind]").hidden = !["reply", "motion"].includes(speaking.kind);
    put(element, "clock", up ? clockOf(time.spoken) : time.left < 0 ? `−${clockOf(-time.left)}` : clockOf(Math.ceil(time.left)));
    put(element, "word", up ? "" : speaking.paused_at ? words.paused : { ok: "", warn: words.soon, over: words.over }[time.tone]);
  }
  if ((time?.tone ?? "ok") === tone) return;
  tone = time?.tone ?? "ok";
  debate.dispatchEvent(new CustomEvent("tone", { detail: tone }));
}

function put(element, name, text) {
  const part = element.querySelector(`[data-talk-${name}]`);
  if (part.textContent !== text) part.textContent = text;
}

// Lists of who waits. A row says for which item the floor was asked when that is not the one being debated.
let currentItem = null;
let numbers = new Map();
function drawQueues() {
  const rows = debate.waiting.map((speech, index) => asRow(speech, { place: index + 1, note: noteOf(speech), state: undefined }));
  for (const element of document.querySelectorAll("[data-queue]")) {
    const list = element.querySelector("[data-queue-list]");
    if (list.dataset.sorting) continue; // somebody has a row in the hand
    redraw(list, element.querySelector("template"), rows);
    for (const row of rows) fill(list.querySelector(`:scope > [data-id="${row.id}"]`), row);
    element.querySelector("[data-queue-empty]").hidden = rows.length > 0;
  }
  for (const badge of document.querySelectorAll("[data-queue-count]")) badge.textContent = rows.length;
}

function noteOf(speech) {
  if (speech.item_id === null || currentItem === null || speech.item_id === currentItem) return "";
  return numbers.has(speech.item_id) ? words.forItem.replace("%", numbers.get(speech.item_id)) : "";
}

let items = [];
function tellItems() {
  numbers = new Map(items.map((item) => [item.id, item.number]));
  currentItem = items.find((item) => item.state === "current")?.id ?? null;
  drawQueues();
  debate.dispatchEvent(new CustomEvent("items", { detail: items }));
}

debate.live?.join(`council/session/${debate.sessionId}`, {
  snapshot: (view) => {
    items = view.items;
    tellItems();
  },
  event: (event) => {
    if (event.type === "AgendaReplaced") items = event.items;
    else if (event.type === "AgendaItemChanged") {
      const place = items.findIndex((one) => one.id === event.item.id);
      if (place < 0) items = [...items, event.item].sort((one, other) => one.position - other.position);
      else if (items[place].rev <= event.item.rev) items[place] = event.item;
    } else return;
    tellItems();
  },
});

debate.addEventListener("change", () => {
  drawTalk();
  drawQueues();
});
setInterval(drawTalk, TICK_MS);
drawTalk();
drawQueues();
