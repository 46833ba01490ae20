// What a viewer watches: the live picture, an earlier moment of a session that still goes on, or its recording.
//
// The low-latency playlist holds some seconds; further back the growing recording is opened at the wanted second, and
// near its end playback returns to the live playlist at the same second. Everywhere a position is a second of the
// recording: the same number names the same moment while the session is live and for ever after.
//
// Events: "change" (state()), "time", "renditions", "subtitles", "muted" (by the browser).

import { HeldFrame } from "./held-frame.js";
import { Source } from "./source.js";
import { Timeline } from "./timeline.js";

const EDGE_S = 8; // who is less behind than this without having asked for it is live
const WINDOW_MARGIN_S = 3; // the oldest seconds of the live playlist may be gone before they are loaded
const RECORDED_MARGIN_S = 1.5; // so near to the end of what is recorded playback goes on in the live playlist
const NUDGE_S = 2;
const STALLS_WITHIN_MS = 30_000;

export class Playback extends EventTarget {
  #held = false; // behind the edge on purpose
  #wantsPlay = true;
  #status = "waiting";
  #mode;
  #target = null; // where to go once the live playlist plays
  #edge = null; // {position, at}: the live edge when it was last known
  #pausedAt = null;
  #audioOnly = false;
  #begunOnce = false;
  #stalledAt = -Infinity;

  /** `addresses`: {live, recording}; without `live` it is an archive. `facts`: {spans, open}. */
  constructor(video, canvas, { addresses, facts = {}, autoplay = true, saveData = false, refetch = null }) {
    super();
    this.video = video;
    this.addresses = addresses;
    this.saveData = saveData;
    this.timeline = new Timeline(facts.spans, Boolean(addresses.live));
    this.frame = new HeldFrame(video, canvas);
    this.source = new Source(video);
    this.refetch = refetch;
    this.height = null; // the picture that was chosen; null: by the measured speed
    this.#wantsPlay = autoplay;
    this.#mode = addresses.live ? "live" : "archive";
    video.autoplay = false;
    this.#listen();
  }

