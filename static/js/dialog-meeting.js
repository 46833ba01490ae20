// A live meeting: questions, polls, raised hands and chat as they happen; then its replay. Residents and host share it.

import { call } from "./api.js";
import { connect } from "./live.js";
import { clone, fill, upsert } from "./rows.js";
import { Chat } from "./council-chat.js";
import { setUpTabs } from "./council-tabs.js";
import { mountPlayer } from "./player/mount.js";
import { setUpReplay } from "./dialog-meeting-replay.js";
import { Led } from "./dialog-meeting-slides.js";

const CALM_MS = 3000; // a list moves under nobody's finger: so long after the last touch it is put in order
const LONGEST_SPREAD_MS = 10_000;

const root = document.querySelector("[data-meeting]");
const facts = JSON.parse(document.getElementById("meeting-facts").textContent);
const words = JSON.parse(document.getElementById("meeting-words").textContent);
const blockId = Number(root.dataset.meeting);
const path = `/api/dialog/blocks/${blockId}/meeting`;
const host = "host" in root.dataset;
const { mine } = facts;
const part = (name) => root.querySelector(`[data-${name}]`);
const template = (name) => document.getElementById(name);
const questions = new Map(facts.view.questions.map((one) => [one.id, one]));
const polls = new Map(facts.view.polls.map((one) => [one.id, one]));
const hands = new Map(facts.view.hands.map((one) => [one.id, one]));
let watching = 0;

const nameOf = (author) => (author ? author.name || words.names[author.shown] || "" : "");
const named = (row) => ({ ...row, author_name: nameOf(row.author) });
const announce = (text) => (part("announce").textContent = text);

export function complain(element, text) {
  if (!element) return;
  element.textContent = text;
  element.hidden = !text;
}

export async function attempt(act, problemElement) {
  complain(problemElement, "");
  try {
    return await act();
  } catch (problem) {
    complain(problemElement, problem.status ? problem.message : words.offline);
    return null;
  }
}

// questions

const list = part("questions");
const RANK = { current: 0, waiting: 1, answered: 2, dismissed: 3 };
let touchedAt = -CALM_MS;
let sortTimer = 0;

function ordered() {
  return [...questions.values()].sort((one, other) => RANK[one.state] - RANK[other.state] || other.votes - one.votes || one.id - other.id);
}

function busy() {
  const inside = list.contains(document.activeElement) && !document.activeElement.matches("[data-vote]");
  return inside || list.matches(":hover") || performance.now() - touchedAt < CALM_MS;
}

function sortSoon() {
  clearTimeout(sortTimer);
  if (busy()) sortTimer = setTimeout(sortSoon, 500);
  else for (const one of ordered()) list.append(list.querySelector(`:scope > [data-id="${one.id}"]`));
}
for (const name of ["pointerdown", "pointermove", "keydown"]) list.addEventListener(name, () => (touchedAt = performance.now()), { passive: true });

function showQuestion(one) {
  const known = questions.get(one.id);
  if (known && known.rev > one.rev) return;
  questions.set(one.id, one);
  const { element, added } = upsert(list, template("question-row"), named(one));
  if (added) element.id = `question-${one.id}`;
  element.querySelector("[data-vote]")?.setAttribute("aria-pressed", String(mine.votes.includes(one.id)));
  list.parentElement.querySelector("[data-none]").hidden = true;
  if (added && host) announce(words.asked.replace("%", one.text));
  sortSoon();
}

list.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-vote]");
  if (!button) return;
  const id = Number(button.closest("[data-id]").dataset.id);
  const up = !mine.votes.includes(id);
  mine.votes = up ? [...mine.votes, id] : mine.votes.filter((one) => one !== id);
  button.setAttribute("aria-pressed", String(up));
  const row = await attempt(() => call("POST", `${path}/questions/${id}/vote`, { up }), part("ask")?.querySelector("[data-problem]"));
  if (row) showQuestion(row);
  else {
    mine.votes = up ? mine.votes.filter((one) => one !== id) : [...mine.votes, id];
    button.setAttribute("aria-pressed", String(!up));
  }
});

part("ask")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { text } = form.elements;
  form.querySelector("[data-said]").textContent = "";
  const row = await attempt(() => call("POST", `${path}/questions`, { text: text.value }), form.querySelector("[data-problem]"));
  text.toggleAttribute("aria-invalid", !row);
  if (!row) return;
  text.value = "";
  text.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("[data-said]").textContent = words.sent;
  showQuestion(row);
});

// polls

const pollList = part("polls");

function showPoll(one) {
  const known = polls.get(one.id);
  if (known && known.rev > one.rev) return;
  polls.set(one.id, one);
  const { element, added } = upsert(pollList, template("poll-row"), one);
  if (added) element.id = `poll-${one.id}`;
  drawPoll(element, one);
  pollList.parentElement.querySelector("[data-none]").hidden = true;
  if (one.state === "open" && known?.state !== "open") announce(words.polled.replace("%", one.text));
}

function drawPoll(element, one) {
  const options = element.querySelector("[data-options]");
  if (options && options.children.length === 0) {
    one.options.forEach((text, at) => {
      const row = clone(template(one.several ? "option-several" : "option-one"), { id: at, rev: 1 });
      row.querySelector("[data-option]").textContent = text; // not by name: the card's own row fills what has one
      const input = row.querySelector("input");
      input.name = `poll-${one.id}`;
      input.value = at;
      input.checked = (mine.answers[one.id] ?? []).includes(at);
      options.append(row);
    });
  }
  const prepared = element.querySelector("[data-list]");
  if (prepared && prepared.children.length === 0) for (const text of one.options) prepared.append(Object.assign(document.createElement("li"), { textContent: text }));
  element.querySelector("[data-results]").hidden = one.counts === null;
  element.querySelector("[data-waits]").hidden = one.counts !== null || one.state !== "open";
  const counts = element.querySelector("[data-counts]");
  (one.counts ?? []).forEach((count, at) => {
    const share = one.voters ? Math.round((100 * count) / one.voters) : 0;
    upsert(counts, template("result-row"), { id: at, rev: one.rev, option: one.options[at], count, share, percent: share });
  });
}

