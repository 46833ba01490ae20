// The loudness of a track, some times a second: the highest sample of each stretch in dBFS.

const EVERY_MS = 80;
const FALL_DB = 2.5; // the needle comes down slower than it rises, so that eyes can follow

export class LevelMeter {
  #context = null;
  #source = null;
  #timer = 0;
  #shown = -60;

  /** `show(dbfs)`: -60 … 0 */
  constructor(show) {
    this.show = show;
  }

  listen(track) {
    this.stop();
    if (!track) return;
    this.#context = new AudioContext();
    const analyser = new AnalyserNode(this.#context, { fftSize: 4096 });
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.#shown = Math.max(peakOf(samples), this.#shown - FALL_DB);
      this.show(this.#shown);
    }, EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
    this.#source?.disconnect();
    this.#context?.close();
    this.#context = this.#source = null;
    this.#shown = -60;
    this.show(-60);
  }
}

/** Highest sample in dBFS, at least -60. */
export function peakOf(samples) {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return peak > 0.001 ? Math.min(20 * Math.log10(peak), 0) : -60;
}
