// A map with its list, live. The list says everything; the map shows where. One `Entries` for each block of the page.

import { call, Problem } from "./api.js";
import { authorName, drawProse, drawTime } from "./dialog-discussion-rows.js";
import { connect } from "./live.js";
import { clone, fill } from "./rows.js";
import { L, drawn, fillSign, ground, middle, sign, words } from "./dialog-map-ground.js";

const SPREAD_MS = 2000; // a crowd does not ask at once
const AT_ONCE = 100; // the server's page
const FEW = 300; // so many signs are drawn one by one; of more only what can be seen, together where they are close
const CELL_PX = 64;

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
    this.missed = new Set();
    root.addEventListener("click", (event) => this.pressed(event));
    root.addEventListener("submit", (event) => this.endorse(event));
    this.begin();
  }

  async begin() {
    try {
      const view = await call("GET", `/api/dialog/blocks/${this.id}/map`);
      this.categories = new Map(view.categories.map((one) => [one.id, one]));
      this.map = ground(this.root, view);
      this.crowded = !this.only && view.spots.length > FEW;
      for (const [id, rev, category_id, geometry] of view.spots) this.draw({ id, rev, category_id, geometry });
      this.map.on("moveend", () => this.crowded && this.drawCrowd());
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
        this.ask(marks.filter(([id, rev]) => (this.known.get(id)?.rev ?? 0) < rev).map(([id]) => id));
      },
      event: (event) => this.take(event.entry),
    });
  }

  /** Something happened while the link was cut. */
  ask(ids) {
    for (const id of ids) this.missed.add(id);
    if (this.missed.size === 0) return;
    this.asking ||= setTimeout(async () => {
      this.asking = 0;
      const missed = [...this.missed].sort((one, other) => one - other);
      this.missed.clear();
      for (let from = 0; from < missed.length; from += AT_ONCE) {
        const some = missed.slice(from, from + AT_ONCE).join(",");
        const { entries } = await call("GET", `/api/dialog/blocks/${this.id}/map/entries?ids=${some}`);
        for (const row of entries.toReversed()) this.take(row);
      }
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
    if (this.crowded) this.crowdSoon();
    else if (row.geometry && (!this.only || row.id === this.only)) this.drawOne(row);
  }

  drawOne(row) {
    const category = this.categories.get(row.category_id);
    const layers = L.featureGroup();
    const icon = L.divIcon({ className: "map-pin", html: sign(category), iconSize: [26, 26] });
    if (row.geometry.type !== "Point") layers.addLayer(drawn(row.geometry, `map-shape map-colour-${category?.colour}`));
    layers.addLayer(L.marker(middle(row.geometry), { icon, keyboard: false }));
    layers.on("click", () => this.open(row.id));
    layers.addTo(this.map);
    this.drawn.set(row.id, layers);
  }

  /** Many came at once: they are drawn together. */
  crowdSoon() {
    this.drawing ||= requestAnimationFrame(() => {
      this.drawing = 0;
      this.drawCrowd();
    });
  }

  /** What can be seen now: signs that stand alone, and one number for those that stand close to each other. */
  drawCrowd() {
    const seen = this.map.getBounds().pad(0.1);
    const deepest = this.map.getZoom() >= this.map.getMaxZoom();
    const cells = new Map();
    for (const row of this.known.values()) {
      if (!row.geometry) continue;
      const at = L.latLng((row.middle ??= middle(row.geometry)));
      if (!seen.contains(at)) continue;
      const point = this.map.project(at);
      const cell = deepest ? row.id : `${Math.floor(point.x / CELL_PX)}/${Math.floor(point.y / CELL_PX)}`;
      if (cells.has(cell)) cells.get(cell).push(row);
      else cells.set(cell, [row]);
    }
    for (const layers of this.drawn.values()) layers.remove();
    this.drawn.clear();
    this.together?.remove();
    this.together = L.layerGroup().addTo(this.map);
    for (const rows of cells.values()) {
      if (rows.length === 1) this.drawOne(rows[0]);
      else this.drawTogether(rows);
    }
    if (this.marked) this.mark(this.marked);
  }

  drawTogether(rows) {
    const box = L.latLngBounds(rows.map((row) => row.middle));
    const label = document.createElement("span");
    label.textContent = rows.length;
    const icon = L.divIcon({ className: "map-many", html: label, iconSize: [44, 44] });
    const marker = L.marker(box.getCenter(), { icon, keyboard: false }).addTo(this.together);
    marker.on("click", () => this.map.setView(box.getCenter(), Math.min(this.map.getMaxZoom(), Math.max(this.map.getBoundsZoom(box), this.map.getZoom() + 1))));
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
    const row = this.known.get(id);
    if (this.crowded && row?.geometry) {
      this.marked = id;
      this.map.setView(middle(row.geometry), this.map.getMaxZoom());
      this.drawCrowd();
      return;
    }
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
    element.querySelector("[data-goto]").hidden = !this.known.get(Number(element.dataset.id))?.geometry;
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
