// The list of units and the page of one: rows change in place; a unit's page asks for its people anew.

import { connect } from "./live.js";
import { clone, fill } from "./rows.js";

const list = document.querySelector("[data-units]");
const unit = document.querySelector("[data-unit]");
if (list) followList(list);
if (unit) followUnit(unit);

function followList(root) {
  const template = root.querySelector("template[data-row]");
  const take = (row) => {
    const known = root.querySelector(`tr[data-id="${row.id}"]`);
    if (Number(known?.dataset.rev ?? -1) >= row.rev) return;
    const section = root.querySelector(`[data-kind-section="${row.kind}"]`);
    const shown = {
      ...row,
      path: `/intranet/units/${row.id}`,
      heads_text: new Intl.ListFormat(document.documentElement.lang).format(row.heads),
      tel: row.phone ? `tel:${row.phone.replaceAll(" ", "")}` : "",
      mailto: row.email ? `mailto:${row.email}` : "",
    };
    const element = known ? fill(known, shown) : clone(template, shown);
    element.querySelector("[data-closed]").hidden = row.active;
    element.querySelector("[data-text=phone]").hidden = !row.phone;
    element.querySelector("[data-text=email]").hidden = !row.email;
    if (element.closest("[data-kind-section]") !== section) {
      section.querySelector("tbody").append(element);
      section.hidden = false;
    }
    if (known) {
      element.classList.add("changed");
      element.addEventListener("animationend", () => element.classList.remove("changed"), { once: true });
    }
  };
  connect().join("intranet/units", {
    snapshot: ({ units }) => units.forEach(take),
    event: (event) => take(event.unit),
  });
  const field = document.getElementById("unit-search");
  const plain = (text) => text.toLowerCase().replaceAll("ł", "l").normalize("NFD").replace(/\p{M}/gu, "");
  field.addEventListener("input", () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const section of root.querySelectorAll("[data-kind-section]")) {
      let here = 0;
      for (const row of section.querySelectorAll("tbody tr")) {
        const text = plain(row.textContent);
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) here += 1;
      }
      section.hidden = here === 0;
      found += here;
    }
    root.querySelector("[data-nothing]").hidden = found > 0;
  });
}

function followUnit(root) {
  const words = JSON.parse(document.getElementById("unit-words").textContent);
  let rev = Number(root.dataset.rev);
  const take = async (row) => {
    if (row.rev <= rev) return;
    rev = row.rev;
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok || row.rev < rev) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-people]");
    if (!fresh || root.querySelector("[data-people]").contains(document.activeElement)) return;
    root.querySelector("[data-people]").replaceChildren(...fresh.childNodes);
    root.querySelector("[data-said]").textContent = words.changed;
  };
  connect().join(`intranet/units/${root.dataset.unit}`, {
    snapshot: (view) => take(view.unit),
    event: (event) => take(event.unit),
  });
}
