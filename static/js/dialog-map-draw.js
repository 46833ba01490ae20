// Marking a place on the map: with the mouse, the finger, or the keyboard (arrow keys move a crosshair, Enter sets a
// point). What is marked lies in the form as GeoJSON; the two numbers are the same point in words.

import { call, Problem } from "./api.js";
import { L, drawn, ground, placeWords, turned, words } from "./dialog-map-ground.js";

const STEP_PX = 12;
const FAR_PX = 60;
const EDGE_PX = 30;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LEAST = { Point: 1, LineString: 2, Polygon: 3 };
const MOST = 499; // an area ends with its first point once more
const SAY_MS = 400;

class Drawing {
  constructor(root, view) {
    this.root = root;
    this.field = root.querySelector("[data-geometry]");
    this.numbers = ["latitude", "longitude"].map((name) => root.querySelector(`[name="${name}"], [data-${name}]`));
    this.kinds = root.querySelector("[data-kinds]");
    this.said = root.querySelector("[data-said]");
    this.box = root.querySelector("[data-ground]");
    this.bounds = view.ground.bounds;
    this.map = ground(root, view, { keyboard: false });
    this.shape = L.featureGroup().addTo(this.map);
    this.kind = "Point";
    this.spots = []; // longitude, latitude
    this.cross = document.createElement("div");
    this.cross.className = "map-crosshair";
    this.cross.hidden = true;
    this.box.append(this.cross);
    this.kinds.hidden = this.kinds.children.length < 2;
    this.map.on("click", (event) => this.add(event.latlng));
    this.map.on("zoomend moveend", () => this.saySoon());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focus", () => this.showCross());
    this.box.addEventListener("blur", () => (this.cross.hidden = true));
    this.kinds.addEventListener("click", (event) => this.choose(event.target.closest("[data-kind]")?.dataset.kind));
    root.querySelector("[data-undo]").addEventListener("click", () => this.removeLast());
    root.querySelector("[data-clear]").addEventListener("click", () => this.clear());
    for (const field of this.numbers) field.addEventListener("input", () => this.typed());
    this.restore();
  }

  /** What the form holds already: one's own entry, or what was refused. */
  restore() {
    let known = null;
    try {
      known = JSON.parse(this.field.value || "null");
    } catch {
      this.field.value = "";
    }
    if (known?.type in LEAST) {
      this.kind = known.type;
      this.spots = known.type === "Point" ? [known.coordinates] : known.type === "Polygon" ? known.coordinates[0].slice(0, -1) : known.coordinates;
      this.draw();
      this.map.fitBounds(this.shape.getBounds(), { maxZoom: 16 });
    } else if (this.numbers.some((field) => field.value)) this.typed();
    this.pressKind();
  }

  choose(kind) {
    if (!kind || kind === this.kind) return;
    this.kind = kind;
    if (kind === "Point") this.spots = this.spots.slice(-1);
    this.pressKind();
    this.store();
  }

  pressKind() {
    for (const one of this.kinds.children) one.setAttribute("aria-pressed", String(one.dataset.kind === this.kind));
  }

  add(at) {
    if (this.isOutside(at)) this.said.textContent = words.outside;
    else if (this.kind === "Point") this.put(at, 0);
    else if (this.spots.length < MOST) this.put(at, this.spots.length);
  }

  isOutside(at) {
    const { west, south, east, north } = this.bounds;
    return at.lng < west || at.lng > east || at.lat < south || at.lat > north;
  }

  put(at, index) {
    this.spots[index] = [Number(at.lng.toFixed(6)), Number(at.lat.toFixed(6))];
    this.store();
    this.said.textContent = words.spot.replace("%n", index + 1).replace("%place", placeWords(at));
  }

  removeLast() {
    this.spots.pop();
    this.store();
    this.said.textContent = words.removed.replace("%n", this.spots.length);
  }

  clear() {
    this.spots = [];
    this.store();
    this.said.textContent = words.cleared;
    this.box.focus();
  }

  geometry() {
    if (this.spots.length < LEAST[this.kind]) return null;
    if (this.kind === "Point") return { type: "Point", coordinates: this.spots[0] };
    if (this.kind === "LineString") return { type: "LineString", coordinates: this.spots };
    return { type: "Polygon", coordinates: [[...this.spots, this.spots[0]]] };
  }

