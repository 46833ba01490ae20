// Captions: tracks that the page names, and those that come with the stream. Choosing one shows it; -1 shows none.
// Whoever wants captions gets them in the next session too.

const WANTED = "gryf:captions";

export class Captions extends EventTarget {
  #offered = null;
  #awaited = false; // chosen before the stream had them
  #empty = null;

  constructor(video) {
    super();
    this.video = video;
    for (const name of ["addtrack", "removetrack", "change"]) {
      video.textTracks.addEventListener(name, () => {
        if (name === "addtrack") this.#added();
        this.dispatchEvent(new Event("change"));
      });
    }
    this.#awaited = localStorage.getItem(WANTED) === "1";
    new MutationObserver(() => this.#readdress()).observe(video, { childList: true });
    this.#readdress();
    this.#added();
  }

  // hls.js gives its tracks an empty file at a data: address, which the page's policy refuses; a blob: one it allows.
  // Nothing is loaded before a track is chosen, so there is time for it.
  #readdress() {
    for (const track of this.video.querySelectorAll('track[src^="data:"]')) {
      this.#empty ??= URL.createObjectURL(new Blob(["WEBVTT\n"], { type: "text/vtt" }));
      track.src = this.#empty;
    }
  }

  get #tracks() {
    return [...this.video.textTracks].filter((track) => track.kind === "captions" || track.kind === "subtitles");
  }

  get choices() {
    const tracks = this.#tracks;
    if (tracks.length === 0 && this.#offered) return [{ index: 0, label: this.#offered.label }];
    return tracks.map((track, index) => ({ index, label: track.label || track.language }));
  }

  get current() {
    return this.#tracks.findIndex((track) => track.mode === "showing");
  }

  /** Captions began after the stream was opened: choosing them calls `fetch`, which opens it anew. */
  offer(label, fetch) {
    this.#offered = { label, fetch };
    this.dispatchEvent(new Event("change"));
  }

  choose(index) {
    const tracks = this.#tracks;
    localStorage.setItem(WANTED, index < 0 ? "0" : "1");
    this.#awaited = index >= 0;
    if (tracks.length === 0 && index >= 0) this.#offered?.fetch();
    tracks.forEach((track, place) => (track.mode = place === index ? "showing" : "disabled"));
  }

  toggle() {
    if (this.choices.length > 0) this.choose(this.current < 0 ? 0 : -1);
  }

  // A stream that is opened anew brings its tracks anew; what was on stays on.
  #added() {
    if (!this.#awaited || this.current >= 0) return;
    const [first] = this.#tracks;
    if (first) queueMicrotask(() => this.#awaited && this.current < 0 && (first.mode = "showing"));
  }
}