pollList.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const id = Number(form.closest("[data-id]").dataset.id);
  const said = form.querySelector("[data-said]");
  const choices = [...form.querySelectorAll("input:checked")].map((input) => Number(input.value));
  if (choices.length === 0) {
    said.textContent = words.choose;
    return;
  }
  try {
    const row = await call("POST", `${path}/polls/${id}/answer`, { choices });
    mine.answers[id] = choices;
    said.textContent = words.answered;
    showPoll(row);
  } catch (problem) {
    said.textContent = problem.status ? problem.message : words.offline;
  }
});

// raised hands

const handList = part("hands-list");
const handForm = part("hand");

function showHand(one) {
  const known = hands.get(one.id);
  if (known && known.rev > one.rev) return;
  if (one.state === "down") {
    hands.delete(one.id);
    handList?.querySelector(`:scope > [data-id="${one.id}"]`)?.remove();
  } else {
    hands.set(one.id, one);
    if (handList) upsert(handList, template("hand-row"), named(one));
  }
  if (handList) handList.parentElement.querySelector("[data-none]").hidden = hands.size > 0;
  showOwnHand();
}

function showOwnHand() {
  const own = hands.get(mine.hand);
  const invited = Boolean(own) && own.state !== "up";
  if (part("invited") && part("invited").hidden === invited) {
    part("invited").hidden = !invited;
    if (invited) announce(words.invited);
  }
  if (!handForm) return;
  for (const name of ["hand-down", "raise"]) part(name).hidden = Boolean(own);
  part("lower").hidden = !own;
  const waiting = [...hands.keys()].sort((one, other) => one - other);
  const text = !own ? "" : own.state === "on_air" ? words.handAir : words.handUp.replace("%", waiting.indexOf(own.id) + 1);
  handForm.querySelector("[data-said]").textContent = text;
}

handForm?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const row = await attempt(() => call("POST", `${path}/hand`, { about: handForm.elements.about.value }), handForm.querySelector("[data-problem]"));
  if (!row) return;
  mine.hand = row.id;
  handForm.elements.about.value = "";
  showHand(row);
});
part("lower")?.addEventListener("click", async () => {
  const row = await attempt(() => call("DELETE", `${path}/hand`), handForm.querySelector("[data-problem]"));
  if (row) showHand(row);
});

// the meeting itself

function changed(meeting) {
  if (meeting.rev <= Number(root.dataset.rev) || meeting.state === root.dataset.state) return;
  root.dataset.rev = meeting.rev;
  const text = meeting.state === "live" ? words.begun : words.ended;
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind: "info" } }));
  // drawn anew by the server; a crowd does not ask for it in one moment
  setTimeout(() => {
    chat?.keepDraft();
    location.reload();
  }, host ? 0 : Math.random() * Math.min(LONGEST_SPREAD_MS, watching * 10));
}

const SHOW = { QuestionChanged: (event) => showQuestion(event.question), PollChanged: (event) => showPoll(event.poll), HandChanged: (event) => showHand(event.hand), SlidesChanged: (event) => led?.changed(event.slides), MeetingChanged: (event) => changed(event.meeting) };
const chatElement = part("chat");
const chat = chatElement ? new Chat(chatElement, blockId, { path, room: `dialog/meeting/${blockId}/chat`, row: (one) => ({ ...one, author: nameOf(one.author), state: one.hidden ? "hidden" : "shown" }) }) : null;
for (const one of polls.values()) drawPoll(pollList.querySelector(`:scope > [data-id="${one.id}"]`), one);
showOwnHand();
const slidesRoot = part("slides");
const led = slidesRoot ? new Led(slidesRoot, { path, host, announce, own: () => mine.hand }) : null;
const tabsRoot = part("tabs");
const tabs = tabsRoot ? setUpTabs(tabsRoot) : null;
const playerRoot = part("player");
const player = playerRoot ? mountPlayer(playerRoot, { refetch: learn }) : null;

// The recording's first seconds are on the disk a little later than they are shown.
async function learn() {
  const timeline = await call("GET", `${path}/timeline`).catch(() => null);
  if (timeline) player.playback.learn({ spans: timeline.spans, chapters: [] });
}

if (root.dataset.state !== "ended") {
  const live = connect();
  live.join(`dialog/meeting/${blockId}`, {
    snapshot: (view) => {
      changed(view.meeting);
      view.questions.forEach(showQuestion);
      view.polls.forEach(showPoll);
      for (const id of [...hands.keys()]) if (!view.hands.some((one) => one.id === id)) showHand({ ...hands.get(id), state: "down" });
      view.hands.forEach(showHand);
      led?.changed(view.slides);
    },
    event: (event) => SHOW[event.type]?.(event),
    presence: (count) => {
      watching = count;
      const element = part("viewers");
      if (!element) return;
      element.textContent = new Intl.NumberFormat(document.documentElement.lang).format(count);
      element.closest("[hidden]")?.removeAttribute("hidden");
    },
  });
  chat?.join(live);
  led?.changed(facts.view.slides);
} else if (facts.timeline) setUpReplay(root, player, facts.timeline, led);

export { call, fill, hands, led, ordered, part, path, polls, root, showHand, showPoll, showQuestion, words };
