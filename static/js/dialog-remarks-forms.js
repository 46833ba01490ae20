// Forms of a draft with remarks: writing and changing a remark, hiding one. What was typed stays until it was taken.

import { call } from "./api.js";
import { selectedIn, trimmed } from "./dialog-remarks-text.js";

/** Shows what is wrong beside the fields; `problem` null: nothing is. */
function showFaults(form, problem) {
  const fields = problem?.body?.fields ?? {};
  let first = null;
  for (const place of form.querySelectorAll("[data-error-of]")) {
    const name = place.dataset.errorOf;
    const general = problem && !Object.keys(fields).length ? problem.message : "";
    const text = name ? (fields[name] ?? "") : general;
    place.textContent = text;
    place.hidden = !text;
    const field = name ? form.elements[name] : null;
    if (!field) continue;
    field.toggleAttribute("aria-invalid", Boolean(text));
    if (text) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", place.id);
      first ??= field;
    }
  }
  first?.focus();
}

/** The dialog in which a remark is written: on a paragraph, or on words that are selected in it. */
export class Composer {
  constructor(draft, words, say) {
    Object.assign(this, { draft, words, say, target: null, span: null, editing: null });
    this.dialog = draft.root.querySelector("[data-composer]");
    this.form = this.dialog.querySelector("form");
    this.picker = this.dialog.querySelector("[data-picker]");
    this.picked = this.dialog.querySelector("[data-picked]");
    this.bar = draft.root.querySelector("[data-selection]");
    this.held = null; // what was selected in the text
    this.dialog.querySelector("[data-cancel]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.opener?.focus());
    this.dialog.querySelector("[data-whole]").addEventListener("click", () => this.pick(null));
    this.form.addEventListener("submit", (event) => this.send(event));
    // not `readonly`: a field that cannot be written in has no caret, and without caret no selection by keyboard
    this.picker.addEventListener("beforeinput", (event) => event.preventDefault());
    for (const name of ["select", "keyup", "pointerup", "touchend"]) this.picker.addEventListener(name, () => this.picks());
    document.addEventListener("selectionchange", () => (document.activeElement === this.picker ? this.picks() : this.selects()));
    this.bar.querySelector("button").addEventListener("click", (event) => {
      const held = this.held;
      if (held) this.open(held.paragraph, held, event.currentTarget);
    });
    this.bar.addEventListener("pointerdown", (event) => event.preventDefault()); // the selection stays
  }

  /** Something is selected in the text: the button for it comes, at the foot of the window. */
  selects() {
    if (this.dialog.open) return;
    const found = selectedIn(this.draft.text);
    if (found) this.held = found;
    this.bar.hidden = !found;
  }

  picks() {
    const { selectionStart, selectionEnd, value } = this.picker;
    if (selectionStart !== selectionEnd) this.pick(trimmed(value, selectionStart, selectionEnd));
  }

  pick(span) {
    this.span = span;
    const short = span && span.quote.length > 120 ? `${span.quote.slice(0, 119)}…` : span?.quote;
    const text = span ? this.words.picked.replace("%", short) : this.words.whole;
    if (this.picked.textContent !== text) this.picked.textContent = text;
    this.dialog.querySelector("[data-whole]").hidden = !span;
  }

  open(paragraph, span, opener) {
    this.begin(opener, this.words.add.replace("%", paragraph.dataset.place));
    this.editing = null;
    this.target = paragraph;
    this.dialog.querySelector("[data-words]").hidden = false;
    this.picker.defaultValue = paragraph.querySelector("[data-body]").textContent; // so it does not count as typed
    this.picker.value = this.picker.defaultValue;
    this.pick(span);
    if (span?.more) this.say(this.words.one, "info");
    this.form.elements.text.focus();
  }

  edit(row, opener) {
    this.begin(opener, this.words.edit.replace("%", row.place));
    this.editing = row;
    this.dialog.querySelector("[data-words]").hidden = true;
    this.form.elements.text.value = row.text;
    this.form.elements.proposal.value = row.proposal;
    this.form.elements.text.focus();
  }

  begin(opener, title) {
    if (this.editing) this.form.reset();
    this.opener = opener;
    this.bar.hidden = true;
    showFaults(this.form, null);
    this.dialog.querySelector("[data-composer-title]").textContent = title;
    this.dialog.showModal();
  }

  /** There is a newer version: what is being written is kept, and is sent on the version it was begun on. */
  newer() {
    this.say(this.words.newer, "info");
  }

  get isOpen() {
    return this.dialog.open;
  }

  async send(event) {
    event.preventDefault();
    if (this.busy) return;
    this.busy = true;
    this.draft.root.dataset.busy = "1";
    const { text, proposal } = this.form.elements;
    const said = { text: text.value, proposal: proposal.value };
    try {
      const row = this.editing
        ? await call("PUT", `/api/dialog/remarks/${this.editing.id}`, { ...said, rev: this.editing.rev })
        : await call("POST", `/api/dialog/blocks/${this.draft.id}/remarks`, {
            ...said,
            paragraph_id: this.target.dataset.paragraph,
            version: this.draft.version,
            quote: this.span?.quote ?? "",
            starts: this.span?.starts ?? 0,
          });
      this.taken(row);
    } catch (problem) {
      if (!problem.status) throw problem;
      showFaults(this.form, problem);
    } finally {
      this.busy = false;
      delete this.draft.root.dataset.busy;
    }
  }

  taken(row) {
    const isNew = !this.editing;
    this.form.reset();
    this.form.dispatchEvent(new Event("input", { bubbles: true })); // the kept draft is empty too
    this.editing = null;
    this.draft.mine.add(row.id);
    getSelection()?.removeAllRanges();
    this.dialog.close();
    this.say(isNew ? this.words.sent : this.words.saved);
    this.draft.take(row, true);
  }
}

/** The moderators' dialog: a remark is hidden, and why. */
export class Hiding {
  constructor(draft, say) {
    Object.assign(this, { draft, say, id: 0 });
    this.dialog = draft.root.querySelector("[data-hiding]");
    this.form = this.dialog.querySelector("form");
    this.dialog.querySelector("[data-cancel]").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.opener?.focus());
    this.form.addEventListener("submit", (event) => this.send(event));
  }

  open(id, opener) {
    Object.assign(this, { id, opener });
    showFaults(this.form, null);
    this.dialog.showModal();
    this.form.elements.reason.focus();
  }

  async send(event) {
    event.preventDefault();
    try {
      const row = await call("POST", `/api/dialog/remarks/${this.id}/hide`, { reason: this.form.elements.reason.value });
      this.form.reset();
      this.dialog.close();
      this.draft.take(row, true);
    } catch (problem) {
      if (!problem.status) throw problem;
      showFaults(this.form, problem);
    }
  }
}
