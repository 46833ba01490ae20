// What the player is doing, in words: the pill over the picture, the live badge, the way back to the edge.

import { clockOf } from "./timeline.js";

export class Status {
  constructor(root, playback, words) {
    this.playback = playback;
    this.words = words;
    this.pill = root.querySelector("[data-status]");
    this.text = root.querySelector("[data-status-text]");
    this.retry = root.querySelector("[data-retry]");
    this.badge = root.querySelector("[data-live-badge]");
    this.behind = root.querySelector("[data-behind]");
    this.back = root.querySelector("[data-back-to-live]");
    this.again = root.querySelector("[data-from-start]");
    this.again?.addEventListener("click", () => playback.seek(0, { play: true }));
    this.clock = root.querySelector("[data-clock-text]");
    this.retry?.addEventListener("click", () => playback.retry());
    this.back?.addEventListener("click", () => playback.backToLive());
    this.badge?.addEventListener("click", () => playback.backToLive());
  }

  draw(state) {
    const text = this.#sentence(state);
    if (this.text.textContent !== text) this.text.textContent = text;
    this.pill.hidden = text === "";
    this.pill.dataset.status = state.status;
    if (this.retry) this.retry.hidden = state.status !== "failed";
    if (state.live) this.#drawLive(state);
    if (this.clock) this.clock.textContent = clockText(state);
  }

  #sentence({ status, audioOnly, live }) {
    if (status === "playing" || status === "paused") return "";
    if (status === "ended" && !live) return "";
    if (status === "stalled" && audioOnly) return this.words.stalledSound;
    return this.words[status] ?? this.words.waiting;
  }

  #drawLive({ atEdge, behind, position }) {
    if (this.badge) this.badge.dataset.atEdge = atEdge;
    const away = !atEdge && position !== null;
    if (this.behind) {
      this.behind.hidden = !away;
      this.behind.textContent = away ? `−${clockOf(behind)}` : "";
    }
    if (this.back) this.back.hidden = !away;
    if (this.again) this.again.hidden = away || !this.playback.canSeek;
  }
}

function clockText({ live, position, end }) {
  if (position === null) return "";
  return live ? clockOf(position) : `${clockOf(position)} / ${clockOf(end)}`;
}
