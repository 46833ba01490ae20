// Captions: tracks that the page names, and those that come with the stream. Choosing one shows it; -1 shows none.

export class Captions extends EventTarget {
  constructor(video) {
    super();
    this.video = video;
    for (const name of ["addtrack", "removetrack", "change"]) {
      video.textTracks.addEventListener(name, () => this.dispatchEvent(new Event("change")));
    }
  }

  get #tracks() {
    return [...this.video.textTracks].filter((track) => track.kind === "captions" || track.kind === "subtitles");
  }

  get choices() {
    return this.#tracks.map((track, index) => ({ index, label: track.label || track.language }));
  }

  get current() {
    return this.#tracks.findIndex((track) => track.mode === "showing");
  }

  choose(index) {
    this.#tracks.forEach((track, place) => (track.mode = place === index ? "showing" : "disabled"));
  }

  toggle() {
    if (this.choices.length > 0) this.choose(this.current < 0 ? 0 : -1);
  }
}
