// The player of a session: low-latency HLS while it is live, the recording afterwards. hls.js where the browser has
// Media Source Extensions, the browser's own HLS elsewhere (iPhone).

import Hls from "../vendor/hls/hls.min.mjs";

const RETRY_MS = 2000;

export class Player {
  // status(word): "waiting" while there is no picture yet, "playing", "stalled", "failed"
  constructor(video, { status } = {}) {
    this.video = video;
    this.status = status ?? (() => {});
    this.hls = null;
    this.source = "";
    this.timer = 0;
    video.addEventListener("playing", () => this.status("playing"));
    video.addEventListener("waiting", () => this.status("stalled"));
  }

  load(source, { live }) {
    this.stop();
    this.source = source;
    this.live = live;
    this.status("waiting");
    if (Hls.isSupported()) this.#attach();
    else this.#native();
  }

  stop() {
    clearTimeout(this.timer);
    this.hls?.destroy();
    this.hls = null;
    this.source = "";
  }

  seek(position) {
    this.video.currentTime = position;
    this.video.play().catch(() => {});
  }

  // Unix time in ms of the frame on screen, from PROGRAM-DATE-TIME; null where it is not known.
  moment() {
    const date = this.hls?.playingDate;
    return date ? date.getTime() : null;
  }

  #attach() {
    const hls = new Hls({
      lowLatencyMode: true,
      startPosition: this.live ? -1 : 0, // a recording that was closed this second still looks live
      backBufferLength: 90,
      // no liveSync… here: it would override the playlist's PART-HOLD-BACK, and with it low latency
      maxLiveSyncPlaybackRate: 1.15,
      manifestLoadPolicy: { default: policy(8) },
      playlistLoadPolicy: { default: policy(20) },
      fragLoadPolicy: { default: policy(8) },
    });
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.video.play().catch(() => this.status("paused")));
    hls.on(Hls.Events.ERROR, (_event, problem) => {
      if (!problem.fatal || this.hls !== hls) return;
      if (problem.type === Hls.ErrorTypes.MEDIA_ERROR) {
        hls.recoverMediaError();
        return;
      }
      // no picture yet, or the server restarts: ask again until there is one
      this.status("waiting");
      hls.destroy();
      this.hls = null;
      this.timer = setTimeout(() => this.source && this.#attach(), RETRY_MS);
    });
    hls.loadSource(this.source);
    hls.attachMedia(this.video);
  }

  #native() {
    this.video.src = this.source;
    this.video.addEventListener(
      "error",
      () => {
        this.status("waiting");
        this.timer = setTimeout(() => this.source && this.#native(), RETRY_MS);
      },
      { once: true },
    );
    this.video.play().catch(() => this.status("paused"));
  }
}

function policy(firstByteSeconds) {
  return {
    maxTimeToFirstByteMs: firstByteSeconds * 1000,
    maxLoadTimeMs: 20000,
    timeoutRetry: { maxNumRetry: 4, retryDelayMs: 500, maxRetryDelayMs: 4000 },
    errorRetry: { maxNumRetry: 4, retryDelayMs: 500, maxRetryDelayMs: 4000 },
  };
}
