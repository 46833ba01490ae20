// Where projects shall be: each sign bears the project's title and leads to its page. The list says the same in words.

import { L, ground } from "./dialog-map-ground.js";

const NEAR = 16; // one project alone is not shown closer than this

for (const root of document.querySelectorAll("[data-projects-map]")) {
  const view = JSON.parse(document.getElementById(root.dataset.projectsMap).textContent);
  const map = ground(root, view);
  const all = L.featureGroup().addTo(map);
  for (const { title, path, lat, lng } of view.spots) {
    const leads = path !== location.pathname; // not on the project's own page
    const icon = L.divIcon({ className: "project-spot", iconSize: [44, 44] });
    const spot = L.marker([lat, lng], { icon, title, interactive: leads, keyboard: leads, riseOnHover: true });
    if (leads) spot.on("click", () => location.assign(path));
    const label = document.createElement("span");
    label.textContent = title;
    spot.bindTooltip(label, { direction: "top", offset: [0, -12] }).addTo(all);
  }
  if (view.spots.length) map.fitBounds(all.getBounds(), { padding: [30, 30], maxZoom: NEAR });
}
