// Projects as they are sent in and checked: cards change in place, new ones come behind the others.

import { connect, newer } from "./live.js";
import { upsert } from "./rows.js";

const number = new Intl.NumberFormat(document.documentElement.lang || "pl");

for (const root of document.querySelectorAll("[data-budget]")) {
  const list = root.querySelector("[data-rows]");
  const template = root.querySelector("template[data-row]");
  const total = root.querySelector("[data-total]");
  const known = new Map();
  const room = Math.max(6, list.children.length);

  const draw = (project) => {
    if (!newer(known, project)) return;
    if (project.state === "withdrawn") {
      known.delete(project.id);
      list.querySelector(`[data-id="${project.id}"]`)?.remove();
    } else {
      const row = {
        ...project,
        district_name: project.district || root.dataset.city,
        cost: `${number.format(project.cost_pln)} zł`,
        author_organisation: project.author.organisation,
      };
      if (list.querySelector(`[data-id="${project.id}"]`) || list.children.length < room) upsert(list, template, row);
    }
    total.textContent = number.format(known.size);
    root.querySelector("[data-empty]").hidden = known.size > 0;
  };

  connect().join(`dialog/budget/${root.dataset.budget}`, {
    snapshot: (view) => view.projects.forEach(draw),
    event: (event) => draw(event.project),
  });
}