  store() {
    const geometry = this.geometry();
    this.field.value = geometry ? JSON.stringify(geometry) : "";
    const spot = geometry?.type === "Point" ? geometry.coordinates : null;
    this.numbers[0].value = spot ? spot[1] : "";
    this.numbers[1].value = spot ? spot[0] : "";
    this.numbers[0].dispatchEvent(new Event("change", { bubbles: true }));
    this.draw();
  }

  /** The numbers were typed: they are the place now. The server says what is wrong with them. */
  typed() {
    this.field.value = "";
    const [lat, lng] = this.numbers.map((field) => Number(field.value.trim().replace(",", ".") || NaN));
    this.kind = "Point";
    this.spots = Number.isFinite(lat) && Number.isFinite(lng) ? [[lng, lat]] : [];
    this.pressKind();
    this.draw();
    if (this.spots.length) this.map.panTo([lat, lng], { animate: false });
  }

  draw() {
    this.shape.clearLayers();
    const geometry = this.geometry();
    if (geometry && geometry.type !== "Point") this.shape.addLayer(drawn(geometry, "map-shape map-colour-red"));
    this.spots.forEach((spot, index) => this.shape.addLayer(this.corner(spot, index)));
    for (const name of ["undo", "clear"]) this.root.querySelector(`[data-${name}]`).hidden = this.spots.length === 0;
    this.root.querySelector("[data-undo]").hidden ||= this.kind === "Point";
  }

  /** A point that can be dragged, with the mouse or the finger. */
  corner(spot, index) {
    const icon = L.divIcon({ className: "map-corner", iconSize: [44, 44] });
    const corner = L.marker(turned(spot), { icon, draggable: true, autoPan: true, keyboard: false });
    corner.on("dragend", () => {
      if (this.isOutside(corner.getLatLng())) this.said.textContent = words.outside;
      else this.put(corner.getLatLng(), index);
      this.draw(); // where it stands now, also if it may not lie there
    });
    return corner;
  }

  // the keyboard

  key(event) {
    if (event.target !== this.box || event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move) this.moveCross(move, event.shiftKey ? FAR_PX : STEP_PX);
    else if (event.key === "Enter") this.add(this.map.containerPointToLatLng(this.at));
    else if (event.key === "Backspace") this.removeLast();
    else if (event.key === "+" || event.key === "=") this.map.setZoomAround(this.at, this.map.getZoom() + 1);
    else if (event.key === "-") this.map.setZoomAround(this.at, this.map.getZoom() - 1);
    else return;
    event.preventDefault();
  }

  showCross() {
    this.at ??= this.map.getSize().divideBy(2);
    this.cross.hidden = false;
    this.placeCross();
  }

  /** Near the edge the map moves instead. */
  moveCross([x, y], step) {
    const size = this.map.getSize();
    const next = this.at.add([x * step, y * step]);
    const held = L.point(Math.min(Math.max(next.x, EDGE_PX), size.x - EDGE_PX), Math.min(Math.max(next.y, EDGE_PX), size.y - EDGE_PX));
    if (!held.equals(next)) this.map.panBy(next.subtract(held), { animate: false });
    this.at = held;
    this.placeCross();
  }

  placeCross() {
    this.cross.style.transform = `translate(${this.at.x}px, ${this.at.y}px)`;
    this.saySoon();
  }

  /** Where the crosshair stands, once it rests. */
  saySoon() {
    clearTimeout(this.saying);
    if (this.cross.hidden) return;
    this.saying = setTimeout(() => {
      if (!this.cross.hidden) this.said.textContent = words.cross.replace("%place", placeWords(this.map.containerPointToLatLng(this.at)));
    }, SAY_MS);
  }
}

for (const root of document.querySelectorAll("[data-draw]")) {
  call("GET", `/api/dialog/blocks/${root.dataset.draw}/map?spots=none`).then(
    (view) => new Drawing(root, view),
    (problem) => {
      if (!(problem instanceof Problem || problem instanceof TypeError)) throw problem;
      root.querySelector("details").open = true; // the numbers and the address do without
    },
  );
}

for (const root of document.querySelectorAll("[data-draw-on]")) {
  new Drawing(root, JSON.parse(document.getElementById(root.dataset.drawOn).textContent)); // the page brings its own ground
}
