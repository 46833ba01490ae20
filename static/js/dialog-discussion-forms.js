// Where people write: composers whose text stays in the browser until it was taken, and the questions in dialogs.

import { call } from "./api.js";
import { minute } from "./dialog-discussion-rows.js";

const SAVE_MS = 300;
const ASK_MS = 200;
const WARN_AT = 300; // characters left

let number = 0;

export function newKey() {
  return crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

/** What goes wrong, in words: the server's, or that it was not reached. */
export function said(problem, words) {
  return problem.status ? problem.message : words.unsent;
}

export function complain(place, text) {
  const line = place.querySelector("[data-problem], [data-list-problem]") ?? place;
  line.querySelector("span:last-child").textContent = text;
  line.hidden = !text;
}

/** A form for a comment. `send(values)` does the work; what was typed goes only when that has succeeded. */
export class Composer {
  constructor(form, { name, words, most, send, cancel, people, title = "", text = "", office = "", alignment = null, asks = false }) {
    Object.assign(this, { form, words, most, send, name, people });
    this.field = form.elements.text;
    this.key = newKey();
    const id = `composer-problem-${++number}`;
    this.problem = form.querySelector("[data-problem]");
    this.problem.id = id;
    this.problem.setAttribute("role", "alert");
    this.field.setAttribute("aria-describedby", id);
    const heading = form.querySelector("[data-title]");
    heading.textContent = title;
    heading.hidden = !title;
    form.querySelector("[data-alignment]")?.toggleAttribute("hidden", !asks);
    this.office = form.querySelector("[data-office]");
    if (office && this.office) {
      this.office.hidden = false;
      form.elements.office.value = office;
      form.elements.office.defaultValue = office;
    }
    if (text) this.field.value = text;
    if (alignment !== null && form.elements.alignment) form.elements.alignment.value = String(alignment);
    const dismiss = form.querySelector("[data-cancel]");
    if (cancel) {
      dismiss.hidden = false;
      dismiss.addEventListener("click", () => {
        this.forget();
        cancel();
      });
    }
    this.#restore();
    form.addEventListener("input", () => this.#typed());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    this.#size();
  }

  get dirty() {
    return this.field.value !== "" || this.form.contains(document.activeElement);
  }

  /** The moment of a picture that plays beside. */
  at(ms) {
    this.ms = ms;
    const line = this.form.querySelector("[data-moment]");
    if (!line || line.querySelector("input").checked) return;
    line.hidden = false;
    line.querySelector("[data-minute]").textContent = minute(ms);
    this.shownMs = ms;
  }

  forget() {
    clearTimeout(this.timer);
    try {
      localStorage.removeItem(this.name);
    } catch {
      // forbidden: nothing was kept either
    }
  }

  #restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.name));
      if (!kept?.text || this.field.value) return;
      this.field.value = kept.text;
      this.key = kept.key ?? this.key;
      if (kept.alignment && this.form.elements.alignment) this.form.elements.alignment.value = kept.alignment;
      this.form.querySelector("[data-left]").textContent = this.words.restored;
    } catch {
      // nothing is kept, or it is not ours
    }
  }

  #typed() {
    this.#complain("");
    this.#size();
    this.#ask();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      try {
        if (this.field.value.trim()) {
          localStorage.setItem(this.name, JSON.stringify({ text: this.field.value, alignment: this.form.elements.alignment?.value, key: this.key }));
        } else localStorage.removeItem(this.name);
      } catch {
        // full or forbidden: typing must go on
      }
    }, SAVE_MS);
  }

  #size() {
    const left = this.most - this.field.value.length;
    if (this.field.value) this.form.querySelector("[data-left]").textContent = left < WARN_AT ? this.words.left.replace("%", left) : "";
    this.field.style.blockSize = "auto";
    if (this.field.scrollHeight > this.field.clientHeight) this.field.style.blockSize = `${this.field.scrollHeight + 4}px`;
  }

  /** Names that begin as what stands behind the last @. */
  #ask() {
    const list = this.form.querySelector("[data-people]");
    const before = this.field.value.slice(0, this.field.selectionStart);
    const begun = /(?:^|[\s(])@([\p{L}][\p{L} .-]{0,40})$/u.exec(before)?.[1];
    clearTimeout(this.asking);
    if (!begun || !this.people) {
      list.hidden = true;
      return;
    }
    this.asking = setTimeout(async () => {
      let found = [];
      try {
        found = (await this.people(begun)).people;
      } catch {
        // suggestions are a help, no more
      }
      list.replaceChildren(
        ...found.map((person) => {
          const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-quiet btn-small", textContent: `@${person.name}` });
          button.addEventListener("click", () => {
            const at = before.length - begun.length;
            this.field.setRangeText(`${person.name} `, at, before.length, "end");
            list.hidden = true;
            this.field.focus();
            this.#typed();
          });
          return button;
        }),
      );
      list.hidden = found.length === 0;
    }, ASK_MS);
  }

  #complain(text) {
    complain(this.form, text);
    if (text) this.field.setAttribute("aria-invalid", "true");
    else this.field.removeAttribute("aria-invalid");
  }

  async #submit() {
    if (this.sending) return;
    const text = this.field.value;
    if (!text.trim()) {
      this.#complain(this.words.empty);
      this.field.focus();
      return;
    }
    this.sending = true;
    const button = this.form.querySelector("[type=submit]");
    button.setAttribute("aria-disabled", "true");
    this.#complain("");
    const moment = this.form.elements.moment?.checked ? this.shownMs : null;
    const alignment = Number(this.form.elements.alignment?.value ?? 0);
    try {
      await this.send({ text, alignment, anchor_ms: moment, sent_key: this.key, office: this.form.elements.office?.value ?? "" });
      this.key = newKey();
      if (this.field.value === text) {
        this.field.value = "";
        this.forget();
        if (this.form.elements.alignment) this.form.elements.alignment.value = "0";
        this.#size();
      }
      this.form.querySelector("[data-left]").textContent = "";
    } catch (problem) {
      this.#complain(said(problem, this.words));
      this.field.focus();
    } finally {
      this.sending = false;
      button.removeAttribute("aria-disabled");
    }
  }
}

/** Opens a dialog of the thread; `act(form)` is done on its button, and what fails is said inside it. */
export function question(root, name, words, act) {
  const dialog = root.querySelector(`[data-dialog=${name}]`);
  const form = dialog.querySelector("form");
  form.reset();
  const problem = form.querySelector("[data-problem]");
  if (problem) complain(form, "");
  form.onsubmit = async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      await act(form);
      dialog.close();
    } catch (fault) {
      complain(form, said(fault, words));
    } finally {
      button.disabled = false;
    }
  };
  dialog.showModal();
}

export function say(text, kind = "success", button = undefined) {
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind, button } }));
}

export { call };
