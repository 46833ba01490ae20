// The captioner's picture: within half a second (WHEP), or over HLS where that cannot be had. `behindMs` tells how far
// it lags, so that words are placed where they were said.

import { RtcLink } from "./player/rtc-link.js";
import { Source } from "./player/source.js";

const FIRST_FRAME_MS = 8000;
const AGAIN_MS = 3000;
const WEBRTC_LAG_MS = 400;
const PART_MS = 500; // what is listed ends about a part before now

export class Picture extends EventTarget {
  #link = null;
  #source;
  #way = "";
  #url = { whep: "", hls: "" };

  constructor(video) {
    super();
    this.video = video;
    this.#source = new Source(video);
    this.#source.addEventListener("begun", () => this.#play());
    for (const name of ["playing", "waiting", "pause"]) video.addEventListener(name, () => this.dispatchEvent(new Event("change")));
  }

  get way() {
    return this.#way;
  }

  get behindMs() {
    if (this.#way === "webrtc") return WEBRTC_LAG_MS;
    const { range } = this.#source;
    if (!range) return 0;
    return Math.min(Math.max(range.end - this.video.currentTime, 0) * 1000 + PART_MS, 60_000);
  }

  open(whep, hls) {
    this.#url = { whep, hls };
    this.#atOnce();
  }

  async #atOnce() {
    const link = new RtcLink();
    this.#link = link;
    const stream = new MediaStream();
    const firstFrame = setTimeout(() => this.#link === link && this.#way !== "webrtc" && this.#overHls(), FIRST_FRAME_MS);
    link.addEventListener("state", ({ detail }) => {
      if (this.#link !== link || detail !== "lost") return;
      clearTimeout(firstFrame);
      if (this.#way === "webrtc") {
        this.#way = "";
        setTimeout(() => this.#atOnce(), AGAIN_MS);
      } else this.#overHls();
    });
    try {
      await link.open(this.#url.whep, {
        prepare: (connection) => {
          connection.addTransceiver("video", { direction: "recvonly" });
          connection.addTransceiver("audio", { direction: "recvonly" });
          connection.addEventListener("track", ({ track }) => {
            stream.addTrack(track);
            track.addEventListener("unmute", () => this.#link === link && this.#take(stream), { once: true });
          });
        },
      });
    } catch {
      clearTimeout(firstFrame);
      if (this.#link === link) this.#overHls(); // no WHEP here, no room, no network: HLS tells which
    }
  }

  #take(stream) {
    if (this.video.srcObject === stream) return;
    this.#source.close();
    this.#way = "webrtc";
    this.video.srcObject = stream;
    this.#play();
  }

  #overHls() {
    this.#link?.close();
    this.#link = null;
    this.#way = "hls";
    this.video.srcObject = null;
    this.#source.open(this.#url.hls, { lowLatency: true, patient: true });
  }

  async #play() {
    try {
      await this.video.play();
    } catch (problem) {
      if (problem.name !== "NotAllowedError") return;
      this.video.muted = true; // a page that nobody has pressed on plays without sound
      this.video.play().catch(() => {});
    }
    this.dispatchEvent(new Event("change"));
  }
}
