// A session's page: the picture, the agenda that moves, the chat; then the recording with its chapters.

import { connect } from "./live.js";
import { call } from "./api.js";
import { Player } from "./council-player.js";
import { fill, redraw, upsert } from "./rows.js";
import { Chat } from "./council-chat.js";

const root = document.querySelector("[data-session]");
const texts = root.dataset;
const sessionId = Number(root.dataset.session);
let state = root.dataset.state;
let revision = Number(root.dataset.rev);

const player = setUpPlayer();
const agenda = root.querySelector("[data-agenda]");
const agendaRow = document.querySelector("#agenda-row");
const viewers = root.querySelector("[data-viewers]");
const now = root.querySelector("[data-now]");

function setUpPlayer() {
  const video = root.querySelector("video");
  if (!video) return null;
  const veil = root.querySelector("[data-veil]");
  const made = new Player(video, {
    status: (word) => {
      veil.hidden = word === "playing" || word === "paused";
      veil.querySelector("[data-veil-text]").textContent = word === "stalled" ? texts.stalled : texts.waiting;
    },
  });
  if (root.dataset.source) made.load(root.dataset.source, { live: state === "live" });
  return made;
}

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
  if (session.state === state) return;
  // what the page consists of differs in each state: the server draws it; a text that was being written is kept there
  state = session.state;
  chat?.keepDraft();
  location.reload();
}

function eventHappened(event) {
  if (event.type === "SessionChanged") changed(event.session);
  if (event.type === "AgendaItemChanged") {
    const { element } = upsert(agenda, agendaRow, event.item);
    flash(element);
    showNow(rowsOf());
  }
  if (event.type === "AgendaReplaced") {
    redraw(agenda, agendaRow, event.items);
    showNow(event.items);
  }
}

const chat = root.querySelector("[data-chat]") ? new Chat(root.querySelector("[data-chat]"), sessionId) : null;

if (state !== "ended") {
  const live = connect();
  live.join(`council/session/${sessionId}`, {
    snapshot: (view) => {
      changed(view.session);
      redraw(agenda, agendaRow, view.items);
      showNow(view.items);
    },
    event: eventHappened,
    presence: (count) => {
      if (viewers) {
        viewers.textContent = new Intl.NumberFormat(document.documentElement.lang).format(count);
        viewers.closest("[hidden]")?.removeAttribute("hidden");
      }
    },
  });
  chat?.join(live);
} else {
  setUpChapters();
}

// The archive: press an item to jump to its moment; the one being played is marked.
function setUpChapters() {
  const video = root.querySelector("video");
  const buttons = [...root.querySelectorAll("[data-position]")];
  const marks = buttons.map((button) => Number(button.dataset.position));
  for (const button of buttons) {
    button.addEventListener("click", () => {
      player.seek(Number(button.dataset.position));
      video.focus({ preventScroll: true });
      history.replaceState(null, "", `#t=${Math.round(Number(button.dataset.position))}`);
    });
  }
  if (!video) return;
  const wanted = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (wanted) video.addEventListener("loadedmetadata", () => player.seek(Number(wanted[1])), { once: true });
  video.addEventListener("timeupdate", () => {
    let index = -1;
    for (let at = 0; at < marks.length; at += 1) if (marks[at] <= video.currentTime + 0.05) index = at;
    buttons.forEach((button, at) => {
      if (at === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  });
}

export { call, player };
