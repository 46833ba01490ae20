// Slides that a presenter leads: every page follows, whoever wants looks by themselves and comes back.

import { call } from "./api.js";
import { Pages } from "./dialog-materials.js";

const words = JSON.parse(document.getElementById("slides-words")?.textContent ?? "{}");
const names = JSON.parse(document.getElementById("meeting-words")?.textContent ?? "{}").names ?? {};

/** One file: its page is the presenter's until the reader turns it. */
class Slides extends Pages {
  constructor(root, page, turned) {
    super(root);
    this.led = page;
    this.turned = turned;
  }

  asked() {
    return this.led;
  }

  async show(number) {
    const page = Math.max(1, Math.min(this.document.numPages, number));
    const byHand = page !== this.led;
    await super.show(page);
    if (byHand) this.turned(page);
  }

  async follow(page) {
    this.led = page;
    if (this.document) await super.show(page);
  }
}

export class Led {
  constructor(root, { path, host, announce, own }) {
    this.root = root;
    this.path = path;
    this.host = host;
    this.announce = announce;
    this.own = own;
    this.slides = { file: "", page: 1, rev: -1, hand_id: null };
    this.following = true;
    this.pages = null;
    this.part("return").addEventListener("click", () => this.back());
    this.part("leave").addEventListener("click", () => this.leave());
    this.part("close").addEventListener("click", () => this.send("DELETE"));
    this.part("tools").addEventListener("submit", (event) => {
      event.preventDefault();
      this.open(Number(event.target.elements.deck.value));
    });
    document.addEventListener("keydown", (event) => this.key(event));
  }

  part(name) {
    return this.root.querySelector(`[data-slides-${name}]`);
  }

  get leads() {
    return this.host || (this.slides.hand_id !== null && this.slides.hand_id === this.own());
  }

  /** What the room says now. An older word than the known one is none. */
  changed(slides) {
    if (slides.rev < this.slides.rev) return;
    const before = this.slides;
    this.slides = slides;
    if (slides.file && slides.file !== before.file && before.rev >= 0) this.announce(words.opened.replace("%", slides.title));
    else if (before.file && !slides.file) this.announce(words.closed);
    else if (slides.file && slides.page !== before.page && this.following && !this.leads) this.announce(words.page.replace("%", slides.page));
    this.draw();
  }

  /** The replay: the page that was shown at this second of the recording. */
  at(moments, position) {
    let found = { file: "", page: 1, title: "" };
    for (const one of moments) if (one.position_s !== null && one.position_s <= position + 0.05) found = one;
    if (found.file === this.slides.file && found.page === this.slides.page) return;
    this.slides = { ...found, rev: this.slides.rev, hand_id: null };
    this.draw();
  }

  draw() {
    const { file, page, title } = this.slides;
    const isLeading = this.leads;
    this.root.hidden = !file && !isLeading;
    this.part("tools").hidden = !isLeading || this.part("tools").elements.deck.options.length === 0;
    this.part("close").hidden = !file;
    for (const button of document.querySelectorAll('[data-do="presenter"]')) {
      button.setAttribute("aria-pressed", String(Number(button.closest("[data-id]").dataset.id) === this.slides.hand_id));
    }
    if (!file) {
      this.part("place").replaceChildren();
      this.pages = null;
      this.following = true;
    } else if (this.pages?.source !== file) this.mount(file, page, title);
    else if (this.following || isLeading) this.pages.follow(page);
    else this.pages.led = page;
    this.tell();
  }

  mount(file, page, title) {
    const frame = document.getElementById("slides-frame").content.firstElementChild.cloneNode(true);
    frame.dataset.deck = file;
    frame.setAttribute("aria-label", title);
    frame.querySelector("[data-canvas]").setAttribute("aria-label", title);
    this.part("place").replaceChildren(frame);
    this.following = true;
    this.pages = new Slides(frame, page, (turned) => this.turned(turned));
  }

  tell() {
    const { file, presenter } = this.slides;
    const isLeading = this.leads;
    const name = presenter ? presenter.name || names[presenter.shown] : words.host;
    this.part("who").textContent = !file ? "" : isLeading && !this.host ? words.yours : words.led.replace("%", name);
    this.part("own").hidden = !file || isLeading || this.following;
    this.part("with").hidden = !file || isLeading || !this.following;
  }

  turned(page) {
    if (this.leads) {
      this.pages.led = page;
      this.send("POST", { material_id: this.slides.material_id, page });
    } else this.leave();
  }

  leave() {
    this.following = false;
    this.tell();
    this.part("return").focus();
  }

  back() {
    this.following = true;
    this.pages?.follow(this.slides.page);
    this.tell();
    this.root.querySelector("[data-deck]")?.focus();
  }

  open(materialId) {
    return this.send("POST", { material_id: materialId, page: 1 });
  }

  async send(method, body) {
    const problem = this.part("problem");
    problem.hidden = true;
    try {
      this.changed(await call(method, `${this.path}/slides`, body));
    } catch (refused) {
      problem.textContent = refused.status ? refused.message : document.body.dataset.offline ?? refused.message;
      problem.hidden = false;
      this.pages?.follow(this.slides.page);
    }
  }

  /** Presenters' remote controls send these keys; inside of the pages they are heard already. */
  key(event) {
    const step = { PageUp: -1, PageDown: 1 }[event.key];
    if (!step || !this.leads || !this.pages?.document || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("input, textarea, select, dialog, [data-deck]")) return;
    event.preventDefault();
    this.pages.show(this.pages.page + step);
  }
}
