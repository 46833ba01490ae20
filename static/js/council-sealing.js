// Breaks and closed parts on every page of a session: the strip that says until when, and the marks on the time bar.
//
// Other scripts import `intervals` and hear of "change".

import { connect, newer } from "./live.js";

const TICK_MS = 500;
const MOMENTS_AGAIN_MS = 15_000;

export const facts = JSON.parse(document.getElementById("sealing-facts").textContent);
export const words = JSON.parse(document.getElementById("sealing-words").textContent);

const zone = document.documentElement.dataset.timeZone || undefined;
const language = document.documentElement.lang || "pl";
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: zone });

export function clockText(moment) {
  return clock.format(new Date(moment));
}

/** 75 → "1:15", 3675 → "1:01:15". */
export function lengthOf(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// Events: "change". The server's clock counts: a wrong one in the chamber changes nothing.
class Intervals extends EventTarget {
  rows = new Map();
  #ahead = 0;

  constructor() {
    super();
    this.#start(facts.view);
    if (facts.state !== "live") return;
    connect().join(`council/session/${facts.session}/sealing`, {
      snapshot: (view) => this.#start(view),
      event: (event) => event.type === "IntervalChanged" && newer(this.rows, event.interval) && this.#changed(),
    });
  }

  get now() {
    return Date.now() + this.#ahead;
  }

  get standing() {
    return [...this.rows.values()].find((one) => one.ended_at === null) ?? null;
  }

  #start(view) {
    this.#ahead = Date.parse(view.now) - Date.now();
    for (const row of view.intervals) newer(this.rows, row);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

export const intervals = new Intervals();

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function timeText(row) {
  if (row.kind === "closed") return "";
  if (!row.resumes_at) return words.open;
  const left = (Date.parse(row.resumes_at) - intervals.now) / 1000;
  if (left <= 0) return words.soon.replace("%1", clockText(row.resumes_at));
  return words.until.replace("%1", clockText(row.resumes_at)).replace("%2", lengthOf(left));
}

function draw() {
  const row = intervals.standing;
  document.documentElement.dataset.standing = row?.kind ?? "";
  for (const strip of document.querySelectorAll("[data-interval]")) {
    strip.hidden = !row;
    if (!row) continue;
    strip.dataset.kind = row.kind;
    put(strip.querySelector("[data-interval-name]"), words[row.kind]);
    const time = strip.querySelector("[data-interval-time]");
    // seconds that run are for eyes; a screen reader hears of a change of the announced time alone
    time.setAttribute("aria-hidden", "true");
    put(time, timeText(row));
    const note = strip.querySelector("[data-interval-note]");
    put(note, row.note || row.legal_basis);
    note.hidden = !note.textContent;
  }
}

intervals.addEventListener("change", draw);
draw();
setInterval(() => intervals.standing?.resumes_at && draw(), TICK_MS);

// marks on the time bar

let moments = facts.moments;

function labelOf(moment) {
  const title = moment.detail ? `${moment.title} (${moment.detail})` : moment.title;
  return title ? `${words[moment.kind]}: ${title}` : words[moment.kind];
}

/** Moments with their place in the recording, as the player's bar draws them. */
export function placed(all, timeline) {
  if (!timeline.known) return [];
  const place = ({ kind, began_at: at }) => timeline[["break", "closed"].includes(kind) ? "lastBefore" : "positionAt"](Date.parse(at));
  return all
    .map((one) => ({ kind: one.kind, label: labelOf(one), position_s: place(one) ?? 0 }))
    .sort((one, other) => one.position_s - other.position_s);
}

function follow(player) {
  const show = () => player.setMoments(placed(moments, player.playback.timeline));
  show();
  let known = player.playback.timeline;
  player.playback.addEventListener("change", () => {
    if (player.playback.timeline === known) return;
    known = player.playback.timeline;
    show();
  });
  if (facts.state !== "live") return;
  const again = async () => {
    try {
      const answer = await fetch(`/api/council/sessions/${facts.session}/moments`, { headers: { Accept: "application/json" } });
      if (answer.ok) {
        moments = (await answer.json()).moments;
        show();
      }
    } catch {
      // no connection: the next round asks again
    }
    setTimeout(again, MOMENTS_AGAIN_MS * (0.75 + Math.random() / 2));
  };
  setTimeout(again, MOMENTS_AGAIN_MS * Math.random());
}

const root = document.querySelector("[data-player]");
if (root?.player) follow(root.player);
else root?.addEventListener("gryf:player", ({ detail }) => follow(detail), { once: true });
