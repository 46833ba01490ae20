// What is shown over the time bar at a position: the picture of that moment where the archive has made one, the item
// of the agenda, and the time.

import { clockOf } from "./timeline.js";

export class Preview {
  #tiles = [];

  constructor(root, playback) {
    this.root = root;
    this.playback = playback;
    this.picture = root.querySelector("[data-tile]");
    this.title = root.querySelector("[data-tile-title]");
    this.time = root.querySelector("[data-tile-time]");
    this.clock = new Intl.DateTimeFormat(document.documentElement.lang || "pl", {
      hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: document.documentElement.dataset.timeZone || undefined,
    });
  }

  /** `url`: a WebVTT whose cues name places in sheets of small pictures. */
  async load(url) {
    try {
      const answer = await fetch(url);
      if (answer.ok) this.#tiles = tilesOf(await answer.text(), new URL(url, location.href));
    } catch {
      // without pictures the time and the title are there all the same
    }
  }

  /** `label` says more than the chapter: what a mark stands for. */
  show(position, share, chapter, label = "") {
    const tile = this.#tiles.find((one) => position < one.end);
    this.picture.hidden = !tile;
    if (tile) this.#draw(tile);
    this.title.textContent = label || (chapter ? `${chapter.number}. ${chapter.title}` : "");
    this.title.hidden = !label && !chapter;
    const moment = this.playback.timeline.momentAt(position);
    this.time.textContent = moment === null ? clockOf(position) : `${clockOf(position)} · ${this.clock.format(moment)}`;
    this.root.hidden = false;
    const room = this.root.parentElement.clientWidth;
    const half = this.root.offsetWidth / 2;
    this.root.style.left = `${Math.min(Math.max(share * room, half), room - half)}px`;
  }

  hide() {
    this.root.hidden = true;
  }

  #draw(tile) {
    const { style } = this.picture;
    style.width = `${tile.width}px`;
    style.height = `${tile.height}px`;
    style.backgroundImage = `url("${tile.sheet}")`;
    style.backgroundPosition = `-${tile.left}px -${tile.top}px`;
  }
}

/** The cues of a storyboard: [{start, end, sheet, left, top, width, height}], in order. */
export function tilesOf(text, base) {
  const cue = /((?:\d+:)?\d+:\d+\.\d+)\s+-->\s+((?:\d+:)?\d+:\d+\.\d+)[^\n]*\n([^\n]+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
  return [...text.matchAll(cue)].map(([, start, end, sheet, left, top, width, height]) => ({
    start: secondsOf(start),
    end: secondsOf(end),
    sheet: new URL(sheet.trim(), base).href,
    left: Number(left),
    top: Number(top),
    width: Number(width),
    height: Number(height),
  }));
}

function secondsOf(text) {
  return text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}
