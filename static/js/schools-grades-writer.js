// Sends changes of cells, those of a moment together, a column at a time; what could not be sent waits and is tried
// again. What the server does not take (somebody else was faster, no such grade) is shown above the grid.

import { call } from "./api.js";
import { Book } from "./schools-grades-book.js";

const GATHER_MS = 300;
const AGAIN_MS = 4_000;

export class Writer {
  constructor({ book, words, redraw, name, askReason }) {
    Object.assign(this, { book, words, redraw, name, askReason });
    this.waiting = []; // {column, patch}
    this.timer = 0;
    this.busy = false;
    this.status = document.querySelector("[data-saving]");
    this.clashes = document.querySelector("[data-clashes]");
    addEventListener("online", () => this.flush());
    addEventListener("beforeunload", (event) => this.waiting.length > 0 && event.preventDefault());
  }

  /** Writes a cell; `base`: of the entry the person saw. */
  put(column, pupil, attempt, text, { reason = "", base } = {}) {
    const key = Book.key(column, pupil, attempt);
    const patch = {
      pupil_id: pupil, attempt, text: text === "" ? null : text, reason, op_id: crypto.randomUUID(),
      base_rev: base ?? this.book.held(column, pupil, attempt)?.rev ?? 0,
    };
    this.waiting = this.waiting.filter((one) => one.sent || Book.key(one.column, one.patch.pupil_id, one.patch.attempt) !== key);
    this.waiting.push({ column, patch, sent: false });
    this.book.pending.set(key, { state: "sending", text: patch.text, op: patch.op_id });
    this.redraw(pupil, column);
    this.tell();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), GATHER_MS);
  }

  tell() {
    const n = this.waiting.length;
    if (n === 0) this.status.textContent = this.words.saved;
    else this.status.textContent = this.lost ? this.words.unsent.replace("{n}", n) : this.words.saving;
  }

  async flush() {
    if (this.busy || this.waiting.length === 0) return;
    this.busy = true;
    const { column } = this.waiting[0];
    const batch = this.waiting.filter((one) => one.column === column).slice(0, 50);
    for (const one of batch) one.sent = true;
    try {
      const path = `/api/schools/${this.book.about.school_id}/grades/columns/${column}/entries`;
      const answer = await call("POST", path, { patches: batch.map((one) => one.patch) });
      this.lost = false;
      this.waiting = this.waiting.filter((one) => !batch.includes(one));
      for (const result of answer.results) this.#came(column, result, batch.find((one) => one.patch.op_id === result.op_id).patch);
    } catch (fault) {
      if (fault.status && fault.status < 500 && fault.status !== 401) {
        this.waiting = this.waiting.filter((one) => !batch.includes(one));
        for (const { patch } of batch) this.#refused(column, patch, fault.message);
      } else {
        this.lost = true;
        for (const { patch } of batch) this.#mark(column, patch, "unsent");
      }
    }
    this.busy = false;
    this.tell();
    clearTimeout(this.timer);
    if (this.waiting.length > 0) this.timer = setTimeout(() => this.flush(), this.lost ? AGAIN_MS : 0);
  }

  #mark(column, patch, state) {
    const key = Book.key(column, patch.pupil_id, patch.attempt);
    if (this.book.pending.get(key)?.op !== patch.op_id) return; // a newer change of the cell is on its way
    if (state) this.book.pending.set(key, { ...this.book.pending.get(key), state });
    else this.book.pending.delete(key);
    this.redraw(patch.pupil_id, column);
  }

  #came(column, result, patch) {
    if (result.entry) this.book.put(result.entry);
    if (["saved", "same", "repeated"].includes(result.outcome)) this.#mark(column, patch, "");
    else if (result.outcome === "conflict") this.#clash(column, result, patch);
    else if (result.outcome === "reason_needed") {
      this.#mark(column, patch, "");
      this.askReason(column, patch);
    } else this.#refused(column, patch, result.problem);
  }

  #line(text, buttons) {
    const line = document.createElement("div");
    line.setAttribute("role", "group");
    const said = document.createElement("span");
    said.textContent = text;
    line.append(said);
    for (const [label, act] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-secondary btn-small";
      button.textContent = label;
      button.addEventListener("click", () => {
        line.remove();
        act();
      });
      line.append(button);
    }
    this.clashes.append(line);
  }

  #clash(column, result, patch) {
    this.#mark(column, patch, "clash");
    const theirs = result.entry?.text ?? null;
    const value = (text) => (text ? this.book.shown(text) : this.words.blank);
    const text = this.words.clash
      .replace("{who}", this.name(patch.pupil_id)).replace("{column}", this.book.title(this.book.columns.get(column)))
      .replace("{by}", result.entry?.by ?? "?").replace("{theirs}", value(theirs)).replace("{mine}", value(result.wanted));
    this.#line(text, [
      [this.words.leave.replace("{value}", value(theirs)), () => this.#mark(column, patch, "")],
      [this.words.write.replace("{value}", value(result.wanted)), () => {
        this.put(column, patch.pupil_id, patch.attempt, patch.text ?? "", { reason: patch.reason, base: result.entry?.rev ?? 0 });
      }],
    ]);
  }

  #refused(column, patch, problem) {
    this.#mark(column, patch, "refused");
    const text = this.words.refused.replace("{who}", this.name(patch.pupil_id)).replace("{value}", patch.text ?? "").replace("{problem}", problem);
    this.#line(text, [[this.words.understood, () => this.#mark(column, patch, "")]]);
  }
}
