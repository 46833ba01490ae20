// The clerks' private notes: saved as they are typed, kept on this device until the server has them. Who typed into an
// older note than the server's is shown both, and decides.

import { call, Problem } from "./api.js";
import { connect } from "./live.js";

const SAVE_AFTER_MS = 700;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

const root = document.querySelector("[data-notes]");
const words = JSON.parse(document.getElementById("notes-words").textContent);
const sessionId = root.dataset.notes;
const address = `/api/council/sessions/${sessionId}/notes`;
const place = root.querySelector("[data-note-place]");
const body = root.querySelector("[data-note-body]");
const state = root.querySelector("[data-note-state]");
const conflict = root.querySelector("[data-note-conflict]");

const say = (text) => {
  if (state.textContent !== text) state.textContent = text;
};

// One note of this page. `rev`: of the server's note that the words were typed into; `theirs`: a newer one beside them.
class Draft {
  text = "";
  rev = 0;
  dirty = false;
  theirs = null;
  #timer = 0;
  #saving = false;
  #sent = null;
  #attempt = 0;

  constructor(id) {
    this.id = id;
    this.key = `gryf:notes:${sessionId}:${id}`;
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      if (typeof kept?.text === "string") Object.assign(this, { text: kept.text, rev: kept.rev, dirty: true });
    } catch {
      // nothing that can be read
    }
  }

  type(text) {
    this.text = text;
    this.#keep();
    if (!this.theirs) this.save(SAVE_AFTER_MS);
  }

  save(after_ms = 0) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), after_ms);
  }

  retry() {
    this.#attempt = 0;
    if (this.dirty && !this.theirs) this.save();
  }

  learn(note) {
    if (note.rev <= this.rev) return;
    if (!this.dirty) Object.assign(this, { text: note.body, rev: note.rev });
    else if (note.body === this.text) this.#settle(note);
    else if (note.body === this.#sent) this.rev = note.rev;
    else if (!this.theirs || note.rev > this.theirs.rev) this.theirs = note;
    draw(this);
  }

  take(which) {
    const { theirs } = this;
    if (!theirs) return;
    this.theirs = null;
    this.rev = theirs.rev;
    if (which === "theirs") {
      this.text = theirs.body;
      this.#settle(theirs);
    } else {
      if (which === "both") this.text = [theirs.body, this.text].filter((one) => one.trim()).join("\n\n");
      this.#keep();
      this.save();
    }
    draw(this);
  }

  #keep() {
    this.dirty = true;
    try {
      localStorage.setItem(this.key, JSON.stringify({ text: this.text, rev: this.rev }));
    } catch {
      // a device that is full: the page still has the words
    }
  }

  #settle(note) {
    this.rev = note.rev;
    this.theirs = null;
    if (this.text !== note.body) return;
    this.dirty = false;
    localStorage.removeItem(this.key);
  }

  async #send() {
    if (this.#saving || !this.dirty || this.theirs) return;
    this.#saving = true;
    this.#sent = this.text;
    if (shown === this) say(words.saving);
    try {
      const note = await call("PUT", address, { item_id: this.id ? Number(this.id) : null, body: this.text, rev: this.rev });
      this.#attempt = 0;
      if (note.rev >= this.rev) this.#settle(note);
      if (this.dirty) this.save(SAVE_AFTER_MS);
      else if (shown === this) say(words.saved);
    } catch (problem) {
      await this.#refused(problem);
    } finally {
      this.#saving = false;
      this.#sent = null;
    }
    draw(this);
  }

  async #refused(problem) {
    const lasting = problem instanceof Problem && problem.status < 500 && ![408, 409, 429].includes(problem.status);
    if (lasting) {
      if (shown === this) say(problem.message);
      return;
    }
    if (problem.status === 409) {
      this.#sent = null; // what stands there is not what was sent
      const view = await call("GET", address).catch(() => null);
      if (view) {
        view.notes.forEach(hear);
        return;
      }
    }
    if (shown === this) say(words.offline);
    this.save(Math.min(FIRST_PAUSE_MS * 2 ** this.#attempt, LONGEST_PAUSE_MS));
    this.#attempt += 1;
  }
}

const drafts = new Map();
let shown = null;
let chosen = false; // by hand: the note does not follow the agenda until the next item begins

function draftOf(id) {
  if (!drafts.has(id)) drafts.set(id, new Draft(id));
  return drafts.get(id);
}

function hear(note) {
  if (note.kind === "session" || note.item_id) draftOf(note.item_id ? String(note.item_id) : "").learn(note);
  mark();
}

function draw(draft) {
  if (draft !== shown) return;
  if (body.value !== draft.text) body.value = draft.text;
  conflict.hidden = !draft.theirs;
  if (!draft.theirs) return;
  root.querySelector("[data-note-whose]").textContent = words.changed.replace("%1", draft.theirs.changed_by || words.somebody);
  root.querySelector("[data-note-theirs]").textContent = draft.theirs.body || words.emptied;
}

function show(id) {
  place.value = id;
  shown = draftOf(place.value);
  say("");
  draw(shown);
  if (shown.dirty) shown.retry();
}

function mark() {
  for (const option of place.options) {
    option.dataset.title ??= option.textContent;
    const text = drafts.get(option.value)?.text.trim() ? words.marked.replace("%1", option.dataset.title) : option.dataset.title;
    if (option.textContent !== text) option.textContent = text;
  }
}

function list(items) {
  const [whole] = place.options;
  const rows = items.map((item) => {
    const option = new Option(`${item.number}. ${item.title}`, item.id);
    option.dataset.title = option.textContent;
    return option;
  });
  place.replaceChildren(whole, ...rows);
  place.value = shown?.id ?? "";
  if (place.selectedIndex < 0) show("");
  mark();
}

function follow(item) {
  if (item && !chosen && document.activeElement !== body && document.activeElement !== place) show(String(item.id));
}

body.addEventListener("input", () => {
  shown.type(body.value);
  mark();
});
body.addEventListener("blur", () => shown.dirty && !shown.theirs && shown.save());
place.addEventListener("change", () => {
  chosen = true;
  show(place.value);
});
conflict.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  if (!button) return;
  shown.take(button.dataset.take);
  body.focus();
});
addEventListener("online", () => drafts.forEach((draft) => draft.retry()));

show(place.value);
const live = connect();
live.join(`council/session/${sessionId}/notes`, {
  snapshot: (view) => {
    body.readOnly = false;
    view.notes.forEach(hear);
    // what this device kept, of notes that nobody else has
    for (const option of place.options) if (draftOf(option.value).dirty) draftOf(option.value).retry();
    mark();
  },
  event: (event) => event.type === "NoteChanged" && hear(event.note),
});
live.join(`council/session/${sessionId}`, {
  snapshot: (view) => {
    list(view.items);
    follow(view.items.find((item) => item.state === "current"));
  },
  event: (event) => {
    if (event.type === "AgendaReplaced") list(event.items);
    if (event.type !== "AgendaItemChanged" || event.item.state !== "current") return;
    chosen = false;
    follow(event.item);
  },
});
