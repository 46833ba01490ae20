// A session's page: the picture, the agenda that moves, the chat; then the recording with its chapters.

import { connect } from "./live.js";
import { call } from "./api.js";
import { ArchiveAssets } from "./player/archive-assets.js";
import { mountPlayer } from "./player/mount.js";
import { shareButton } from "./player/share.js";
import { fill, redraw, upsert } from "./rows.js";
import { Chat } from "./council-chat.js";
import { setUpTabs } from "./council-tabs.js";

const SPREAD_MS = 10; // for each page that is open: about what it costs the server to draw one
const LONGEST_SPREAD_MS = 15_000;

const root = document.querySelector("[data-session]");
const words = JSON.parse(document.getElementById("session-words").textContent);
const sessionId = Number(root.dataset.session);
let state = root.dataset.state;
let revision = Number(root.dataset.rev);
let watching = 0;

const playerRoot = root.querySelector("[data-player]");
const player = playerRoot ? mountPlayer(playerRoot, { refetch: askTimelineSoon }) : null;
let marks = JSON.parse(document.getElementById("player-facts").textContent).chapters ?? [];
let timelineTimer = 0;
const agenda = root.querySelector("[data-agenda]");
const agendaRow = document.querySelector("#agenda-row");
const viewers = root.querySelector("[data-viewers]");
const tabs = setUpTabs(root.querySelector("[data-tabs]"));
const now = root.querySelector("[data-now]");

function showNow(items) {
  showCurrentRow();
  if (!now) return;
  const current = items.find((item) => item.state === "current");
  now.hidden = !current;
  if (current) fill(now, current);
}

// The list moves by itself only while nobody reads in it.
function showCurrentRow() {
  const scroller = agenda?.closest(".agenda-scroller");
  const row = agenda?.querySelector(":scope > [data-state=current]");
  if (!scroller || !row || scroller.matches(":hover, :focus-within")) return;
  scroller.scrollTop = row.offsetTop - scroller.offsetTop - scroller.clientHeight / 3;
}

function rowsOf() {
  return [...agenda.querySelectorAll(":scope > [data-id]")].map((element) => ({
    id: Number(element.dataset.id),
    state: element.dataset.state,
    number: element.querySelector("[data-text=number]").textContent,
    title: element.querySelector("[data-text=title]").textContent,
  }));
}

function flash(element) {
  element.classList.remove("row-changed");
  void element.offsetWidth; // restarts the animation
  element.classList.add("row-changed");
}

function changed(session) {
  if (session.rev < revision) return;
  revision = session.rev;
  if (session.chat_open) tabs.show("tab-chat", true);
  if (session.state === state) return;
  state = session.state;
  // told at once; drawn by the server, since what the page consists of differs in each state. A crowd does not ask for
  // it in one moment
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: words.states[state] ?? "", kind: "info" } }));
  setTimeout(drawAnew, Math.random() * Math.min(LONGEST_SPREAD_MS, watching * SPREAD_MS));
}

// A text that was being written is kept.
function drawAnew() {
  chat?.keepDraft();
  // whoever is watching an earlier moment goes on there in the recording
  const { playback } = player ?? {};
  if (playback && !playback.atEdge && playback.position) history.replaceState(null, "", `#t=${Math.floor(playback.position)}`);
  location.reload();
}

function eventHappened(event) {
  if (event.type === "SessionChanged") changed(event.session);
  if (event.type === "AgendaItemChanged") {
    const { element } = upsert(agenda, agendaRow, event.item);
    flash(element);
    showNow(rowsOf());
    if (event.item.state === "current") markAgain(event.item);
  }
  if (event.type === "AgendaReplaced") {
    redraw(agenda, agendaRow, event.items);
    showNow(event.items);
    markItems(event.items);
  }
}

showCurrentRow();
const chat = root.querySelector("[data-chat]") ? new Chat(root.querySelector("[data-chat]"), sessionId) : null;

if (state !== "ended") {
  const live = connect();
  live.join(`council/session/${sessionId}`, {
    snapshot: (view) => {
      changed(view.session);
      redraw(agenda, agendaRow, view.items);
      showNow(view.items);
      markItems(view.items);
    },
    event: eventHappened,
    presence: (count) => {
      watching = count;
      if (viewers) {
        viewers.textContent = new Intl.NumberFormat(document.documentElement.lang).format(count);
        viewers.closest("[hidden]")?.removeAttribute("hidden");
      }
    },
  });
  chat?.join(live);
}
if (player) {
  shareButton(root.querySelector("[data-share]"), player, words);
  if (state === "live") setUpLive();
  else setUpChapters();
}

// While live: an item that was begun is a way back to its moment, in the list and on the time bar.
function setUpLive() {
  agenda.addEventListener("click", (event) => {
    const row = event.target.closest("[data-jump]")?.closest("[data-id]");
    const mark = row && marks.find((one) => one.item_id === Number(row.dataset.id));
    if (mark) player.seek(mark.position_s);
  });
  if (!player.playback.timeline.known) askTimelineSoon();
  player.playback.addEventListener("time", showPlaying);
}

function showPlaying() {
  const playing = player.playback.atEdge ? null : player.chapter();
  for (const row of agenda.children) row.classList.toggle("is-playing", playing !== null && Number(row.dataset.id) === playing.item_id);
}

// A mark stands where the item began for the last time; what the server counted while the recording lagged is refined
// by the clock.
function markItems(items) {
  if (!player || state !== "live") return;
  for (const item of items) {
    if (!item.began_at || marks.some((mark) => mark.item_id === item.id)) continue;
    marks.push({ item_id: item.id, number: item.number, title: item.title, marked_at: item.began_at });
  }
  drawMarks();
}

function drawMarks() {
  const { timeline } = player.playback;
  for (const mark of marks) mark.position_s = timeline.positionAt(Date.parse(mark.marked_at)) ?? mark.position_s ?? 0;
  marks.sort((one, other) => one.position_s - other.position_s);
  player.setChapters(marks);
}

// The clerk has just moved to this item, for the first time or again.
function markAgain(item) {
  if (!player || state !== "live") return;
  const known = marks.some((mark) => mark.item_id === item.id);
  const edge = player.playback.timeline.momentAt(player.playback.end);
  const moment = known && edge !== null ? new Date(edge).toISOString() : item.began_at;
  marks.push({ item_id: item.id, number: item.number, title: item.title, marked_at: moment });
  drawMarks();
}

// The recording's first seconds are on the disk a little later; after a gap it is the same.
function askTimelineSoon() {
  clearTimeout(timelineTimer);
  timelineTimer = setTimeout(async () => {
    try {
      const facts = await call("GET", `/api/council/sessions/${sessionId}/chapters`);
      player.playback.learn(facts);
      marks = facts.chapters;
      drawMarks();
      if (facts.spans.length === 0) askTimelineSoon();
    } catch {
      askTimelineSoon();
    }
  }, 4000 + Math.random() * 4000);
}

// The archive: press an item to jump to its moment; the one being played is marked.
function setUpChapters() {
  const buttons = [...root.querySelectorAll("[data-position]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const position = Number(button.dataset.position);
      player.seek(position);
      history.replaceState(null, "", `#t=${Math.round(position)}`);
    });
  }
  const assets = new ArchiveAssets(root.querySelector("[data-downloads-panel]"), player, root.dataset.stream, words);
  assets.load(connect).catch(() => {
    // the recording plays all the same; the next visit shows what there is to download
  });
  player.playback.addEventListener("time", () => {
    const current = player.chapter();
    for (const button of buttons) {
      if (current && Number(button.dataset.item) === current.item_id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  });
}

export { call, player, tabs };
