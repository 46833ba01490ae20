// Other services that get the session's picture too: their state, start and stop, adding and removing.

import { call } from "./api.js";
import { fill, redraw, upsert } from "./rows.js";

export class Targets {
  /** `act(work, button)`: the desk's way of doing something and saying what went wrong. */
  constructor(element, streamId, words, act) {
    this.element = element;
    this.base = `/api/media/streams/${streamId}/targets`;
    this.words = words;
    this.act = act;
    this.list = element.querySelector("[data-targets]");
    this.template = element.querySelector("template");
    this.empty = element.querySelector("[data-targets-empty]");
    this.form = element.querySelector("form");
    this.list.addEventListener("click", (event) => this.#pressed(event));
    this.form.addEventListener("submit", (event) => this.#add(event));
    this.load();
  }

  async load() {
    try {
      const { targets } = await call("GET", this.base);
      redraw(this.list, this.template, targets.map((one) => this.#row(one)));
      this.#emptiness();
    } catch {
      this.element.hidden = true; // this server sends nowhere else
    }
  }

  /** An event of the stream's room. */
  hear(event) {
    if (event.type === "TargetChanged") this.#take(event.target);
    if (event.type === "TargetRemoved") this.#remove(event.target_id);
  }

  #row(target) {
    const said = this.words.states[target.state] ?? target.state;
    return { ...target, title: target.name || target.url, said, note: target.reason };
  }

  #take(target) {
    const row = this.#row(target);
    const { element } = upsert(this.list, this.template, row);
    fill(element, row); // `since` and dropped packets change without a new rev
    this.#emptiness();
  }

  #remove(id) {
    this.list.querySelector(`:scope > [data-id="${id}"]`)?.remove();
    this.#emptiness();
  }

  #emptiness() {
    this.empty.hidden = this.list.children.length > 0;
  }

  async #pressed(event) {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    const { id } = button.closest("[data-id]").dataset;
    const work = button.dataset.do;
    if (work === "remove") {
      const gone = await this.act(async () => {
        await call("DELETE", `${this.base}/${id}`);
        return true;
      }, button);
      if (gone) this.#remove(id);
      return;
    }
    const target = await this.act(() => call("POST", `${this.base}/${id}/${work}`), button);
    if (target) this.#take(target);
  }

  async #add(event) {
    event.preventDefault();
    const { url, key, name } = this.form.elements;
    const body = { url: url.value.trim(), key: key.value.trim(), name: name.value.trim() };
    const target = await this.act(() => call("POST", this.base, body), this.form.querySelector("button"));
    if (!target) return;
    this.form.reset();
    this.#take(target);
  }
}
