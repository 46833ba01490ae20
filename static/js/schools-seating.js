// The second view of the grid: the room as the teacher arranged it. Press a pupil, then a place; or drag.

import { call } from "./api.js";

const ROWS = 6;
const COLUMNS = 8;
const STEPS = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export function seating(grid, { root, sheet, words }) {
  const { cells } = grid;
  const room = root.querySelector("[data-room]");
  const template = root.querySelector("[data-seat]");
  const { lesson } = sheet.view;
  const places = new Map(Object.entries(sheet.seats).map(([pupil, place]) => [Number(pupil), place]));
  const viewKey = "gryf:register-view";
  let arranging = false;
  let held = null;

  const arranged = () => places.size > 0;
  const firstPlan = () => {
    cells.order().forEach((pupil, index) => places.set(pupil, (Math.floor(index / 6) + 1) * 100 + (index % 6) + 1));
  };

  const draw = () => {
    for (const pupil of cells.order()) cells.seat(pupil, null);
    const rows = Math.max(ROWS, ...[...places.values()].map((place) => Math.floor(place / 100)));
    const columns = Math.max(arranging ? COLUMNS : 1, ...[...places.values()].map((place) => place % 100));
    room.style.setProperty("--columns", columns);
    const by = new Map([...places].map(([pupil, place]) => [place, pupil]));
    const made = [];
    for (let row = 1; row <= (arranging ? rows : Math.max(1, ...[...places.values()].map((place) => Math.floor(place / 100)))); row += 1) {
      for (let column = 1; column <= columns; column += 1) {
        const place = row * 100 + column;
        const pupil = by.get(place);
        made.push(pupil === undefined ? empty(place) : seat(pupil, place));
      }
    }
    room.replaceChildren(...made);
    const missing = cells.order().filter((pupil) => !places.has(pupil));
    const rest = root.querySelector("[data-standing]");
    rest.hidden = missing.length === 0;
    rest.querySelector("[data-standing-list]").replaceChildren(...missing.map((pupil) => seat(pupil, 0)));
    cells.drawAll();
    if (cells.active) cells.activate(cells.active, { focus: false });
  };

  const seat = (pupil, place) => {
    const element = template.content.firstElementChild.cloneNode(true);
    const row = cells.row(pupil);
    element.dataset.pupil = pupil;
    element.dataset.place = place;
    element.dataset.name = row.dataset.name;
    element.draggable = arranging;
    element.querySelector("[data-seat-name]").textContent = row.dataset.name;
    element.classList.toggle("held", held === pupil);
    cells.seat(pupil, element);
    return element;
  };

  const empty = (place) => {
    const element = document.createElement(arranging ? "button" : "span");
    element.className = "seat-empty";
    element.dataset.place = place;
    if (!arranging) return element;
    element.type = "button";
    const [row, column] = [Math.floor(place / 100), place % 100];
    element.setAttribute("aria-label", words.place.replace("{row}", row).replace("{column}", column));
    return element;
  };

  const put = (pupil, place) => {
    if (!place) return;
    const other = [...places].find(([, taken]) => taken === place)?.[0];
    const own = places.get(pupil);
    if (other !== undefined && other !== pupil) own === undefined ? places.delete(other) : places.set(other, own);
    places.set(pupil, place);
    held = null;
    draw();
  };

  const save = async () => {
    try {
      await call("PUT", `/api/schools/${lesson.school_id}/lessons/${lesson.id}/seats`, { seats: Object.fromEntries(places) });
      document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: words.seats_saved, kind: "success" } }));
      return true;
    } catch (fault) {
      const text = fault.status ? fault.message : words.needs_network;
      document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind: "danger" } }));
      return false;
    }
  };

  const show = (view) => {
    if (view === "seats" && !arranged()) firstPlan();
    root.dataset.view = view;
    localStorage.setItem(viewKey, view);
    for (const button of root.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === view));
    if (view === "seats") draw();
    else for (const pupil of cells.order()) cells.seat(pupil, null);
  };

  root.addEventListener("click", async (event) => {
    const view = event.target.closest("[data-show]")?.dataset.show;
    if (view) show(view);
    const button = event.target.closest("[data-arrange]");
    if (!button) return;
    if (arranging && !(await save())) return;
    arranging = !arranging;
    held = null;
    button.querySelector("[data-arrange-text]").textContent = arranging ? words.seats_done : words.seats_arrange;
    root.toggleAttribute("data-arranging", arranging);
    draw();
  });

  // while one arranges, a press takes a pupil up and another one sets down; marks wait
  root.querySelector("[data-seats]").addEventListener(
    "click",
    (event) => {
      if (!arranging) return;
      const element = event.target.closest("[data-place]");
      if (!element) return;
      event.stopPropagation();
      const pupil = element.dataset.pupil ? Number(element.dataset.pupil) : null;
      if (held !== null && Number(element.dataset.place) > 0) put(held, Number(element.dataset.place));
      else if (pupil !== null) {
        held = held === pupil ? null : pupil;
        draw();
      }
      root.querySelector(`[data-room] [data-place="${element.dataset.place}"] button, [data-room] button[data-place="${element.dataset.place}"]`)?.focus();
    },
    { capture: true },
  );
  root.querySelector("[data-seats]").addEventListener("dragstart", (event) => {
    held = Number(event.target.closest("[data-pupil]")?.dataset.pupil) || null;
  });
  root.querySelector("[data-seats]").addEventListener("dragover", (event) => event.target.closest("[data-place]") && event.preventDefault());
  root.querySelector("[data-seats]").addEventListener("drop", (event) => {
    event.preventDefault();
    const place = Number(event.target.closest("[data-place]")?.dataset.place);
    if (arranging && held !== null) put(held, place);
  });

  root.querySelector("[data-seats]").addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || arranging || !cells.active) return;
    const [down, right] = STEPS[event.key];
    const own = places.get(cells.active) ?? 0;
    const here = [...places].filter(([pupil]) => cells.row(pupil));
    // the nearest one in that direction, of the same row or column first
    const found = here
      .map(([pupil, place]) => ({ pupil, row: Math.floor(place / 100) - Math.floor(own / 100), column: (place % 100) - (own % 100) }))
      .filter(({ row, column }) => (down ? row * down > 0 : column * right > 0 && row === 0))
      .sort((one, other) => Math.abs(one.row) * 10 + Math.abs(one.column) - Math.abs(other.row) * 10 - Math.abs(other.column))[0];
    event.preventDefault();
    if (found) cells.activate(found.pupil);
  });

  if (localStorage.getItem(viewKey) === "seats" && arranged()) show("seats");
}
