// The studio: this computer's camera, screen and microphone as the session's picture and sound.

import { call } from "./api.js";
import { connect } from "./live.js";
import { connected, NONE, pictureOf, SCREEN, soundOf } from "./studio/devices.js";
import { LevelMeter } from "./studio/level-meter.js";
import { Sender } from "./studio/sender.js";

const root = document.querySelector("[data-studio]");
const words = JSON.parse(document.getElementById("studio-words").textContent);
const sessionId = Number(root.dataset.studio);
const keysPath = root.dataset.keys || `/api/council/sessions/${sessionId}/keys`;
const part = (name) => root.querySelector(`[data-${name}]`);
const [camera, microphone, size, slot] = ["camera", "microphone", "size", "slot"].map((name) => root.querySelector(`select[name=${name}]`));
const preview = part("preview");
const startButton = part("start");
const stopButton = part("stop");

const sender = new Sender(root.dataset.whip);
const meter = new LevelMeter(showLevel);
let tracks = { video: null, audio: null };
let key = null;
let silentSince = performance.now();

function complain(text) {
  part("problem").textContent = text;
  part("problem").hidden = !text;
}

function tell(name, text) {
  root.dataset.state = name;
  part("state").textContent = text;
}

// devices

async function listDevices() {
  const { cameras, microphones } = await connected();
  offer(camera, cameras, words.camera, [[SCREEN, words.screen], [NONE, words.noPicture]]);
  offer(microphone, microphones, words.microphone, [[NONE, words.noSound]]);
}

function offer(select, devices, word, more) {
  const kept = select.value;
  const choices = [...devices.map((one, index) => [one.id, one.label || `${word} ${index + 1}`]), ...more];
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  if (choices.some(([value]) => value === kept)) select.value = kept;
}

async function take(kind) {
  complain("");
  const picture = kind === "video";
  let track = null;
  try {
    track = picture ? await pictureOf(camera.value, size.value) : await soundOf(microphone.value);
  } catch (problem) {
    complain(wordsFor(problem, picture));
    if (problem.name === "NotAllowedError" && picture && camera.value === SCREEN) return;
  }
  tracks[kind]?.stop();
  tracks[kind] = track;
  track?.addEventListener("ended", () => tracks[kind] === track && lost(kind));
  show();
  await sender.replace(kind, track);
}

function lost(kind) {
  tracks[kind] = null;
  complain(kind === "video" ? words.pictureGone : words.soundGone);
  show();
}

function wordsFor(problem, picture) {
  const said = {
    NotAllowedError: words.denied,
    NotFoundError: picture ? words.noCamera : words.noMicrophone,
    OverconstrainedError: picture ? words.noCamera : words.noMicrophone,
    NotReadableError: words.busy,
    AbortError: words.busy,
  };
  return said[problem.name] ?? problem.message;
}

function show() {
  const present = Object.values(tracks).filter(Boolean);
  preview.srcObject = tracks.video ? new MediaStream([tracks.video]) : null;
  part("no-picture").hidden = tracks.video !== null;
  meter.listen(tracks.audio);
  startButton.disabled = present.length === 0;
}

function showLevel(dbfs) {
  const bar = part("level");
  bar.value = dbfs;
  if (dbfs > -50) silentSince = performance.now();
  const silent = performance.now() - silentSince > 4000;
  const text = !tracks.audio ? words.noSound : dbfs > -1 ? words.tooLoud : silent ? words.silent : dbfs < -35 ? words.quiet : words.good;
  if (part("level-text").textContent !== text) part("level-text").textContent = text;
}

async function begin() {
  if (!navigator.mediaDevices) {
    complain(words.insecure);
    return;
  }
  part("allow").disabled = true;
  await listDevices(); // before the permission: how many; after it: their names
  await take("video");
  await take("audio");
  await listDevices();
  for (const [select, track] of [[camera, tracks.video], [microphone, tracks.audio]]) {
    const id = track?.getSettings().deviceId;
    if (id && [...select.options].some((option) => option.value === id)) select.value = id;
  }
  part("allow").disabled = false;
  const any = tracks.video || tracks.audio;
  part("before").hidden = Boolean(any);
  part("choices").hidden = !any;
}

part("allow").addEventListener("click", begin);
camera.addEventListener("change", () => take("video"));
size.addEventListener("change", () => take("video"));
microphone.addEventListener("change", () => take("audio"));
navigator.mediaDevices?.addEventListener("devicechange", listDevices);

// sending

async function start() {
  complain("");
  startButton.disabled = true;
  try {
    key = await call("POST", keysPath, { label: words.keyLabel, slot: slot.value });
  } catch (problem) {
    complain(problem.status ? problem.message : words.offline);
    startButton.disabled = false;
    return;
  }
  await sender.start(tracks, { token: key.key, height: Number(size.value) });
}

// The key lives as long as the sending: who finds it later can do nothing with it.
function giveKeyBack() {
  if (!key) return;
  fetch(`${keysPath}/${key.id}`, { method: "DELETE", keepalive: true, headers: { Accept: "application/json" } }).catch(() => {
    // without a network it stays valid: the desk lists it, and it can be revoked there
  });
  key = null;
}

function stop() {
  sender.stop();
  giveKeyBack();
}

sender.addEventListener("state", ({ detail }) => {
  const sending = sender.running;
  startButton.hidden = sending;
  stopButton.hidden = !sending;
  size.disabled = slot.disabled = sending;
  tell(detail.name, words.states[detail.name]);
  if (detail.name === "refused") {
    giveKeyBack();
    startButton.disabled = false;
    complain(words.refused[detail.status] ?? detail.text ?? words.refused.other);
  } else if (detail.name === "reconnecting" && detail.status === 409) complain(words.refused[409]);
  else if (detail.name === "sending" || detail.name === "stopped") {
    complain("");
    startButton.disabled = !tracks.video && !tracks.audio;
  }
});

startButton.addEventListener("click", start);
stopButton.addEventListener("click", stop);
addEventListener("pagehide", stop);
addEventListener("beforeunload", (event) => {
  if (sender.running) event.preventDefault();
});

// whether residents see it

function showOnAir(session) {
  root.dataset.session = session.state;
  part("on-air").hidden = session.state !== "live";
  part("rehearsal").hidden = session.state !== "planned";
  if (session.state === "ended") stop();
  part("ended").hidden = session.state !== "ended";
}

if (root.dataset.meeting) {
  const handId = Number(root.dataset.hand || 0);
  const show = (hand) => {
    if (!handId || hand?.id !== handId) return;
    if (hand.state === "down") showOnAir({ state: "ended" });
    else showOnAir({ state: hand.state === "on_air" ? "live" : "planned" });
  };
  connect().join(`dialog/meeting/${root.dataset.meeting}`, {
    snapshot: (view) => (handId ? show(view.hands.find((hand) => hand.id === handId) ?? { id: handId, state: "down" }) : showOnAir(view.meeting)),
    event: (event) => (event.type === "HandChanged" ? show(event.hand) : event.type === "MeetingChanged" && (event.meeting.state === "ended" || !handId) && showOnAir(event.meeting)),
  });
} else {
  connect().join(`council/session/${sessionId}`, {
    snapshot: (view) => showOnAir(view.session),
    event: (event) => event.type === "SessionChanged" && showOnAir(event.session),
  });
}
tell("idle", words.states.idle);
if (navigator.permissions) {
  // who has allowed it before need not press once more
  Promise.all(["camera", "microphone"].map((name) => navigator.permissions.query({ name })))
    .then((found) => found.every((one) => one.state === "granted") && begin())
    .catch(() => {
      // browsers that do not know these permissions show the button
    });
}
