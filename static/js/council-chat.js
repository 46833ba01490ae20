// The chat beside a session: shared by residents and by the clerk's desk.

import { call } from "./api.js";
import { fill, redraw, upsert } from "./rows.js";

const KEPT = 400; // rows in the page; older ones are a press away in the API

export class Chat {
  /** `path`, `room`, `row`: of another talk than a session's, with the same shapes. */
  constructor(element, sessionId, { path = `/api/council/sessions/${sessionId}`, room = `council/session/${sessionId}/chat`, row = asRow } = {}) {
    this.element = element;
    this.sessionId = sessionId;
    this.path = path;
    this.room = room;
    this.row = row;
    this.list = element.querySelector("[data-messages]");
    this.template = element.querySelector("template");
    this.scroller = element.querySelector("[data-scroller]");
    this.more = element.querySelector("[data-more]");
    this.empty = element.querySelector("[data-empty]");
    this.form = element.querySelector("form[data-send]");
    this.closed = element.querySelector("[data-closed]");
    this.unseen = 0;
    this.#prepareForm();
    this.list.addEventListener("click", (event) => this.#pressed(event));
    this.more?.addEventListener("click", () => this.#toEnd());
    this.scroller.addEventListener("scroll", () => this.#atEnd() && this.#seen(), { passive: true });
    this.#toEnd();
  }

  join(live) {
    live.join(this.room, {
      snapshot: (view) => {
        const stay = !this.#atEnd();
        redraw(this.list, this.template, view.messages.map(this.row));
        this.#open(view.open ?? true);
        this.#emptiness();
        if (!stay) this.#toEnd();
      },
      event: (event) => this.#happened(event),
    });
  }

  keepDraft() {
    if (this.field) sessionStorage.setItem(this.draftKey, this.field.value);
  }

  #prepareForm() {
    if (!this.form) return;
    this.field = this.form.querySelector("textarea");
    this.problem = this.form.querySelector("[data-problem]");
    this.draftKey = `chat-draft-${this.room}`;
    this.field.value = sessionStorage.getItem(this.draftKey) ?? this.field.value;
    this.field.addEventListener("input", () => this.keepDraft());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  async #send() {
    const text = this.field.value;
    if (!text.trim() || this.sending) return;
    this.sending = true;
    this.#complain("");
    try {
      const message = await call("POST", `${this.path}/messages`, { body: text });
      if (this.field.value === text) this.field.value = "";
      this.keepDraft();
      this.#add(message);
      this.#toEnd();
    } catch (problem) {
      this.#complain(problem.status ? problem.message : this.element.dataset.unsent);
    } finally {
      this.sending = false;
    }
  }

  #complain(text) {
    this.problem.textContent = text;
    this.problem.hidden = !text;
    if (text) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }

  #happened(event) {
    if (["ChatMessageSent", "MessageSent"].includes(event.type)) this.#add(event.message);
    else if (event.message) {
      const { element } = upsert(this.list, this.template, this.row(event.message));
      fill(element, this.row(event.message));
    }
    if (event.type === "SessionChanged") this.#open(event.session.chat_open);
  }

  #add(message) {
    const atEnd = this.#atEnd();
    const { added } = upsert(this.list, this.template, this.row(message));
    if (!added) return;
    while (this.list.children.length > KEPT && atEnd) this.list.firstElementChild.remove();
    this.#emptiness();
    if (atEnd) this.#toEnd();
    else {
      this.unseen += 1;
      this.more.textContent = this.element.dataset.unseen.replace("%", this.unseen);
      this.more.hidden = false;
    }
  }

  #open(isOpen) {
    if (this.form) this.form.hidden = !isOpen;
    if (this.closed) this.closed.hidden = isOpen;
  }

  #emptiness() {
    if (this.empty) this.empty.hidden = this.list.children.length > 0;
  }

  async #pressed(event) {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    const row = button.closest("[data-id]");
    button.disabled = true;
    try {
      const path = `${this.path}/messages/${row.dataset.id}/${button.dataset.do}`;
      fill(row, this.row(await call("POST", path)));
    } catch (problem) {
      if (this.problem) this.#complain(problem.message);
    } finally {
      button.disabled = false;
    }
  }

  #atEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 60;
  }

  #toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#seen();
  }

  #seen() {
    this.unseen = 0;
    if (this.more) this.more.hidden = true;
  }
}

function asRow(message) {
  return { ...message, state: message.hidden ? "hidden" : "shown" };
}
