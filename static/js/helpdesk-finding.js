// Search in tickets: j and k walk through what was found; saved views tell how many tickets they show, at the head of the
// desk too. Numbers are asked for when the page opens, when a view changes, and once a minute while somebody looks.

import { call } from "./api.js";
import { connect } from "./live.js";

const EVERY_MS = 60_000;
const SOON_MS = 3_000;

function walk() {
  const list = document.querySelector("[data-hits]");
  if (!list) return;
  const links = () => [...list.querySelectorAll("[data-hit]")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.key !== "j" && event.key !== "k")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const all = links();
    const at = all.indexOf(document.activeElement);
    const next = event.key === "j" ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0);
    all[next]?.focus();
    all[next]?.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  });
}

function numberWords(one, moreThan) {
  const text = one.count.toLocaleString(document.documentElement.lang);
  return one.more_than ? moreThan.replace("{n}", text) : text;
}

async function tell(places, moreThan) {
  let counts;
  try {
    counts = (await call("GET", "/api/helpdesk/views/counts")).counts;
  } catch {
    return; // they are told with the next look
  }
  for (const one of counts) {
    const place = places.get(one.id);
    if (!place) continue;
    const text = numberWords(one, moreThan);
    if (place.textContent !== text) {
      const isNew = place.textContent !== "";
      place.textContent = text;
      if (!isNew) continue;
      place.classList.add("changed");
      place.addEventListener("animationend", () => place.classList.remove("changed"), { once: true });
    }
  }
}

function repeat(look) {
  look();
  setInterval(() => document.visibilityState === "visible" && look(), EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
}

function listed(root) {
  const places = new Map();
  for (const link of root.querySelectorAll("[data-view]")) places.set(Number(link.dataset.view), link.querySelector("[data-count]"));
  repeat(() => tell(places, root.dataset.moreThan));
}

function desk(bar) {
  const list = bar.querySelector("ul");
  const template = document.querySelector("template[data-desk-view]");
  let views = [];
  let places = new Map();
  let soon = 0;
  const look = () => views.length && tell(places, bar.dataset.moreThan);
  const draw = () => {
    const before = places;
    places = new Map();
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.view : null;
    const rows = views.map((view) => {
      const row = template.content.firstElementChild.cloneNode(true);
      const link = row.querySelector("a");
      link.href = view.path;
      link.dataset.view = view.id;
      row.querySelector("[data-name]").textContent = view.name;
      const count = row.querySelector("[data-count]");
      count.textContent = before.get(view.id)?.textContent ?? "";
      places.set(view.id, count);
      return row;
    });
    list.replaceChildren(...rows);
    if (focused) list.querySelector(`[data-view="${focused}"]`)?.focus();
    bar.hidden = views.length === 0;
    clearTimeout(soon);
    soon = setTimeout(look, 50);
  };
  const sorted = (all) => all.sort((one, other) => one.place - other.place || one.name.localeCompare(other.name, "pl") || one.id - other.id);
  connect().join(`helpdesk/views/${bar.dataset.account}`, {
    snapshot(found) {
      views = sorted([...found.views]);
      draw();
    },
    event({ type, view }) {
      views = views.filter((one) => one.id !== view.id);
      if (type === "ViewSaved") views = sorted([...views, view]);
      draw();
    },
  });
  // a ticket that comes, goes or changes changes numbers: they are looked at again a little later, together
  const room = document.querySelector("[data-desk]")?.dataset.room;
  if (room) {
    connect().join(room, {
      event() {
        clearTimeout(soon);
        soon = setTimeout(look, SOON_MS);
      },
    });
  }
  repeat(look);
}

walk();
document.querySelectorAll("[data-views]").forEach(listed);
document.querySelectorAll("[data-desk-views]").forEach(desk);
