// The moderators' queue: entries come, change and go; j and k move, a lets stand, r asks for the reason.

import { call } from "./api.js";
import { complain, said, say } from "./dialog-discussion-forms.js";
import { authorName, counted, drawProse, drawTime } from "./dialog-discussion-rows.js";
import { connect } from "./live.js";

const SOUND = "gryf:queue-sound";
const COMMENTS = "/api/dialog/discussion/comments";
const root = document.querySelector("[data-queue]");

class Queue {
  constructor(root) {
    this.root = root;
    this.words = JSON.parse(root.querySelector("script[data-words]").textContent);
    this.list = root.querySelector("[data-list]");
    this.template = root.querySelector("template[data-row]");
    this.done = new Map(); // revisions of entries that are gone
    root.addEventListener("click", (event) => this.#pressed(event));
    root.addEventListener("submit", (event) => this.#submitted(event));
    this.list.addEventListener("focusin", (event) => this.#choose(event.target.closest(".queue-entry"), false));
    this.sound = document.querySelector("[data-sound]");
    if (this.sound) {
      this.sound.setAttribute("aria-pressed", String(localStorage.getItem(SOUND) === "1"));
      this.sound.addEventListener("click", () => this.#toggleSound());
    }
    connect().join(`dialog/moderation/${root.dataset.queue}`, {
      snapshot: (view) => {
        const here = new Set(view.entries.map((entry) => String(entry.id)));
        if (view.more === 0) for (const item of [...this.list.children]) if (!here.has(item.dataset.id) && !this.#busy(item)) item.remove();
        for (const entry of view.entries) this.#take(entry);
        this.more = view.more;
        this.#count();
      },
      event: (event) => {
        if (this.#take(event.entry) && event.entry.waits) this.#ring();
      },
    });
    this.#choose(this.list.firstElementChild, false);
  }

  #busy(item) {
    return item.querySelector("[data-reason]:not([hidden])") !== null;
  }

  /** Whether it is a new entry. */
  #take(entry) {
    const known = this.list.querySelector(`:scope > [data-id="${entry.id}"]`);
    if (Number(known?.dataset.rev ?? this.done.get(entry.id) ?? -1) >= entry.rev) return false;
    if (!entry.waits) {
      this.done.set(entry.id, entry.rev);
      if (known) this.#remove(known);
      this.#count();
      return false;
    }
    if (known) {
      this.#fill(known, entry);
      return false;
    }
    this.list.append(this.#fill(this.template.content.firstElementChild.cloneNode(true), entry));
    if (this.list.children.length === 1) this.#choose(this.list.firstElementChild, false);
    this.#count();
    return true;
  }

  #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    const focused = item.contains(document.activeElement);
    const current = item === this.current;
    item.remove();
    if (current) this.#choose(next, focused);
  }

  #fill(item, entry) {
    Object.assign(item.dataset, { id: entry.id, rev: entry.rev, state: entry.state });
    item.toggleAttribute("data-appeal", entry.appeal !== "");
    const { words } = this;
    const name = authorName(entry.author, words);
    const held = entry.state === "held";
    const texts = {
      author_name: name,
      real_name: entry.real_name === name ? "" : entry.real_name,
      state_text: words.states[entry.state],
      thread: entry.thread,
      approve_text: entry.appeal ? words.accept : held ? words.publish : words.stand,
      refuse_text: entry.appeal ? words.decline : held ? words.refuse : words.remove,
    };
    for (const part of item.querySelectorAll("[data-text]")) part.textContent = texts[part.dataset.text] ?? "";
    for (const part of item.querySelectorAll("[data-if]")) part.hidden = (part.dataset.if === "for" ? 1 : -1) !== entry.alignment;
    item.querySelector("[data-value]").href = entry.path;
    drawTime(item.querySelector("[data-time]"), entry.at);
    drawProse(item.querySelector("[data-body]"), entry.body, words);
    item.querySelector("[data-why]").replaceChildren(...this.#why(entry));
    return item;
  }

  #why(entry) {
    const { words } = this;
    const line = (strong, text) => {
      const item = document.createElement("li");
      if (strong) item.append(Object.assign(document.createElement("strong"), { textContent: strong }), " ");
      item.append(text);
      return item;
    };
    const why = (reason) => (reason.startsWith("word:") ? words.why.word.replace("%", reason.slice(5)) : (words.why[reason] ?? ""));
    const lines = entry.held_for.map((reason) => line("", why(reason)));
    for (const report of entry.reports) lines.push(line(words.reported[report.reason], report.note));
    if (entry.appeal) lines.push(line(words.appeal, `${entry.appeal} (${words.reason} ${entry.reason})`));
    return lines;
  }

  #count() {
    const count = this.list.children.length + (this.more ?? 0);
    const text = counted(this.words.waiting, count);
    const line = this.root.querySelector("[data-count]");
    if (line.textContent !== text) line.textContent = text;
    this.root.querySelector("[data-empty]").hidden = this.list.children.length > 0;
  }

  #choose(item, focus) {
    this.current?.classList.remove("current");
    this.current = item ?? null;
    item?.classList.add("current");
    if (focus) item?.querySelector("article").focus();
  }

  #step(by) {
    const items = [...this.list.children];
    const at = items.indexOf(this.current);
    const next = items[Math.min(items.length - 1, Math.max(0, at + by))];
    if (!next) return;
    this.#choose(next, true);
    next.scrollIntoView({ block: "nearest" });
  }

