// A map with its list, live. The list says everything; the map shows where. One `Entries` for each block of the page.

import { call, Problem } from "./api.js";
import { authorName, drawProse, drawTime } from "./dialog-discussion-rows.js";
import { connect } from "./live.js";
import { clone, fill } from "./rows.js";
import { L, drawn, fillSign, ground, middle, sign, words } from "./dialog-map-ground.js";

const SPREAD_MS = 2000; // a crowd does not ask at once

class Entries {
  constructor(root) {
    this.root = root;
    this.id = root.dataset.map;
    this.only = Number(root.dataset.only || 0); // the page of one entry
    this.list = root.querySelector("[data-rows]");
    this.template = root.querySelector("template[data-row]");
    this.own = new Set((root.dataset.own ?? "").split(" ").filter(Boolean).map(Number));
    this.known = new Map(); // id → row
    this.drawn = new Map(); // id → Leaflet's layers
    this.waiting = new Map();
    this.categories = new Map();
    this.asking = 0;
    root.addEventListener("click", (event) => this.pressed(event));
    root.addEventListener("submit", (event) => this.endorse(event));
    this.begin();
  }

  async begin() {
    try {
      const view = await call("GET", `/api/dialog/blocks/${this.id}/map`);
      this.categories = new Map(view.categories.map((one) => [one.id, one]));
      this.map = ground(this.root, view);
      for (const row of view.entries) this.draw(row);
      if (this.only) this.goto(this.only);
      for (const button of this.root.querySelectorAll("[data-id] [data-goto]")) this.offerPlace(button.closest("[data-id]"));
    } catch (problem) {
      if (!(problem instanceof Problem || problem instanceof TypeError)) throw problem;
      const note = this.root.querySelector("[data-no-map]");
      note.textContent = words.noMap;
      note.hidden = false;
      return;
    }
    connect().join(`dialog/map/${this.id}`, {
      snapshot: ({ marks }) => {
        if (marks.some(([id, rev]) => (this.known.get(id)?.rev ?? 0) < rev)) this.ask();
      },
      event: (event) => this.take(event.entry),
    });
  }

  /** Something happened while the link was cut. */
  ask() {
    this.asking ||= setTimeout(async () => {
      this.asking = 0;
      const view = await call("GET", `/api/dialog/blocks/${this.id}/map`);
      for (const row of view.entries.toReversed()) this.take(row);
    }, Math.random() * SPREAD_MS);
  }

  take(row) {
    if ((this.known.get(row.id)?.rev ?? 0) >= row.rev) return;
    const isNew = !this.known.has(row.id);
    this.draw(row);
    const element = this.rowOf(row.id);
    if (element) this.fill(element, row);
    else if (this.waiting.has(row.id) || (isNew && this.wants(row))) {
      if (row.state === "shown") this.waiting.set(row.id, row);
      else this.waiting.delete(row.id);
      this.tell();
    }
  }

  wants(row) {
    if (!this.list || !("grows" in this.list.dataset) || row.state !== "shown") return false;
    return !this.list.dataset.category || Number(this.list.dataset.category) === row.category_id;
  }

  tell() {
    const news = this.root.querySelector("[data-news]");
    news.hidden = this.waiting.size === 0;
    news.textContent = `${words.news.replace("%", this.waiting.size)} ↑`;
  }

  showWaiting() {
    let first = null;
    for (const row of this.waiting.values()) {
      first = this.fill(clone(this.template, row), row);
      this.list.prepend(first);
    }
    this.waiting.clear();
    this.tell();
    this.root.querySelector("[data-empty]")?.remove();
    first?.focus();
  }

  // the map

  draw(row) {
    this.known.set(row.id, row);
    this.drawn.get(row.id)?.remove();
    this.drawn.delete(row.id);
    if (row.state !== "shown" || !row.geometry || (this.only && row.id !== this.only)) return;
    const category = this.categories.get(row.category_id);
    const layers = L.featureGroup();
    const icon = L.divIcon({ className: "map-pin", html: sign(category), iconSize: [26, 26] });
    if (row.geometry.type !== "Point") layers.addLayer(drawn(row.geometry, `map-shape map-colour-${category?.colour}`));
    layers.addLayer(L.marker(middle(row.geometry), { icon, keyboard: false }));
    layers.on("click", () => this.open(row.id));
    layers.addTo(this.map);
    this.drawn.set(row.id, layers);
  }

  open(id) {
    const row = this.rowOf(id);
    if (row) {
      row.scrollIntoView({ block: "nearest" });
      row.focus();
      this.mark(id);
    } else if (!this.only) location.assign(`${this.root.dataset.path}/entries/${id}`);
  }

  goto(id) {
    const layers = this.drawn.get(id);
    if (!layers) return;
    this.map.fitBounds(layers.getBounds(), { maxZoom: 16, padding: [40, 40] });
    this.mark(id);
  }

  mark(id) {
    for (const one of this.root.querySelectorAll(".map-pin.marked")) one.classList.remove("marked");
    this.drawn.get(id)?.eachLayer((layer) => layer.getElement()?.classList.add(layer instanceof L.Marker ? "marked" : "map-shape"));
  }

  // the list

  rowOf(id) {
    return this.list?.querySelector(`:scope > [data-id="${id}"]`);
  }

  offerPlace(element) {
    element.querySelector("[data-goto]").hidden = !this.drawn.has(Number(element.dataset.id));
  }

  fill(element, row) {
    const author = row.author;
    fill(element, { ...row, author_name: author ? authorName(author, words) : "", author_organisation: author?.organisation ?? "" });
    element.id = `map-entry-${row.id}`;
    drawProse(element.querySelector("[data-body]"), row.body, words);
    const category = this.categories.get(row.category_id);
    fillSign(element.querySelector("[data-sign]"), category);
    element.querySelector("[data-category]").textContent = category?.name ?? "";
    for (const part of element.querySelectorAll("[data-align]")) part.hidden = Number(part.dataset.align) !== row.alignment;
    for (const part of element.querySelectorAll("[data-if]")) part.hidden = !row[part.dataset.if];
    const time = element.querySelector("[data-time]");
    if (!time.dateTime) {
      time.append(Object.assign(document.createElement("span"), { hidden: false }));
      time.firstElementChild.dataset.relative = "";
      drawTime(time, row.made_at);
    }
    for (const link of element.querySelectorAll("[data-link]")) link.href = link.href.replace(/\/entries\/\d+/, `/entries/${row.id}`);
    const form = element.querySelector("[data-endorse]");
    form.action = form.action.replace(/\/entries\/\d+/, `/entries/${row.id}`);
    this.offerPlace(element);
    return element;
  }

  pressed(event) {
    if (event.target.closest("[data-news]")) this.showWaiting();
    const button = event.target.closest("[data-goto]");
    if (!button) return;
    this.goto(Number(button.closest("[data-id]").dataset.id));
    this.root.querySelector("[data-ground]").scrollIntoView({ block: "nearest" });
  }

  async endorse(event) {
    const form = event.target.closest("[data-endorse]");
    if (!form) return;
    event.preventDefault();
    const element = form.closest("[data-id]");
    const button = form.querySelector("button");
    const isOn = button.getAttribute("aria-pressed") === "true";
    try {
      this.take(await call(isOn ? "DELETE" : "PUT", `/api/dialog/map/${element.dataset.id}/endorsement`));
      button.setAttribute("aria-pressed", String(!isOn));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: problem.message, kind: "danger" } }));
    }
  }
}

for (const root of document.querySelectorAll("[data-map]")) new Entries(root);
