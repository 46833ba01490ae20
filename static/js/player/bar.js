// The time bar: from the session's start to now (or to the recording's end), with the agenda's items as marks.
//
// The bar itself is a native range input, so every assistive technology knows it. Marks are one stop of the Tab key, and
// so are moments (votes, speakers, breaks); the arrow keys go along them.

import { chapterAt, clockOf } from "./timeline.js";

const STEP_S = 5;
const PAGE_S = 60;

export class Bar {
  #dragging = false;
  #end = 0;

  constructor(root, playback, words, preview) {
    this.root = root;
    this.playback = playback;
    this.words = words;
    this.preview = preview;
    this.range = root.querySelector("input[type=range]");
    this.list = root.querySelector("[data-marks]");
    this.chapters = [];
    this.moments = root.querySelector("[data-moments]");
    this.range.addEventListener("input", () => this.#dragged());
    this.range.addEventListener("change", () => this.#dropped());
    this.range.addEventListener("keydown", (event) => this.#key(event));
    this.range.addEventListener("blur", () => this.preview?.hide());
    root.addEventListener("pointermove", (event) => this.#hover(event));
    root.addEventListener("pointerleave", () => !this.#dragging && this.preview?.hide());
    for (const list of [this.list, this.moments].filter(Boolean)) {
      list.addEventListener("click", (event) => this.#pressed(event));
      list.addEventListener("keydown", (event) => this.#alongMarks(event));
      list.addEventListener("focusin", (event) => this.#showMark(event.target));
      list.addEventListener("focusout", () => this.preview?.hide());
    }
  }

  /** `chapters`: [{position_s, number, title, item_id}], in order. */
  setChapters(chapters) {
    this.chapters = chapters;
    this.#fillList(this.list, chapters.map((chapter) => this.#mark(chapter)));
  }

  /** `moments`: [{kind, position_s, label}], in order; a `break` and a `closed` one stand where something is missing. */
  setMoments(moments) {
    if (this.moments) this.#fillList(this.moments, moments.map((moment) => this.#moment(moment)));
  }

  #fillList(list, items) {
    const focused = list.contains(document.activeElement);
    list.replaceChildren(...items);
    const buttons = [...list.querySelectorAll("button")];
    buttons.forEach((mark, index) => (mark.tabIndex = index === 0 ? 0 : -1));
    if (focused) buttons[0]?.focus();
    this.#place();
  }

  get #marks() {
    return [this.list, this.moments].filter(Boolean).flatMap((list) => [...list.querySelectorAll("button")]);
  }

  draw({ position: exact, end, canSeek, atEdge }) {
    const position = atEdge && exact !== null ? end : exact; // who is live is at the bar's end, not a second before it
    this.root.hidden = !canSeek || end < 1;
    if (this.root.hidden) return;
    if (end !== this.#end) {
      this.#end = end;
      this.range.max = end.toFixed(1);
      this.#place();
    }
    if (this.#dragging || position === null) return;
    this.range.value = position;
    this.#fill(position);
    this.range.setAttribute("aria-valuetext", this.#spoken(position));
  }

  #mark(chapter) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "timeline-mark";
    button.dataset.at = chapter.position_s;
    button.setAttribute("aria-label", `${chapter.number}. ${chapter.title}, ${clockOf(chapter.position_s)}`);
    item.append(button);
    return item;
  }

  #moment({ kind, position_s: position, label }) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "timeline-moment";
    button.dataset.kind = kind;
    button.dataset.at = position;
    button.dataset.label = label;
    button.setAttribute("aria-label", `${label}, ${clockOf(position)}`);
    item.append(button);
    return item;
  }

  #place() {
    if (this.#end <= 0) return;
    for (const mark of this.#marks) {
      const share = Number(mark.dataset.at) / this.#end;
      mark.parentElement.hidden = share > 1;
      mark.parentElement.style.insetInlineStart = `${share * 100}%`;
    }
  }

  #fill(position) {
    this.root.style.setProperty("--played", `${this.#end > 0 ? (Math.min(position, this.#end) / this.#end) * 100 : 0}%`);
  }

  #spoken(position) {
    const chapter = chapterAt(this.chapters, position);
    const place = this.words.of.replace("%1", clockOf(position)).replace("%2", clockOf(this.#end));
    return chapter ? `${place}, ${chapter.number}. ${chapter.title}` : place;
  }

  #dragged() {
    this.#dragging = true;
    const position = Number(this.range.value);
    this.#fill(position);
    this.range.setAttribute("aria-valuetext", this.#spoken(position));
    this.preview?.show(position, position / this.#end, chapterAt(this.chapters, position));
  }

  #dropped() {
    this.#dragging = false;
    this.preview?.hide();
    this.playback.seek(Number(this.range.value));
  }

  #key(event) {
    const steps = { ArrowLeft: -STEP_S, ArrowDown: -STEP_S, ArrowRight: STEP_S, ArrowUp: STEP_S, PageUp: PAGE_S, PageDown: -PAGE_S };
    if (event.key in steps) this.playback.step(steps[event.key]);
    else if (event.key === "Home") this.playback.seek(0);
    else if (event.key === "End") this.playback.seek(this.playback.end);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #hover(event) {
    if (event.pointerType === "touch" || this.#dragging || this.#end <= 0) return;
    const mark = event.target.closest("button");
    if (mark) {
      this.#showMark(mark);
      return;
    }
    const box = this.range.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    this.preview?.show(share * this.#end, share, chapterAt(this.chapters, share * this.#end));
  }

  #showMark(mark) {
    const position = Number(mark.dataset.at);
    this.preview?.show(position, position / this.#end, chapterAt(this.chapters, position), mark.dataset.label);
  }

  #pressed(event) {
    const mark = event.target.closest("button");
    if (mark) this.playback.seek(Number(mark.dataset.at), { play: true });
  }

  #alongMarks(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const marks = [...event.currentTarget.querySelectorAll("button")];
    const here = marks.indexOf(event.target);
    if (step === undefined || here < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = marks[here + step];
    if (!next || next.parentElement.hidden) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
