// The debate as residents follow it: the name at the picture's edge for the moment that is on screen, the list of
// speeches, and guesses of when an item begins.

import { debate, asRow, clockOf } from "./council-debate.js";
import { player } from "./council-session.js";
import { call } from "./api.js";
import { clockText, upsert } from "./rows.js";

const root = document.querySelector("[data-session]");

// the list of speeches; its rows know from when to when
const speeches = root.querySelector("[data-speeches]");
const speechRow = document.getElementById("speech-row");
debate.addEventListener("spoken", ({ detail }) => {
  if (!speeches) return;
  const length = clockOf((Date.parse(detail.ended_at) - Date.parse(detail.began_at)) / 1000);
  const { element } = upsert(speeches, speechRow, asRow(detail, { length, state: undefined }));
  element.dataset.began = detail.began_at;
  element.dataset.ended = detail.ended_at;
  root.querySelector("[data-speeches-empty]")?.setAttribute("hidden", "");
});
speeches?.addEventListener("click", (event) => {
  const row = event.target.closest("[data-speech-jump]")?.closest("[data-id]");
  const position = row && player?.playback.timeline.positionAt(Date.parse(row.dataset.began));
  if (position === null || position === undefined || !player) return;
  player.seek(position);
});

function spokenAt(moment) {
  const row = [...(speeches?.children ?? [])].find((one) => Date.parse(one.dataset.began) <= moment && moment < Date.parse(one.dataset.ended));
  if (row) return { speaker: textOf(row, "speaker"), from: textOf(row, "from"), row };
  const { speaking } = debate;
  if (speaking && Date.parse(speaking.began_at) <= moment) return { speaker: speaking.speaker, from: speaking.club || speaking.role };
  return null;
}

function textOf(row, name) {
  return row.querySelector(`[data-text=${name}]`).textContent;
}

// The name lies over the picture as text: it is read by programs, follows the text size, and can be copied. A viewer who
// went back sees who spoke then.
const layer = root.querySelector(".player-layer");
const label = layer && document.getElementById("picture-name").content.firstElementChild.cloneNode(true);
if (layer) {
  layer.append(label);
  player.playback.addEventListener("time", showName);
  debate.addEventListener("change", showName);
  setInterval(showName, 1000);
}

function showName() {
  const { playback } = player;
  const position = playback.position ?? 0;
  const moment = playback.atEdge ? debate.now() : playback.timeline.momentAt(position);
  const found = moment === null ? null : spokenAt(moment);
  label.hidden = !found;
  put(label.querySelector(".picture-speaker"), found?.speaker ?? "");
  put(label.querySelector(".picture-from"), found?.from ?? "");
  for (const row of speeches?.children ?? []) row.classList.toggle("is-playing", !playback.atEdge && row === found?.row);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Without the picture: a journal, newest first.
const journal = root.querySelector("[data-journal]");
const journalRow = document.getElementById("journal-row");

function note(row) {
  const { added } = upsert(journal, journalRow, row, { before: journal.firstElementChild });
  if (added) root.querySelector("[data-journal-empty]").hidden = true;
}

function noteSpeech() {
  const { speaking } = debate;
  if (speaking) note({ id: `speech-${speaking.id}`, rev: speaking.rev, state: "speech", at: speaking.began_at, name: speaking.speaker, from: speaking.club || speaking.role });
}

if (journal) {
  debate.addEventListener("change", noteSpeech);
  debate.addEventListener("items", ({ detail }) => {
    const current = detail.find((item) => item.state === "current");
    if (current) note({ id: `item-${current.id}`, rev: current.rev, state: "item", at: current.began_at, name: `${current.number}. ${current.title}`, from: "" });
  });
}

// Guesses. The server makes them when an item begins; as long as it lasts longer than that, all are moved on.
const agenda = root.querySelector("[data-agenda]");
const STEP_MS = 5 * 60_000;

function drawGuesses() {
  if (!agenda) return;
  const { guess } = debate;
  const times = new Map(guess.times.map((one) => [one.item_id, Date.parse(one.begins_at)]));
  const first = Math.min(...times.values());
  const late = Math.max(0, Math.ceil((debate.now() + 60_000 - first) / STEP_MS) * STEP_MS);
  for (const row of agenda.children) {
    const part = row.querySelector("[data-guess]");
    if (!part) continue;
    const at = times.get(Number(row.dataset.id));
    const text = at === undefined || row.dataset.state !== "waiting" ? "" : `~${clockText(new Date(at + late).toISOString())}`;
    put(part, text);
  }
}

debate.addEventListener("guess", drawGuesses);
setInterval(drawGuesses, 30_000);
let shown = "";
debate.addEventListener("items", ({ detail }) => {
  const now = detail.map((item) => item.id).join();
  if (shown && now !== shown) setTimeout(askGuess, Math.random() * 8000); // the agenda was rewritten: everybody asks, not at once
  shown = now;
  queueMicrotask(drawGuesses); // after the page has drawn its rows
});

async function askGuess() {
  try {
    debate.guess = await call("GET", `${debate.base}/times`);
    drawGuesses();
  } catch {
    // the next item brings new guesses
  }
}
drawGuesses();
if (agenda && document.getElementById("bell-dialog")) import("./council-bell.js").catch(reportError);
