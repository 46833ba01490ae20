// Keeps the last frame on screen while the source behind it changes, so that a jump never flashes black.

const LONGEST_MS = 12_000;

export class HeldFrame {
  #timer = 0;
  #hold = 0;

  constructor(video, canvas) {
    this.video = video;
    this.canvas = canvas;
  }

  hold() {
    const { video, canvas } = this;
    const again = this.#hold > 0 && !canvas.hidden;
    this.#hold += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.release(), LONGEST_MS);
    if (again || !video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.hidden = false;
  }

  /** Lets go when the next frame of the new source is there. */
  releaseAtNextFrame() {
    const hold = this.#hold;
    const done = () => this.#hold === hold && this.release();
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(done);
    else this.video.addEventListener("timeupdate", done, { once: true });
  }

  release() {
    clearTimeout(this.#timer);
    this.canvas.hidden = true;
  }
}