  #pressed(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.step) this.#step(Number(button.dataset.step));
    else if (button.dataset.press && this.current) this.#decide(this.current, button.dataset.press);
    else if (button.dataset.decide) this.#decide(button.closest(".queue-entry"), button.dataset.decide);
    else if (button.hasAttribute("data-ready")) {
      const field = button.closest("form").elements.reason;
      field.value = button.textContent;
      field.focus();
    } else if (button.hasAttribute("data-cancel")) {
      const form = button.closest("form");
      form.hidden = true;
      form.closest("article").focus();
    }
  }

  #decide(item, what) {
    if (this.root.dataset.mayDecide === "") return;
    if (what === "approve") this.#send(item, "approve", "");
    else {
      const form = item.querySelector("[data-reason]");
      form.hidden = false;
      form.elements.reason.focus();
    }
  }

  #submitted(event) {
    event.preventDefault();
    const form = event.target;
    this.#send(form.closest(".queue-entry"), "refuse", form.elements.reason.value);
  }

  async #send(item, what, reason) {
    if (item.dataset.sending) return;
    item.dataset.sending = "1";
    complain(item, "");
    const { id } = item.dataset;
    const rev = Number(item.dataset.rev);
    const appeal = item.hasAttribute("data-appeal");
    const path = `${COMMENTS}/${id}`;
    try {
      const decided = appeal
        ? await call("POST", `${path}/appeal-decision`, { accepted: what === "approve", answer: reason, rev })
        : await call("POST", `${path}/${what}`, { reason, rev });
      this.done.set(Number(id), rev);
      if (item.isConnected) this.#remove(item);
      this.#count();
      const undo = { text: this.words.undone, press: () => this.#undo(path) };
      if (what === "refuse" && !appeal) say(this.words.ended, "success", undo);
      else say(decided.state === "shown" ? this.words.approved : this.words.ended);
    } catch (problem) {
      complain(item, said(problem, this.words));
    } finally {
      delete item.dataset.sending;
    }
  }

  async #undo(path) {
    try {
      await call("POST", `${path}/restore`);
      say(this.words.restored);
    } catch (problem) {
      say(said(problem, this.words), "danger");
    }
  }

  #toggleSound() {
    const on = this.sound.getAttribute("aria-pressed") !== "true";
    this.sound.setAttribute("aria-pressed", String(on));
    if (on) localStorage.setItem(SOUND, "1");
    else localStorage.removeItem(SOUND);
    if (on) this.#ring();
  }

  #ring() {
    if (this.sound?.getAttribute("aria-pressed") !== "true") return;
    this.audio ??= new AudioContext();
    const tone = this.audio.createOscillator();
    const volume = this.audio.createGain();
    volume.gain.setValueAtTime(0.08, this.audio.currentTime);
    volume.gain.exponentialRampToValueAtTime(0.001, this.audio.currentTime + 0.3);
    tone.frequency.value = 660;
    tone.connect(volume).connect(this.audio.destination);
    tone.start();
    tone.stop(this.audio.currentTime + 0.3);
  }
}

if (root) new Queue(root);
