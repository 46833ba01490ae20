// The player's keys. They act on the whole page, except while somebody types, in menus and lists, and with modifiers.

import { clockOf } from "./timeline.js";

const OFF = "gryf:shortcuts-off"; // the shell's switch for single keys (WCAG 2.1.4)

export class Keyboard {
  constructor({ root, playback, menu, captions, bar, words, say }) {
    Object.assign(this, { root, playback, menu, captions, bar, words, say });
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
    if (document.querySelector("dialog[open]") || belongsElsewhere(event, this.root)) return;
    const inPlayer = this.root.contains(event.target);
    if (!inPlayer && switchedOff()) return;
    const work = this.#work(event, inPlayer);
    if (!work) return;
    event.preventDefault();
    work();
  }

  #work(event, inPlayer) {
    const { playback, captions, root } = this;
    const { video } = playback;
    const far = /^[0-9]$/.test(event.key) ? Number(event.key) : null;
    if (far !== null) return () => this.#seek((playback.end * far) / 10);
    const atPage = event.target === document.body || event.target.matches?.("main") || event.target === video;
    const works = {
      k: () => playback.toggle(),
      j: () => this.#step(-10),
      l: () => this.#step(10),
      m: () => this.#mute(),
      f: () => press(root, "media-fullscreen-button"),
      c: () => captions.toggle(),
      ">": () => this.#rate(1),
      "<": () => this.#rate(-1),
    };
    // what scrolls, and what is pressed by the space bar, keeps its keys
    if (atPage || (inPlayer && !pressable(event.target))) works[" "] = () => playback.toggle();
    if (atPage || inPlayer) {
      works.ArrowLeft = () => this.#step(-5);
      works.ArrowRight = () => this.#step(5);
    }
    if (inPlayer) {
      works.Home = () => this.#seek(0);
      works.End = () => this.#seek(playback.end);
      works.ArrowUp = () => this.#louder(0.1);
      works.ArrowDown = () => this.#louder(-0.1);
    }
    return works[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  }

  #step(seconds) {
    this.playback.step(seconds);
    this.#sayPosition();
  }

  #seek(position) {
    this.playback.seek(position);
    this.#sayPosition();
  }

  #sayPosition() {
    const { position } = this.playback;
    if (position !== null) this.say(clockOf(position));
  }

  #mute() {
    const { video } = this.playback;
    video.muted = !video.muted;
    this.say(video.muted ? this.words.muted : this.words.unmuted);
  }

  #louder(step) {
    const { video } = this.playback;
    video.volume = Math.min(Math.max(Math.round((video.volume + step) * 10) / 10, 0), 1);
    if (step > 0) video.muted = false;
    this.say(`${this.words.volume}: ${Math.round(video.volume * 100)}%`);
  }

  #rate(step) {
    const rate = this.menu.stepRate(step);
    if (rate !== null) this.say(`${this.words.speed}: ${rate}×`);
  }
}

function switchedOff() {
  try {
    return localStorage.getItem(OFF) !== null;
  } catch {
    return false; // a frame without storage
  }
}

function press(root, name) {
  root.querySelector(name)?.click();
}

function pressable(element) {
  return element instanceof Element && element.closest("button, a, summary, input, select, media-play-button, media-mute-button, media-fullscreen-button, media-pip-button, [role=button]") !== null;
}

// Typing, choosing in a list, and moving in something that scrolls belong to where the focus is.
function belongsElsewhere(event, root) {
  const { target } = event;
  if (!(target instanceof Element)) return false;
  if (target.matches("media-volume-range")) return event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End";
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  if (target.matches("input")) return !(target.matches("[type=range]") && root.contains(target));
  return false;
}
