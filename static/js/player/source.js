// One HLS address in one <video>: hls.js where there are Media Source Extensions, the browser's own player elsewhere
// (iPhone). It goes on by itself: what fails is tried again, at once when the network is back.
//
// Events: "state" (detail: "loading" | "reconnecting" | "failed"), "begun" (ready to play), "restart" (the picture goes
// for a moment), "renditions", "break" (the timeline jumped).

import Hls from "../../vendor/hls/hls.min.mjs";
import { renditionsFrom, renditionsOf, sameRenditions } from "./renditions.js";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;
const PROBE_WITHIN_MS = 12_000; // the server holds the first answer for 8 s until there is a picture
const GIVE_UP_AFTER = 6; // for what cannot appear any more: a recording
const CALM_AFTER_MS = 15_000; // between two faults of the decoder: the second in short order means a new start
const CATCH_UP_RATE = 1.15;

export class Source extends EventTarget {
  #url = "";
  #options = {};
  #hls = null;
  #attempt = 0;
  #timer = 0;
  #opening = 0;
  #mendedAt = -Infinity;
  #discontinuity = null;

  constructor(video) {
    super();
    this.video = video;
    this.renditions = []; // best first, as in renditions.js; of the address that was opened last
    addEventListener("online", () => this.#timer && this.#again());
  }

  get isNative() {
    return !Hls.isSupported();
  }

  get url() {
    return this.#url;
  }

  /** `startAt`: seconds of its timeline, -1 for the live edge. `patient`: it may not be there yet, so never give up. */
  open(url, { startAt = -1, lowLatency = false, patient = false, height = null, saveData = false } = {}) {
    this.close();
    this.#url = url;
    this.#options = { startAt, lowLatency, patient, height, saveData };
    this.#attempt = 0;
    this.#tell("loading");
    this.#attach();
  }

  close() {
    this.#opening += 1;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#hls?.destroy();
    this.#hls = null;
    this.#discontinuity = null;
    this.#url = "";
  }

  /** After it has given up. */
  retry() {
    if (!this.#url) return;
    this.#attempt = 0;
    this.#tell("loading");
    this.#again();
  }

  /** Unix ms of the frame on screen, by PROGRAM-DATE-TIME; null where it is not known. */
  get moment() {
    if (this.#hls) return this.#hls.playingDate?.getTime() ?? null;
    const start = this.video.getStartDate?.()?.getTime();
    return Number.isFinite(start) ? start + this.video.currentTime * 1000 : null;
  }

  /** What can be played now, in the video's own seconds. */
  get range() {
    const details = this.#hls?.latestLevelDetails;
    if (details) return { start: details.fragmentStart, end: details.edge };
    const { seekable } = this.video;
    return seekable.length > 0 ? { start: seekable.start(0), end: seekable.end(seekable.length - 1) } : null;
  }

  /** Whether a viewer that lags is brought to the edge by playing a little faster. */
  set catchesUp(wanted) {
    if (this.#hls) this.#hls.config.maxLiveSyncPlaybackRate = wanted ? CATCH_UP_RATE : 1;
  }

  /** Lines of the picture that is shown, 0 where it is not known. */
  get height() {
    const { currentLevel = -1, levels = [] } = this.#hls ?? {};
    return levels[currentLevel]?.height || this.video.videoHeight;
  }

  /** Fixes a picture by its height; null leaves the choice to the measured speed. */
  choose(height) {
    this.#options.height = height;
    if (this.isNative) this.#restart();
    if (!this.#hls) return; // the next opening heeds it
    if (height === null) this.#hls.nextLevel = -1;
    else {
      const level = this.#levelOf(height);
      if (level >= 0) this.#hls.nextLevel = level;
      else if (this.renditions.some((one) => one.height === height)) this.#restart(); // it came after the start
    }
  }

  /** Asks again what there is; whether that changed. */
  async lookForRenditions() {
    const url = this.#url;
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
      if (!answer.ok || url !== this.#url) return false;
      const found = renditionsOf(await answer.text(), new URL(url, location.href));
      if (found.length === 0 || sameRenditions(found, this.renditions)) return false;
      this.renditions = found;
      this.dispatchEvent(new Event("renditions"));
      return true;
    } catch {
      return false; // the next look may have more luck
    }
  }

  /** Begins anew with what there is now, so that the speed can choose among it. */
  renew() {
    if (this.#hls) this.#restart();
  }

  get subtitles() {
    return this.#hls?.subtitleTracks ?? [];
  }

  #attach() {
    if (this.isNative) this.#attachNative();
    else this.#attachHls();
  }

  #attachHls() {
    const { startAt, lowLatency, saveData } = this.#options;
    const hls = new Hls({
      lowLatencyMode: lowLatency,
      startPosition: startAt,
      backBufferLength: lowLatency ? 30 : 90,
      startLevel: saveData ? 0 : undefined,
      abrEwmaDefaultEstimate: saveData ? 300_000 : expectedBitrate(),
      capLevelToPlayerSize: saveData,
      // cues nobody reads; their track has a data: address, which the policy refuses
      enableDateRangeMetadataCues: false,
      enableEmsgMetadataCues: false,
      enableID3MetadataCues: false,
      // no liveSync… here: it would override the playlist's PART-HOLD-BACK, and with it low latency
      maxLiveSyncPlaybackRate: lowLatency ? CATCH_UP_RATE : 1,
      manifestLoadPolicy: { default: policy(10) },
      playlistLoadPolicy: { default: policy(20) },
      fragLoadPolicy: { default: policy(10) },
    });
    this.#hls = hls;
    const heard = (name, work) => hls.on(name, (_name, data) => this.#hls === hls && work(data));
    // hls.js leaves renditions without a picture out of its levels, so they are taken before it does
    heard(Hls.Events.MANIFEST_LOADED, (data) => data.levels.length > 1 && this.#offer(renditionsFrom(data.levels)));
    heard(Hls.Events.MANIFEST_PARSED, () => {
      const level = this.#levelOf(this.#options.height);
      if (level >= 0) hls.currentLevel = level;
      this.#begun();
    });
    heard(Hls.Events.LEVEL_SWITCHED, () => this.dispatchEvent(new Event("renditions")));
    heard(Hls.Events.SUBTITLE_TRACKS_UPDATED, () => this.dispatchEvent(new Event("subtitles")));
    heard(Hls.Events.FRAG_CHANGED, ({ frag }) => this.#moved(frag));
    heard(Hls.Events.ERROR, (fault) => this.#faulted(hls, fault));
    hls.loadSource(this.#url);
    hls.attachMedia(this.video);
  }

  #offer(renditions) {
    this.renditions = renditions;
    this.dispatchEvent(new Event("renditions"));
  }

  #levelOf(height) {
    return height === null ? -1 : (this.#hls?.levels ?? []).findIndex((one) => one.height === height);
  }

  #moved(frag) {
    if (this.#attempt > 0) {
      this.#attempt = 0;
      this.#tell("loading");
    }
    if (this.#discontinuity !== null && frag.cc !== this.#discontinuity) this.dispatchEvent(new Event("break"));
    this.#discontinuity = frag.cc;
  }

  #faulted(hls, fault) {
    if (!fault.fatal) return;
    if (fault.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) {
      this.#tell("failed");
      return;
    }
    if (fault.type === Hls.ErrorTypes.MEDIA_ERROR && performance.now() - this.#mendedAt > CALM_AFTER_MS) {
      this.#mendedAt = performance.now();
      hls.recoverMediaError();
      return;
    }
    this.#later();
  }

  #attachNative() {
    const { video } = this;
    const opening = this.#opening;
    const { startAt, height } = this.#options;
    const fixed = this.renditions.find((one) => one.height === height && !one.sound);
    video.src = fixed?.url ?? this.#url;
    const once = (name, work) =>
      video.addEventListener(name, () => this.#opening === opening && work(), { once: true });
    once("loadedmetadata", () => {
      if (startAt >= 0) video.currentTime = startAt;
      this.#attempt = 0;
      this.lookForRenditions();
    });
    once("error", () => this.#later());
    this.#begun();
  }

  #begun() {
    this.dispatchEvent(new Event("begun"));
  }

  // What is buffered plays on while this waits.
  #later() {
    clearTimeout(this.#timer);
    if (!this.#options.patient && this.#attempt >= GIVE_UP_AFTER && navigator.onLine) {
      this.#timer = 0;
      this.#tell("failed");
      return;
    }
    this.#tell("reconnecting");
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#attempt, LONGEST_PAUSE_MS);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#again(), pause * (0.75 + Math.random() / 2));
  }

  async #again() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const opening = this.#opening;
    if (!(await answers(this.#url))) {
      if (opening === this.#opening) this.#later();
      return;
    }
    if (opening === this.#opening) this.#restart();
  }

  #restart() {
    const { startAt } = this.#options;
    if (startAt >= 0 && this.video.currentTime > 0) this.#options.startAt = this.video.currentTime;
    this.#opening += 1;
    this.dispatchEvent(new Event("restart"));
    this.#hls?.destroy();
    this.#discontinuity = null;
    this.#attach();
  }

  #tell(state) {
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

// Most people can watch the best picture at once; what the browser knows of a slow network is believed.
function expectedBitrate() {
  return Math.min((navigator.connection?.downlink || 4) * 0.75, 4) * 1_000_000;
}

async function answers(url) {
  try {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(PROBE_WITHIN_MS) });
    return answer.ok;
  } catch {
    return false; // no network, or no server: the pause before the next question grows
  }
}

function policy(firstByteSeconds) {
  const retry = { maxNumRetry: 3, retryDelayMs: 500, maxRetryDelayMs: 4000 };
  return {
    maxTimeToFirstByteMs: firstByteSeconds * 1000,
    maxLoadTimeMs: 20000,
    timeoutRetry: retry,
    errorRetry: retry,
  };
}
