// Sends tracks by WHIP and comes back by itself when the way there is cut.
//
// Events: "state" (detail: {name: "connecting" | "sending" | "reconnecting" | "stopped" | "refused", status, text}).

import { LinkRefused, RtcLink } from "../player/rtc-link.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
const BITRATES = { 480: 1_200_000, 720: 2_500_000, 1080: 4_500_000 };
const WORTH_ANOTHER_TRY = new Set([408, 409, 425, 429, 500, 502, 503, 504]);

export class Sender extends EventTarget {
  #link = null;
  #tracks = { video: null, audio: null };
  #height = 720;
  #token = "";
  #running = false;
  #attempt = 0;
  #timer = 0;

  constructor(url) {
    super();
    this.url = url;
    addEventListener("online", () => this.#timer && this.#connect());
  }

  get running() {
    return this.#running;
  }

  start({ video, audio }, { token, height }) {
    this.#tracks = { video, audio };
    this.#token = token;
    this.#height = height;
    this.#running = true;
    this.#attempt = 0;
    this.#tell("connecting");
    return this.#connect();
  }

  stop() {
    if (!this.#running) return;
    this.#end();
    this.#tell("stopped");
  }

  /** Another camera or microphone goes on in the same place; a kind that was not there needs a new connection. */
  async replace(kind, track) {
    this.#tracks[kind] = track;
    if (!this.#running) return;
    const sender = this.#link?.connection?.getSenders().find((one) => one.track?.kind === kind);
    if (sender && track) await sender.replaceTrack(track);
    else await this.#connect();
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#link?.close();
    const link = new RtcLink();
    this.#link = link;
    link.addEventListener("state", ({ detail }) => this.#link === link && this.#linkSays(detail));
    try {
      await link.open(this.url, { token: this.#token, prepare: (connection) => this.#prepare(connection) });
    } catch (problem) {
      if (this.#link !== link || !this.#running) return;
      if (problem instanceof LinkRefused && !WORTH_ANOTHER_TRY.has(problem.status)) {
        this.#end();
        this.#tell("refused", problem);
      } else this.#later(problem);
    }
  }

  #prepare(connection) {
    const stream = new MediaStream(Object.values(this.#tracks).filter(Boolean));
    for (const track of stream.getTracks()) {
      const encoding = track.kind === "video" ? { maxBitrate: BITRATES[this.#height] } : { maxBitrate: 128_000 };
      const transceiver = connection.addTransceiver(track, { direction: "sendonly", streams: [stream], sendEncodings: [encoding] });
      if (track.kind === "video") transceiver.setCodecPreferences(preferred(RTCRtpSender.getCapabilities("video").codecs));
    }
  }

  #linkSays(state) {
    if (!this.#running) return;
    if (state === "connected") {
      this.#attempt = 0;
      this.#tell("sending");
    } else if (state === "interrupted") this.#tell("reconnecting");
    else this.#later();
  }

  #later(problem = null) {
    this.#tell("reconnecting", problem);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#attempt, LONGEST_PAUSE_MS);
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
  }

  #end() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#link?.close();
    this.#link = null;
  }

  #tell(name, problem = null) {
    this.dispatchEvent(new CustomEvent("state", { detail: { name, status: problem?.status ?? 0, text: problem?.message ?? "" } }));
  }
}

/** H.264 first: it goes to the viewers as it is. VP8 next, which the server transcodes. Nothing else. */
export function preferred(codecs) {
  const h264 = codecs.filter((one) => one.mimeType === "video/H264" && /packetization-mode=1/.test(one.sdpFmtpLine ?? ""));
  const vp8 = codecs.filter((one) => one.mimeType === "video/VP8");
  const repair = codecs.filter((one) => /\/(rtx|red|ulpfec)$/i.test(one.mimeType));
  return h264.length + vp8.length > 0 ? [...h264, ...vp8, ...repair] : codecs;
}
