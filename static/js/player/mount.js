// Puts a player together from its markup (the macro `player` of the council's templates).
//
//   const player = mountPlayer(document.querySelector("[data-player]"), {refetch});
//   player.seek(75); player.setChapters([...]); player.playback.addEventListener("change", …)

import { Bar } from "./bar.js";
import { Captions } from "./captions.js";
import { Keyboard } from "./keyboard.js";
import { rememberVolume } from "./memory.js";
import { Playback } from "./playback.js";
import { Preview } from "./preview.js";
import { rememberedHeight, SettingsMenu } from "./settings-menu.js";
import { Status } from "./status.js";
import { askedPosition, chapterAt } from "./timeline.js";
import { teachComponents } from "./words.js";

const SPOKEN_MS = 1500;

/** `root`: [data-player]; `refetch()`: called when the session's timeline should be asked for again. */
export function mountPlayer(root, { refetch = null, keys = true } = {}) {
  const texts = JSON.parse(document.getElementById("player-texts").textContent);
  const facts = JSON.parse(document.getElementById("player-facts").textContent);
  teachComponents(texts.components);
  import("../../vendor/media-chrome/index.js").catch(reportError);

  const video = root.querySelector("video");
  const asked = askedPosition(location.hash);
  const addresses = { live: root.dataset.live || "", recording: root.dataset.recording || "" };
  const volume = rememberVolume(video);
  const playback = new Playback(video, root.querySelector("[data-frame]"), {
    addresses,
    facts,
    refetch,
    autoplay: Boolean(addresses.live) || asked !== null,
    saveData: navigator.connection?.saveData === true,
  });
  const captions = new Captions(video);
  const preview = new Preview(root.querySelector("[data-preview]"), playback);
  if (facts.storyboard) preview.load(facts.storyboard);
  const bar = new Bar(root.querySelector("[data-timeline]"), playback, texts.words, preview);
  const status = new Status(root, playback, texts.words);
  const menu = new SettingsMenu(root, playback, texts.words, captions);
  const say = spoken(root.querySelector("[data-said]"));
  if (keys) new Keyboard({ root, playback, menu, captions, bar, words: texts.words, say });

  const draw = () => {
    const state = playback.state();
    root.dataset.mode = state.mode;
    root.dataset.audioOnly = state.audioOnly;
    root.querySelector("[data-audio-card]").hidden = !state.audioOnly;
    status.draw(state);
    bar.draw({ ...state, canSeek: playback.canSeek });
  };
  for (const name of ["change", "time"]) playback.addEventListener(name, draw);
  setInterval(() => addresses.live && draw(), 1000); // the end moves on while the video is paused

  playback.addEventListener("renditions", () => {
    const height = rememberedHeight(playback.pictures);
    if (height !== null && playback.height === null) playback.choose(height);
  }, { once: true });
  throughPlayback(root, playback);
  soundButton(root, playback, volume);
  captionsButton(root, captions);
  poster(root, playback, facts);
  bar.setChapters(facts.chapters ?? []);
  playback.start(asked);
  draw();
  addEventListener("hashchange", () => {
    const position = askedPosition(location.hash);
    if (position !== null) playback.seek(position, { play: true });
  });
  const player = {
    playback,
    preview,
    captions,
    bar,
    say,
    seek: (position) => playback.seek(position, { play: true }),
    setChapters: (chapters) => bar.setChapters(chapters),
    setMoments: (moments) => bar.setMoments(moments),
    chapter: () => chapterAt(bar.chapters, playback.position ?? 0),
  };
  root.player = player; // for scripts that come later
  root.dispatchEvent(new CustomEvent("gryf:player", { detail: player, bubbles: true }));
  return player;
}

// media-chrome would ask the video itself, which knows nothing of the recording behind it
function throughPlayback(root, playback) {
  for (const name of ["mediaplayrequest", "mediapauserequest"]) {
    root.addEventListener(name, (event) => {
      event.stopImmediatePropagation();
      playback.toggle();
    }, { capture: true });
  }
  root.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) playback.step(Number(step.dataset.step));
  });
}

function soundButton(root, playback, volume) {
  const button = root.querySelector("[data-unmute]");
  const { video } = playback;
  playback.addEventListener("muted", () => {
    volume.mutedByBrowser();
    button.hidden = false;
  });
  button.addEventListener("click", () => {
    video.muted = false;
    if (video.volume === 0) video.volume = 1;
    button.hidden = true;
  });
  video.addEventListener("volumechange", () => {
    if (!video.muted) button.hidden = true;
  });
}

function captionsButton(root, captions) {
  const button = root.querySelector("[data-captions]");
  const draw = () => {
    button.hidden = captions.choices.length === 0;
    button.setAttribute("aria-pressed", String(captions.current >= 0));
  };
  button.addEventListener("click", () => captions.toggle());
  captions.addEventListener("change", draw);
  draw();
}

// The big button over the first picture of an archive, and the picture itself.
function poster(root, playback, facts) {
  const start = root.querySelector("[data-start-button]");
  if (facts.poster) playback.video.poster = facts.poster;
  const draw = () => (start.hidden = !playback.state().paused || playback.video.played.length > 0 || playback.state().status === "failed");
  playback.addEventListener("change", draw);
  start.addEventListener("click", () => playback.toggle());
}

// Answers of keys, for screen readers and for eyes; gone after a moment.
function spoken(element) {
  let timer = 0;
  return (text) => {
    element.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (element.textContent = ""), SPOKEN_MS);
  };
}
