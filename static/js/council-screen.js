// A big screen: the picture within a second (WHEP), or by itself over HLS where that cannot be had; the item that is
// debated and the next one in huge type.

import { connect } from "./live.js";
import { RtcLink } from "./player/rtc-link.js";
import { Source } from "./player/source.js";

const AGAIN_MS = 2000; // a link that broke
const BETTER_AGAIN_MS = 60_000; // while HLS plays: perhaps the way is free now
const FIRST_FRAME_MS = 8000;

const root = document.querySelector("[data-screen]");
const words = JSON.parse(document.getElementById("screen-words").textContent);
const sessionId = Number(root.dataset.screen);
const video = root.querySelector("video");
const note = root.querySelector("[data-note]");
const soundButton = root.querySelector("[data-sound]");
let state = root.dataset.state;
let rows = [];
let link = null;
let timer = 0;
const source = new Source(video);

source.addEventListener("begun", play);
source.addEventListener("state", ({ detail }) => detail === "reconnecting" && say(words.reconnecting));
video.addEventListener("playing", () => say(""));
video.addEventListener("waiting", () => say(words.waiting));

function say(text) {
  note.textContent = text;
  note.hidden = !text;
}

async function play() {
  try {
    await video.play();
  } catch (problem) {
    if (problem.name !== "NotAllowedError") return;
    video.muted = true;
    soundButton.hidden = false;
    video.play().catch(() => say(words.press));
  }
}

soundButton.addEventListener("click", () => {
  video.muted = false;
  soundButton.hidden = true;
  play();
});

async function watchAtOnce() {
  clearTimeout(timer);
  link?.close();
  const made = new RtcLink();
  link = made;
  const stream = new MediaStream();
  const firstFrame = setTimeout(() => made === link && video.srcObject !== stream && fallBack(), FIRST_FRAME_MS);
  made.addEventListener("state", ({ detail }) => {
    if (made !== link) return;
    if (detail === "interrupted") say(words.reconnecting);
    if (detail === "lost") {
      clearTimeout(firstFrame);
      if (root.dataset.way === "webrtc") {
        root.dataset.way = "";
        timer = setTimeout(watchAtOnce, AGAIN_MS);
      } else fallBack();
    }
  });
  try {
    await made.open(root.dataset.whep, {
      prepare(connection) {
        connection.addTransceiver("video", { direction: "recvonly" });
        connection.addTransceiver("audio", { direction: "recvonly" });
        connection.addEventListener("track", ({ track, receiver }) => {
          receiver.jitterBufferTarget = 0;
          stream.addTrack(track);
          track.addEventListener("unmute", () => made === link && take(stream), { once: true });
        });
      },
    });
  } catch {
    clearTimeout(firstFrame);
    if (made === link) fallBack(); // no WHEP here, no room for another viewer, no network: HLS tells which
  }
}

function take(stream) {
  if (video.srcObject === stream) return;
  source.close();
  root.dataset.way = "webrtc";
  video.srcObject = stream;
  play();
}

function fallBack() {
  link?.close();
  link = null;
  if (state !== "live") return;
  timer = setTimeout(watchAtOnce, BETTER_AGAIN_MS);
  if (root.dataset.way === "hls") return;
  root.dataset.way = "hls";
  video.srcObject = null;
  source.open(root.dataset.live, { lowLatency: true, patient: true });
}

// the agenda

function showItems() {
  const place = rows.findIndex((row) => row.state === "current");
  const next = rows.slice(place + 1).find((row) => row.state === "waiting");
  showItem("now", place < 0 ? null : rows[place]);
  showItem("next", next);
}

function showItem(name, row) {
  const element = root.querySelector(`[data-item=${name}]`);
  element.hidden = !row;
  const text = row ? `${row.number}. ${row.title}` : "";
  const target = element.querySelector("[data-item-text]");
  if (target.textContent !== text) target.textContent = text;
}

function changed(session) {
  if (session.state !== state) location.reload();
}

connect().join(`council/session/${sessionId}`, {
  snapshot: (view) => {
    changed(view.session);
    rows = view.items;
    showItems();
  },
  event: (event) => {
    if (event.type === "SessionChanged") changed(event.session);
    if (event.type === "AgendaReplaced") rows = event.items;
    if (event.type === "AgendaItemChanged") {
      const place = rows.findIndex((row) => row.id === event.item.id);
      if (place >= 0 && rows[place].rev <= event.item.rev) rows[place] = event.item;
    }
    showItems();
  },
});

// the pointer is in the way of the picture
let stillTimer = 0;
document.addEventListener("pointermove", () => {
  root.classList.remove("is-still");
  clearTimeout(stillTimer);
  stillTimer = setTimeout(() => root.classList.add("is-still"), 3000);
});

if (state === "live") watchAtOnce();
