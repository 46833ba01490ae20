// Time of a recording: its own, from which gaps are left out, and the clock on the wall. Pure.
//
// A span is an unbroken stretch of the recording: {position_s, began_at, duration_s}; `open` says that the last one is
// still being recorded, so that moments after its known end lie on it.

const LAST_PICTURE_S = 0.15;

export class Timeline {
  constructor(spans = [], open = false) {
    this.open = open;
    this.spans = spans.map((span) => ({
      position: span.position_s,
      moment: Date.parse(span.began_at),
      duration: span.duration_s,
    }));
  }

  get known() {
    return this.spans.length > 0;
  }

  /** Seconds that are known to be recorded. */
  get end() {
    const last = this.spans.at(-1);
    return last ? last.position + last.duration : 0;
  }

  /** Second of the recording shown at this moment (Unix ms); in a gap: where it goes on. null if nothing is known. */
  positionAt(moment) {
    if (!this.known || moment === null) return null;
    const index = this.spans.findLastIndex((span) => span.moment <= moment);
    if (index < 0) return 0;
    const span = this.spans[index];
    const inside = (moment - span.moment) / 1000;
    const endless = this.open && index === this.spans.length - 1;
    return span.position + (endless ? inside : Math.min(inside, span.duration));
  }

  /** The same for what interrupts the picture: at the latest the last picture before it. */
  lastBefore(moment) {
    const position = this.positionAt(moment);
    const span = position === null ? undefined : this.spans.findLast((one) => one.moment <= moment);
    return span ? Math.max(span.position, Math.min(position, span.position + span.duration - LAST_PICTURE_S)) : position;
  }

  /** The moment (Unix ms) at which this second was recorded; null if nothing is known. */
  momentAt(position) {
    if (!this.known || position === null) return null;
    const span = this.spans[Math.max(this.spans.findLastIndex((one) => one.position <= position), 0)];
    return span.moment + (position - span.position) * 1000;
  }
}

/** The chapter that plays at a position, or null before the first. Chapters are in order. */
export function chapterAt(chapters, position) {
  return chapters.findLast((chapter) => chapter.position_s <= position + 0.05) ?? null;
}

/** 75 → "1:15", 3675 → "1:01:15". */
export function clockOf(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The second that an address names: #t=75, #t=75.5; null if it names none. */
export function askedPosition(hash) {
  const found = /^#t=(\d{1,7}(?:\.\d{1,3})?)$/.exec(hash);
  return found ? Number(found[1]) : null;
}
