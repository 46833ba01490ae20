// A caption in the editor: its fields, what is saved of it, and what becomes of a change by somebody else.

export const FIELDS = ["begin_ms", "end_ms", "speaker", "text"];

const MARKS = { saved: "✓", dirty: "•", saving: "…", failed: "!", conflict: "!", bad: "!" };

/** 3723400 → "1:02:03.400". */
export function clockOfMs(ms) {
  const two = (number) => String(number).padStart(2, "0");
  const seconds = Math.floor(ms / 1000);
  const rest = String(ms % 1000).padStart(3, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}

/** "1:02:03.4", "2:03,4", "63" → ms; null for what is no time. */
export function msOfClock(text) {
  const found = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!found) return null;
  const [, hours = "0", minutes = "0", seconds, fraction = "0"] = found;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
}

export class CueRow {
  constructor(template, cue, { shift, editable }) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.cueRow = this;
    this.shift = shift; // ms that a trim took off the beginning
    this.fields = Object.fromEntries(FIELDS.map((name) => [name, this.element.querySelector(`[data-field=${name}]`)]));
    if (!editable) for (const field of Object.values(this.fields)) field.readOnly = true;
    this.theirs = null;
    this.timer = 0;
    this.busy = false;
    this.take(cue);
  }

  get id() {
    return this.cue.id;
  }

  /** As it stands in the fields; null where a time cannot be read. */
  get values() {
    const begin = msOfClock(this.fields.begin_ms.value);
    const end = msOfClock(this.fields.end_ms.value);
    if (begin === null || end === null) return null;
    return { begin_ms: begin + this.shift, end_ms: end + this.shift, speaker: this.fields.speaker.value.trim(), text: this.fields.text.value.trim() };
  }

  get dirty() {
    const { values } = this;
    return values === null || FIELDS.some((name) => values[name] !== this.cue[name]);
  }

  /** What is kept now. Fields that nobody is changing follow. */
  take(cue, { fields = true } = {}) {
    const before = this.cue;
    this.cue = cue;
    if (fields) {
      const shown = {
        begin_ms: clockOfMs(Math.max(cue.begin_ms - this.shift, 0)),
        end_ms: clockOfMs(Math.max(cue.end_ms - this.shift, 0)),
        speaker: cue.speaker,
        text: cue.text,
      };
      for (const name of FIELDS) {
        const field = this.fields[name];
        if (field.value === shown[name]) continue;
        const at = field === document.activeElement && name === "text" ? field.selectionStart : null;
        field.value = shown[name];
        if (at !== null) field.setSelectionRange(Math.min(at, field.value.length), Math.min(at, field.value.length));
      }
      this.note("");
      this.theirs = null;
    }
    this.element.dataset.id = cue.id || "";
    this.judge(cue.withheld);
    this.element.querySelector("[data-length]").textContent = `${((cue.end_ms - cue.begin_ms) / 1000).toFixed(1)} s`;
    if (before === undefined || !this.dirty) this.mark("");
  }

  /** Why residents do not read it; empty: they do. That changes without a change of the caption. */
  judge(why = "") {
    this.cue = { ...this.cue, withheld: why };
    const withheld = this.element.querySelector("[data-withheld]");
    withheld.hidden = !why;
    withheld.querySelector("[data-why]").textContent = why;
  }

  mark(state, text = "") {
    this.state = state;
    this.element.dataset.state = state;
    this.element.querySelector("[data-mark]").textContent = MARKS[state] ?? "";
    if (state === "saved") setTimeout(() => this.state === "saved" && this.mark(""), 2000);
    if (text) this.note(text);
  }

  /** `choice`: offers to keep one of two. */
  note(text, { choice = false } = {}) {
    const note = this.element.querySelector("[data-note]");
    note.hidden = !text;
    note.querySelector("[data-note-text]").textContent = text;
    for (const button of note.querySelectorAll("button")) button.hidden = !choice;
  }

  focus(name = "text", at = null) {
    const field = this.fields[name];
    field.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
    if (at !== null) field.setSelectionRange(at, at);
  }
}