  start(position = null) {
    if (this.#mode === "live" && position === null) this.#openLive();
    else if (this.#mode === "live") this.#openRecording(position);
    else this.#open("archive", this.addresses.recording, { startAt: position ?? 0 });
  }

  state() {
    return {
      mode: this.#mode,
      status: this.#status,
      live: Boolean(this.addresses.live),
      atEdge: this.atEdge,
      position: this.position,
      end: this.end,
      behind: this.behind,
      paused: this.video.paused,
      audioOnly: this.#audioOnly,
    };
  }

  /** Second of the recording on screen; null before it is known. */
  get position() {
    if (this.#target !== null) return this.#target;
    if (this.#mode !== "live") return this.video.currentTime;
    return this.timeline.positionAt(this.source.moment);
  }

  /** Where the bar ends: the live edge, or the end of the recording. */
  get end() {
    if (this.#mode === "archive") return finite(this.video.duration) ?? this.timeline.end;
    const edge = this.#liveEdge();
    if (edge !== null) this.#edge = { position: edge, at: performance.now() };
    const recorded = this.#mode === "recording" ? (this.source.range?.end ?? 0) : this.timeline.end;
    if (this.#edge === null) return recorded;
    return Math.max(this.#edge.position + (performance.now() - this.#edge.at) / 1000, recorded);
  }

  get behind() {
    const { position } = this;
    return position === null ? 0 : Math.max(0, this.end - position);
  }

  get atEdge() {
    return this.#mode === "live" && !this.#held && this.#target === null && this.behind < 2 * EDGE_S;
  }

  get canSeek() {
    return this.#mode !== "live" || this.timeline.known;
  }

  /** Goes to a second of the recording; `play` starts it there. */
  seek(wanted, { play = false } = {}) {
    if (!this.canSeek) return;
    const position = Math.min(Math.max(wanted, 0), this.end);
    if (play) this.#wantsPlay = true;
    this.#pausedAt = null;
    if (this.#mode === "archive") this.#jump(position);
    else this.#seekWhileLive(position);
    if (play) this.#play();
  }

  step(seconds) {
    const from = this.position;
    if (from !== null) this.seek(from + seconds);
  }

  backToLive() {
    if (!this.addresses.live) return;
    this.#wantsPlay = true;
    if (this.#mode === "live" && this.source.range) {
      this.#hold(false);
      const edge = this.#liveEdge();
      const here = this.position;
      if (edge !== null && here !== null && edge - here > EDGE_S) this.#openLive();
      else this.#play();
    } else this.#openLive();
  }

  toggle() {
    if (this.video.paused) {
      this.#wantsPlay = true;
      this.#resume();
    } else {
      this.#wantsPlay = false;
      this.video.pause();
    }
  }

  retry() {
    this.source.retry();
  }

  /** Pictures to choose from, best first. */
  get pictures() {
    return this.source.renditions.filter((one) => !one.sound);
  }

  get soundUrl() {
    return this.source.renditions.find((one) => one.sound)?.url ?? "";
  }

  choose(height) {
    this.height = height;
    if (this.#audioOnly) this.#setAudioOnly(false);
    else this.source.choose(height);
  }

  listenOnly() {
    if (!this.#audioOnly && this.soundUrl) this.#setAudioOnly(true);
  }

  /** Renditions come and go while a session is live. */
  lookForRenditions() {
    return this.#mode === "live" && !this.#audioOnly ? this.source.lookForRenditions() : Promise.resolve(false);
  }

  /** The timeline as the server knows it now. */
  learn(facts) {
    this.timeline = new Timeline(facts.spans, Boolean(this.addresses.live));
    this.#changed();
  }

  // sources

  #openLive(target = null) {
    this.#target = target;
    this.#held = target !== null;
    this.#open("live", this.addresses.live, { lowLatency: true, patient: true });
  }

  #openRecording(position) {
    this.#target = null;
    this.#held = true;
    this.#open("recording", this.addresses.recording, { startAt: position, patient: true });
  }

  #open(mode, url, options) {
    this.#mode = mode;
    if (!this.#audioOnly && this.#begunOnce) this.frame.hold();
    const rate = mode === "live" ? 1 : this.video.playbackRate;
    this.source.open(url, { ...options, height: this.height, saveData: this.saveData });
    this.video.playbackRate = rate;
    this.#changed();
  }

  #setAudioOnly(wanted) {
    const here = this.position;
    const url = this.soundUrl;
    this.#audioOnly = wanted;
    this.frame.release();
    if (wanted) {
      const options = this.#mode === "live" ? { lowLatency: true, patient: true } : { startAt: here, patient: true };
      this.source.open(url, options);
    } else if (this.#mode === "live") this.#openLive(this.#held ? here : null);
    else this.#open(this.#mode, this.addresses.recording, { startAt: here, patient: true });
    this.#changed();
  }

  #seekWhileLive(position) {
    const { end } = this;
    if (end - position < NUDGE_S) {
      this.backToLive();
      return;
    }
    if (this.#mode === "live") {
      const here = this.position;
      const { range } = this.source;
      const time = here === null ? null : this.video.currentTime + position - here;
      if (time !== null && range && time > range.start + WINDOW_MARGIN_S) {
        this.#hold(true);
        this.#jump(time);
      } else this.#openRecording(position);
      return;
    }
    const recorded = this.source.range?.end ?? 0;
    if (position < recorded - RECORDED_MARGIN_S) this.#jump(position);
    else this.#openLive(position);
  }

  #jump(time) {
    this.video.currentTime = time;
    this.#changed();
  }

  #hold(wanted) {
    this.#held = wanted;
    this.source.catchesUp = !wanted;
    this.#changed();
  }

  // After a pause the live playlist may have moved on.
  #resume() {
    const at = this.#pausedAt;
    this.#pausedAt = null;
    if (this.#mode === "live" && at !== null && this.timeline.known && this.behindOf(at) > NUDGE_S) {
      const { range } = this.source;
      if (!range || this.video.currentTime < range.start + WINDOW_MARGIN_S) {
        this.#openRecording(at);
        return;
      }
      this.#hold(true);
    }
    this.#play();
  }

  behindOf(position) {
    return this.end - position;
  }

  async #play() {
    const { video } = this;
    try {
      await video.play();
    } catch (problem) {
      if (problem.name !== "NotAllowedError") return; // replaced by a newer load
      if (video.muted) {
        this.#wantsPlay = false;
        this.#say("paused");
        return;
      }
      video.muted = true; // a page that nobody has pressed on plays without sound, or not at all
      this.dispatchEvent(new Event("muted"));
      video.play().catch(() => this.#say("paused"));
    }
  }

  // what the video and the source tell

  #listen() {
    const { video, source } = this;
    video.addEventListener("playing", () => this.#playing());
    video.addEventListener("waiting", () => this.#starving());
    video.addEventListener("pause", () => this.#paused());
    video.addEventListener("play", () => this.#asked());
    video.addEventListener("ended", () => this.#say("ended"));
    video.addEventListener("seeked", () => this.#changed());
    video.addEventListener("timeupdate", () => this.#ticked());
    source.addEventListener("begun", () => (this.#wantsPlay ? this.#play() : this.#say("paused")));
    source.addEventListener("restart", () => !this.#audioOnly && this.frame.hold());
    source.addEventListener("renditions", () => this.dispatchEvent(new Event("renditions")));
    source.addEventListener("subtitles", () => this.dispatchEvent(new Event("subtitles")));
    source.addEventListener("break", () => this.refetch?.());
    source.addEventListener("state", ({ detail }) => this.#sourceSays(detail));
    addEventListener("offline", () => this.#say("reconnecting"));
    addEventListener("online", () => this.#status === "reconnecting" && this.#sourceSays("loading"));
  }

  #sourceSays(state) {
    if (state === "loading") this.#say(this.#begunOnce && this.video.readyState >= 3 ? "playing" : "waiting");
    else this.#say(state);
  }

  #playing() {
    this.#begunOnce = true;
    this.frame.releaseAtNextFrame();
    if (this.#target !== null) this.#reachTarget();
    this.#say("playing");
  }

  #reachTarget() {
    const here = this.timeline.positionAt(this.source.moment);
    const { range } = this.source;
    if (here === null || !range) return; // not known yet: the next tick asks again
    const time = this.video.currentTime + this.#target - here;
    this.#target = null;
    this.source.catchesUp = false;
    if (time < this.video.currentTime - 0.5) this.video.currentTime = Math.max(time, range.start + 1);
  }

  #starving() {
    const atEnd = this.#mode === "recording" && this.video.currentTime > (this.source.range?.end ?? Infinity) - RECORDED_MARGIN_S;
    if (atEnd) {
      this.#openLive(this.video.currentTime);
      return;
    }
    if (this.#begunOnce) this.#tooSlow();
    if (this.#status !== "reconnecting" && this.#status !== "failed") this.#say(this.#begunOnce ? "stalled" : "waiting");
  }

  // also by the browser's own means: media keys, the window of picture-in-picture
  #paused() {
    if (this.video.ended || !this.source.url) return;
    this.#wantsPlay = false;
    if (this.#mode === "live" && this.#pausedAt === null) this.#pausedAt = this.position;
    this.#say("paused");
  }

  #asked() {
    if (!this.#wantsPlay) {
      this.#wantsPlay = true;
      this.#resume();
    }
    this.#changed();
  }

  #ticked() {
    if (this.#target !== null && !this.video.paused) this.#reachTarget();
    if (this.#status === "stalled" && this.video.readyState >= 3) this.#say("playing");
    this.dispatchEvent(new Event("time"));
  }

  // Stalls in short order: perhaps smaller pictures have come meanwhile.
  async #tooSlow() {
    const now = performance.now();
    const often = this.#mode === "live" && now - this.#stalledAt < STALLS_WITHIN_MS;
    this.#stalledAt = now;
    if (often && this.height === null && (await this.lookForRenditions())) this.source.renew();
  }

  #liveEdge() {
    if (this.#mode !== "live") return null;
    const { moment, range } = this.source;
    if (moment === null || !range) return null;
    return this.timeline.positionAt(moment + (range.end - this.video.currentTime) * 1000);
  }

  #say(status) {
    this.#status = status;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function finite(number) {
  return Number.isFinite(number) ? number : null;
}
