// The transcript: pages of lines, of which only those near the eye are in the document, so that the words of an
// eleven-hour session cost no more than those of a short one. It follows the picture, and a pressed line is played.

import { call } from "./api.js";
import { clockOf } from "./player/timeline.js";

const LINE_PX = 44; // guessed until a page was seen
const NEAR = "800px 0px";

export class Transcript {
  #head = { count: 0, page: 400, starts: [], track: null };
  #pages = []; // {element, lines: null | Line[], loading}
  #query = { language: "", version: 0 };
  #current = null; // element of the line that is said
  #following = true;
  #tail = new Map(); // lines that came live, after the head was read
  #hits = [];
  #hit = -1;
  #asked = 0;
  #moving = 0;

  constructor(root, { sessionId, player, words }) {
    this.root = root;
    this.player = player;
    this.words = words;
    this.address = `/api/council/sessions/${sessionId}/transcript`;
    this.live = root.dataset.live === "true";
    this.scroller = root.querySelector("[data-scroller]");
    this.list = root.querySelector("[data-pages]");
    this.template = root.querySelector("[data-line]");
    this.observer = new IntersectionObserver((entries) => entries.forEach((one) => this.#seen(one)), {
      root: this.scroller,
      rootMargin: NEAR,
    });
    this.list.addEventListener("click", (event) => this.#pressed(event));
    this.scroller.addEventListener("wheel", () => this.#follow(false), { passive: true });
    this.scroller.addEventListener("touchmove", () => this.#follow(false), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.#keyed(event));
    root.querySelector("[data-follow]").addEventListener("click", () => this.#follow(true));
    this.#setUpSearch();
    root.querySelector("[data-version]")?.addEventListener("change", ({ target }) => this.#choose(target));
    player?.playback.addEventListener("time", () => this.#tick());
    // a hidden tab has no heights to scroll by
    root.closest("[data-tabs]")?.addEventListener("tab", () => this.#tick({ jump: true }));
    this.restart();
  }

  /** What there is, anew: another version, or other captions. */
  async restart() {
    const asked = ++this.#asked;
    let head;
    try {
      head = await call("GET", `${this.address}?${this.#params()}`);
    } catch {
      setTimeout(() => asked === this.#asked && this.restart(), 5000);
      return;
    }
    if (asked !== this.#asked) return;
    this.#head = head;
    this.observer.disconnect();
    this.#current = null;
    this.#pages = head.starts.map((begin, number) => this.#page(number, begin));
    this.list.replaceChildren(...this.#pages.map((page) => page.element));
    this.#tail.clear();
    // hits are of the words before: another search finds what there is now
    this.#found = "";
    this.#hits = [];
    this.#hit = -1;
    this.#showHits();
    for (const page of this.#pages) this.observer.observe(page.element);
    this.root.querySelector("[data-empty]").hidden = head.count > 0;
    if (this.#atEdge) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** After a long cut lines may have been missed. */
  refresh() {
    if (this.live && this.#head.track) this.restart();
  }

  /** A line that was typed or corrected this moment. */
  line(line) {
    const known = this.list.querySelector(`[data-id="${line.id}"]`);
    if (known) {
      known.querySelector(".transcript-text").textContent = line.text;
      return;
    }
    if (!this.live || line.rev > 1) return;
    if (this.#pages.length === 0) {
      this.restart();
      return;
    }
    const last = this.#pages.at(-1);
    if (last.lines === null || this.#tail.has(line.id)) return; // it comes with its page
    this.#tail.set(line.id, line);
    last.lines.push(line);
    const follows = this.#following;
    last.element.append(this.#drawn(line, last.lines.at(-2)));
    this.root.querySelector("[data-empty]").hidden = true;
    if (follows && this.#atEdge) this.#scrollTo(last.element.lastElementChild);
  }

  removed(id) {
    const row = this.list.querySelector(`[data-id="${id}"]`);
    const page = row && this.#pages[Number(row.parentElement.dataset.page)];
    if (!page?.lines) return;
    page.lines = page.lines.filter((line) => line.id !== id); // rows and lines stay in step
    row.remove();
  }

  get #atEdge() {
    return this.live && (this.player?.playback.atEdge ?? true);
  }

  #params() {
    const { language, version } = this.#query;
    return new URLSearchParams({ ...(language && { language }), ...(version && { version }) });
  }

  #choose(select) {
    const [option] = select.selectedOptions;
    this.#query = { language: option.dataset.language, version: Number(option.value) };
    for (const link of this.root.querySelectorAll("[data-files] a")) {
      const url = new URL(link.href);
      url.pathname = url.pathname.replace(/[a-z]+(\.[a-z]+)$/, `${option.dataset.language}$1`);
      url.searchParams.set("version", option.value);
      link.href = url;
    }
    this.restart();
  }

  // pages

  #page(number, begin) {
    const element = document.createElement("div");
    element.dataset.page = number;
    const count = Math.min(this.#head.page, this.#head.count - number * this.#head.page);
    element.style.height = `${count * LINE_PX}px`;
    return { element, number, begin, lines: null, loading: null };
  }

  #seen(entry) {
    const page = this.#pages[Number(entry.target.dataset.page)];
    if (page?.element !== entry.target) return;
    if (entry.isIntersecting) this.#load(page);
    else if (page.lines !== null && !page.element.contains(this.#current) && !(this.live && page === this.#pages.at(-1))) this.#unload(page);
  }

  async #load(page) {
    if (page.lines !== null || page.loading) return page.loading;
    const asked = this.#asked;
    page.loading = call("GET", `${this.address}/pages/${page.number}?${this.#params()}`)
      .then(({ lines }) => {
        if (asked !== this.#asked) return;
        page.lines = lines;
        const rows = lines.map((line, place) => this.#drawn(line, lines[place - 1]));
        const above = page.element.getBoundingClientRect().top < this.scroller.getBoundingClientRect().top;
        const before = page.element.offsetHeight;
        page.element.style.height = "";
        page.element.replaceChildren(...rows);
        // what is read stays where it is when a page above it turns out longer or shorter
        if (above && !this.#following) this.scroller.scrollTop += page.element.offsetHeight - before;
        this.#tick();
        this.#markHits();
      })
      .catch(() => setTimeout(() => asked === this.#asked && this.#load(page), 3000))
      .finally(() => (page.loading = null));
    return page.loading;
  }

  #unload(page) {
    page.element.style.height = `${page.element.offsetHeight}px`;
    page.element.replaceChildren();
    page.lines = null;
  }

  #drawn(line, before) {
    let row = this.template.content.firstElementChild.cloneNode(true);
    if (!this.player) {
      // nothing can be played: it is text, not a button
      const plain = document.createElement("div");
      plain.className = row.className;
      plain.append(...row.childNodes);
      row = plain;
    }
    row.dataset.id = line.id;
    row.dataset.begin = line.begin_ms;
    if (line.index !== undefined) row.dataset.index = line.index;
    const speaker = row.querySelector("[data-speaker]");
    speaker.textContent = line.speaker;
    speaker.hidden = !line.speaker || before?.speaker === line.speaker;
    const clock = clockOf(line.begin_ms / 1000);
    row.querySelector("time").textContent = clock;
    row.querySelector(".transcript-text").textContent = line.withheld ? this.words.withheld.replace("%", line.withheld) : line.text;
    row.classList.toggle("is-withheld", Boolean(line.withheld));
    return row;
  }

  // the picture

  #pressed(event) {
    const row = event.target.closest("[data-begin]");
    if (!row || !this.player) return;
    const at = Number(row.dataset.begin) / 1000;
    this.player.seek(at);
    if (!this.live) history.replaceState(null, "", `#t=${Math.floor(at)}`);
    this.#follow(true);
  }

  #keyed(event) {
    if (["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"].includes(event.key)) this.#follow(false);
    const row = event.target.closest("[data-begin]");
    const to = row && { ArrowDown: nextRow(row, 1), ArrowUp: nextRow(row, -1) }[event.key];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }

  #follow(wanted) {
    this.#following = wanted;
    this.root.querySelector("[data-follow]").hidden = wanted || !this.player || this.#head.count === 0;
    if (wanted) this.#tick({ jump: true });
  }

  async #tick({ jump = false } = {}) {
    if (!this.player || this.#head.count === 0) return;
    const position = this.player.playback.position;
    if (position === null) return;
    const at = position * 1000 + 50;
    const number = Math.max(this.#head.starts.findLastIndex((begin) => begin <= at), 0);
    const page = this.#pages[number];
    if (page.lines === null) {
      if (!this.#following || this.scroller.clientHeight === 0) return;
      const moving = ++this.#moving;
      page.element.scrollIntoView({ block: "nearest" });
      await this.#load(page);
      if (moving !== this.#moving) return;
    }
    const place = page.lines?.findLastIndex((line) => line.begin_ms <= at) ?? -1;
    const row = place < 0 ? null : page.element.children[place];
    if (row === this.#current && !jump) return;
    this.#current?.removeAttribute("aria-current");
    this.#current = row ?? null;
    row?.setAttribute("aria-current", "true");
    if (row && this.#following) this.#scrollTo(row);
  }

  #scrollTo(row) {
    const { scroller } = this;
    if (scroller.clientHeight === 0) return;
    const top = row.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
    scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 3);
  }

  // search

  #setUpSearch() {
    const form = this.root.querySelector("[data-transcript-search]");
    let timer = 0;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      if (this.#hits.length > 0 && form.q.value === this.#found) this.#step(1);
      else this.#search(form.q.value);
    });
    form.q.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#search(form.q.value), 250);
    });
    for (const button of form.querySelectorAll("[data-hit]")) {
      button.addEventListener("click", () => this.#step(Number(button.dataset.hit)));
    }
  }

  #found = "";

  async #search(words) {
    this.#found = words;
    this.#hits = [];
    this.#hit = -1;
    this.#total = 0;
    if (words.trim() && this.#head.track) {
      const params = this.#params();
      params.set("q", words);
      try {
        const answer = await call("GET", `${this.address}/search?${params}`);
        if (words !== this.#found) return;
        this.#hits = answer.hits;
        this.#total = answer.total;
      } catch (problem) {
        this.root.querySelector("[data-hits]").textContent = problem.message;
        return;
      }
    }
    this.#markHits();
    if (this.#hits.length > 0) this.#step(1);
    else this.#showHits();
  }

  #total = 0;

  async #step(by) {
    if (this.#hits.length === 0) return;
    this.#hit = (this.#hit + by + this.#hits.length) % this.#hits.length;
    this.#follow(false);
    const { index } = this.#hits[this.#hit];
    const page = this.#pages[Math.floor(index / this.#head.page)];
    page.element.scrollIntoView({ block: "nearest" });
    await this.#load(page);
    this.#markHits();
    const row = page.element.querySelector(`[data-index="${index}"]`);
    if (row) this.#scrollTo(row);
    this.#showHits();
  }

  #markHits() {
    const found = new Set(this.#hits.map((hit) => String(hit.index)));
    const now = this.#hits[this.#hit]?.index;
    for (const row of this.list.querySelectorAll("[data-index]")) {
      row.classList.toggle("is-hit", found.has(row.dataset.index));
      row.classList.toggle("is-hit-now", row.dataset.index === String(now));
    }
  }

  #showHits() {
    const some = this.#hits.length > 0;
    for (const button of this.root.querySelectorAll("[data-hit]")) button.hidden = !some;
    const place = this.root.querySelector("[data-hits]");
    if (some) place.textContent = this.words.of.replace("%1", this.#hit + 1).replace("%2", this.#total);
    else place.textContent = this.#found.trim() ? this.words.none : "";
  }
}

function nextRow(row, by) {
  const page = row.parentElement;
  const near = by > 0 ? row.nextElementSibling : row.previousElementSibling;
  if (near) return near;
  const other = by > 0 ? page.nextElementSibling : page.previousElementSibling;
  return (by > 0 ? other?.firstElementChild : other?.lastElementChild) ?? null;
}
