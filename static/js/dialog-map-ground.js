// What maps are drawn on: Leaflet, the office's outlines, a graticule and a scale; tiles only where the city has set them.

import * as L from "../vendor/leaflet/leaflet.mjs";

export const words = JSON.parse(document.getElementById("map-words")?.textContent ?? "{}");
const SVG = "http://www.w3.org/2000/svg";
const STEPS = [0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
const LINES = 6; // at most so many lines of the graticule each way

export { L };

/** GeoJSON's longitude first to Leaflet's latitude first, however deep. */
export const turned = (spots) => (typeof spots[0] === "number" ? [spots[1], spots[0]] : spots.map(turned));

export const placeWords = (at) => `${at.lat.toFixed(5)}, ${at.lng.toFixed(5)}`;

/** The sign of a category: the same shape and colour as in the list. */
export function sign(category) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "map-sign");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  fillSign(svg, category);
  return svg;
}

export function fillSign(svg, category) {
  svg.dataset.colour = category?.colour ?? "ink";
  svg.firstElementChild.setAttribute("d", words.paths[category?.shape ?? "circle"]);
}

/** A map in its frame. `keyboard` false: arrow keys are somebody else's. */
export function ground(root, view, { keyboard = true } = {}) {
  root.querySelector("[data-map-frame]").hidden = false;
  const { bounds, tiles_url: tiles, tiles_credit: credit } = view.ground;
  const city = L.latLngBounds([bounds.south, bounds.west], [bounds.north, bounds.east]);
  const map = L.map(root.querySelector("[data-ground]"), {
    keyboard,
    zoomControl: false,
    attributionControl: Boolean(tiles && credit),
    zoomAnimation: false,
    fadeAnimation: false,
    inertia: false,
    maxBounds: city.pad(0.5),
    minZoom: 10,
    maxZoom: 19,
    scrollWheelZoom: false,
  });
  map.attributionControl?.setPrefix(false);
  L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  const start = outlines(map, view.layers);
  map.fitBounds(start ?? city, { padding: [20, 20] });
  if (tiles) L.tileLayer(tiles, { maxZoom: 19, attribution: escaped(credit), referrerPolicy: "origin" }).addTo(map);
  else graticule(map);
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
  return map;
}

/** Attributions are markup for Leaflet. */
function escaped(text) {
  const made = document.createElement("span");
  made.textContent = text;
  return made.innerHTML;
}

/** The office's layers; what they span, or null. */
function outlines(map, layers) {
  const all = L.featureGroup();
  for (const layer of layers) {
    for (const { name, geometry } of layer.outlines) {
      const shape = drawn(geometry, "map-outline");
      const label = document.createElement("span");
      label.textContent = name || layer.title;
      shape.bindTooltip(label, { sticky: true });
      all.addLayer(shape);
    }
  }
  all.addTo(map);
  return all.getLayers().length ? all.getBounds() : null;
}

/** A shape without its sign. */
export function drawn(geometry, className) {
  const spots = turned(geometry.coordinates);
  if (geometry.type === "Polygon") return L.polygon(spots, { className });
  if (geometry.type === "LineString") return L.polyline(spots, { className });
  return L.circleMarker(spots, { className, radius: 5 });
}

/** Where its sign stands: as the server reckons it. */
export function middle(geometry) {
  if (geometry.type === "Point") return turned(geometry.coordinates);
  if (geometry.type === "LineString") return turned(geometry.coordinates[Math.floor(geometry.coordinates.length / 2)]);
  const ring = geometry.coordinates[0].slice(0, -1);
  return [1, 0].map((axis) => ring.reduce((sum, spot) => sum + spot[axis], 0) / ring.length);
}

/** Lines of equal longitude and latitude with their degrees, drawn anew as the map moves. */
function graticule(map) {
  const lines = L.layerGroup().addTo(map);
  const line = (spots, at, text, edge) => {
    L.polyline(spots, { className: "map-graticule", interactive: false }).addTo(lines);
    const label = document.createElement("span");
    label.textContent = text;
    L.marker(at, { icon: L.divIcon({ className: `map-degrees ${edge}`, html: label }), interactive: false, keyboard: false }).addTo(lines);
  };
  const draw = () => {
    lines.clearLayers();
    const box = map.getBounds();
    const wide = Math.max(box.getEast() - box.getWest(), box.getNorth() - box.getSouth());
    const step = STEPS.findLast((one) => wide / one <= LINES) ?? STEPS[0];
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    for (let x = Math.ceil(box.getWest() / step) * step; x < box.getEast(); x += step) {
      line([[box.getSouth(), x], [box.getNorth(), x]], [box.getNorth(), x], `${x.toFixed(digits)}°`, "top");
    }
    for (let y = Math.ceil(box.getSouth() / step) * step; y < box.getNorth(); y += step) {
      line([[y, box.getWest()], [y, box.getEast()]], [y, box.getEast()], `${y.toFixed(digits)}°`, "end");
    }
  };
  map.on("moveend", draw);
  draw();
}
