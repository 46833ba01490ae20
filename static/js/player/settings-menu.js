// The menu behind the cog: quality, speed, captions. A section that has no choice is not there.

import { remembered, remember } from "./memory.js";

const RATES = [0.75, 1, 1.25, 1.5, 1.75, 2];

export class SettingsMenu {
  #captions;

  constructor(root, playback, words, captions) {
    this.playback = playback;
    this.words = words;
    this.#captions = captions;
    this.root = root;
    this.button = root.querySelector("[data-settings-button]");
    this.sheet = root.querySelector("[data-settings]");
    this.button.addEventListener("click", () => this.#open(this.sheet.hidden));
    this.sheet.addEventListener("change", (event) => this.#chosen(event.target));
    root.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", (event) => this.#elsewhere(event));
    for (const name of ["renditions", "change"]) playback.addEventListener(name, () => this.#offer());
    captions.addEventListener("change", () => this.draw());
    this.draw();
  }

  get isOpen() {
    return !this.sheet.hidden;
  }

  draw() {
    const sections = [this.#quality(), this.#rate(), this.#captionChoice()].filter(Boolean);
    const focused = this.sheet.contains(document.activeElement) ? document.activeElement.id : "";
    this.sheet.replaceChildren(...sections);
    this.button.hidden = sections.length === 0;
    if (sections.length === 0) this.#open(false);
    if (focused) document.getElementById(focused)?.focus();
  }

  // drawn again only when the choice changed: a press must not land on a row that has just moved
  #offer() {
    const { playback } = this;
    const pictures = playback.pictures.map((one) => one.url).join();
    const offer = [pictures, playback.soundUrl, playback.height, playback.state().audioOnly, this.#maySpeed(), playback.source.height].join("|");
    if (offer === this.offer) return;
    this.offer = offer;
    this.draw();
  }

  #maySpeed() {
    return this.playback.state().mode !== "live";
  }

  #quality() {
    const { playback, words } = this;
    const { pictures, soundUrl } = playback;
    const { audioOnly } = playback.state();
    if (pictures.length < 2 && !soundUrl) return null;
    const names = namesOf(pictures, words);
    const automatic = audioOnly || playback.height !== null ? null : names.get(playback.source.height);
    const choices = [["auto", automatic ? `${words.auto} (${automatic})` : words.auto]];
    if (pictures.length > 1) choices.push(...[...names].map(([height, name]) => [String(height), name]));
    if (soundUrl) choices.push(["sound", words.audioOnly]);
    const current = audioOnly ? "sound" : playback.height === null ? "auto" : String(playback.height);
    return section("quality", words.quality, choices, current);
  }

  #rate() {
    if (!this.#maySpeed()) return null;
    const format = new Intl.NumberFormat(document.documentElement.lang);
    const choices = RATES.map((rate) => [String(rate), rate === 1 ? this.words.usualSpeed : `${format.format(rate)}×`]);
    return section("rate", this.words.speed, choices, String(this.playback.video.playbackRate));
  }

  #captionChoice() {
    const { choices, current } = this.#captions;
    if (choices.length === 0) return null;
    return section("captions", this.words.captions, [["-1", this.words.off], ...choices.map((one) => [String(one.index), one.label])], String(current));
  }

  #chosen(input) {
    const { playback } = this;
    if (input.name === "player-rate") this.setRate(Number(input.value));
    else if (input.name === "player-captions") this.#captions.choose(Number(input.value));
    else if (input.value === "sound") playback.listenOnly();
    else {
      remember("quality", input.value);
      playback.choose(input.value === "auto" ? null : Number(input.value));
    }
    this.#offer();
  }

  setRate(rate) {
    if (!this.#maySpeed()) return;
    this.playback.video.playbackRate = rate;
    this.draw();
  }

  /** To the next slower (-1) or faster (1) speed; returns it. */
  stepRate(step) {
    if (!this.#maySpeed()) return null;
    const here = RATES.indexOf(this.playback.video.playbackRate);
    const rate = RATES[Math.min(Math.max((here < 0 ? 1 : here) + step, 0), RATES.length - 1)];
    this.setRate(rate);
    return rate;
  }

  #open(wanted) {
    this.sheet.hidden = !wanted;
    this.button.setAttribute("aria-expanded", String(wanted));
    if (!wanted) return;
    this.playback.lookForRenditions();
    this.sheet.querySelector("input:checked")?.focus();
  }

  #key(event) {
    if (!this.isOpen) return;
    if (event.key === "Escape") {
      this.#open(false);
      this.button.focus();
      event.stopPropagation();
    }
  }

  #elsewhere(event) {
    const path = event.composedPath();
    if (this.isOpen && !path.includes(this.sheet) && !path.includes(this.button)) this.#open(false);
  }
}

/** The height that was chosen the last time, if it is offered; else null. */
export function rememberedHeight(pictures) {
  const height = Number(remembered("quality"));
  return pictures.length > 1 && pictures.some((one) => one.height === height) ? height : null;
}

// height → name; the best one is what the encoder sends
function namesOf(pictures, words) {
  const heights = [...new Set(pictures.map((one) => one.height))];
  return new Map(heights.map((height, place) => [height, place === 0 && heights.length > 1 ? `${height}p · ${words.source}` : `${height}p`]));
}

function section(name, title, choices, current) {
  const group = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = title;
  group.append(legend);
  for (const [value, text] of choices) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = `player-${name}`;
    input.value = value;
    input.id = `player-${name}-${value}`;
    input.checked = value === current;
    label.append(input, text);
    group.append(label);
  }
  return group;
}
