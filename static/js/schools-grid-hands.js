// Keys, presses and swipes on the grid.

const NUMBER_MS = 1_500; // digits of one number follow each other within this
const SWIPE_PX = 64;
const SLOPE = 1.5; // a swipe goes more sideways than along the page
const OFF = "gryf:shortcuts-off";
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };

export function keyboard(grid, root) {
  const { cells } = grid;
  let digits = "";
  let timer = 0;

  const toNumber = (digit) => {
    clearTimeout(timer);
    timer = setTimeout(() => (digits = ""), NUMBER_MS);
    const find = (text) => cells.order().find((pupil) => cells.row(pupil).dataset.number === text);
    const longer = find(digits + digit);
    digits = longer === undefined ? digit : digits + digit;
    const found = longer ?? find(digit);
    if (found !== undefined) cells.activate(found);
  };

  const press = (event) => {
    const type = cells.types().find((one) => one.key !== "" && one.key === event.key && one.key !== ".");
    if (event.key >= "0" && event.key <= "9") toNumber(event.key);
    else if (event.key in STEPS && root.dataset.view !== "seats") cells.step(STEPS[event.key]);
    else if (event.key === "Home") cells.activate(cells.order()[0]);
    else if (event.key === "End") cells.activate(cells.order().at(-1));
    else if (event.key === ".") grid.allPresent();
    else if (event.key === "+") grid.press(cells.active, cells.types().find((one) => one.category === "present"));
    else if (event.key === "Backspace" || event.key === "Delete") grid.mark([[cells.active, null]]);
    else if (type) {
      digits = "";
      grid.press(cells.active, type);
      onwards(cells);
    } else return false;
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.target instanceof HTMLElement ? event.target : document.body;
    const inGrid = target.closest("[data-grid-cells]") !== null;
    if (target.matches("input, textarea, select") || target.isContentEditable) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      grid.undo();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    // single keys act where the grid has the focus; elsewhere on the page only while nothing has it, and not if they are off
    if (!inGrid && (target !== document.body || localStorage.getItem(OFF) !== null)) return;
    if (inGrid && (event.key === "Enter" || event.key === " ")) return; // the cell's own press
    if (press(event)) event.preventDefault();
  });
}

/** One after another while nobody below is checked; among checked ones one stays, to correct. */
function onwards(cells) {
  const order = cells.order();
  const next = order[order.indexOf(cells.active) + 1];
  if (next !== undefined && cells.shown(next).type === null) cells.activate(next);
}

export function pointers(grid, root) {
  const { cells } = grid;
  const picks = root.querySelector("[data-picks]");
  for (const pupil of grid.mayMark ? cells.order() : []) {
    cells.row(pupil).querySelector("[data-pick-place]").append(picks.content.cloneNode(true));
  }
  root.addEventListener("click", (event) => {
    const row = event.target.closest("[data-pupil]");
    if (!row) return;
    const pupil = Number(row.dataset.pupil);
    const pick = event.target.closest("[data-pick]");
    cells.activate(pupil, { focus: !pick });
    if (!grid.mayMark) return;
    const type = pick && cells.types().find((one) => one.id === Number(pick.dataset.pick));
    if (type) grid.press(pupil, type);
    else if (event.target.closest("[data-cell]")) openCell(grid, row, pupil, event);
  });
  root.addEventListener("focusin", (event) => {
    const pupil = Number(event.target.closest("[data-cell]")?.closest("[data-pupil]")?.dataset.pupil);
    if (pupil && pupil !== cells.active) cells.activate(pupil, { focus: false }); // keys mean the cell that has the focus
  });
  const bar = root.querySelector("[data-bar]");
  bar?.addEventListener("click", (event) => {
    const pick = event.target.closest("[data-bar-pick]");
    if (pick && cells.active) grid.press(cells.active, cells.types().find((one) => one.id === Number(pick.dataset.barPick)));
    if (event.target.closest("[data-bar-clear]") && cells.active) grid.mark([[cells.active, null]]);
  });
  if (grid.mayMark) swipes(grid, root);
}

/** A press on a cell: minutes where somebody is late; on a seat present and absent take turns. */
function openCell(grid, element, pupil, event) {
  const { cells } = grid;
  const { type, minutes } = cells.shown(pupil);
  const kind = cells.types().find((one) => one.id === type);
  if (kind?.category === "late" && element.matches("tr")) return editMinutes(grid, element, pupil, type, minutes);
  if (element.matches("tr") && event.detail > 0) return undefined; // the buttons beside are for pointers
  const wanted = kind?.category === "present" ? "absent" : "present";
  return grid.press(pupil, cells.types().find((one) => one.category === wanted));
}

function editMinutes(grid, row, pupil, type, minutes) {
  const cell = row.querySelector("[data-cell]");
  const field = document.createElement("input");
  Object.assign(field, { type: "number", min: 1, max: 240, value: minutes ?? "", className: "form-control minutes-field" });
  field.inputMode = "numeric";
  field.setAttribute("aria-label", grid.words.minutes_of.replace("{name}", row.dataset.name));
  let done = false;
  const finish = (keep) => {
    if (done) return;
    done = true;
    const value = Number(field.value);
    field.remove();
    cell.hidden = false;
    if (keep && (field.value === "" || (value >= 1 && value <= 240))) grid.mark([[pupil, type, field.value === "" ? null : Math.trunc(value)]]);
    grid.cells.activate(pupil);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      finish(event.key === "Enter");
    }
  });
  field.addEventListener("blur", () => finish(true));
  cell.hidden = true;
  cell.after(field);
  field.focus();
  field.select();
}

function swipes(grid, root) {
  let from = null;
  const list = root.querySelector("[data-grid-cells]");
  const end = () => {
    if (from) from.row.style.removeProperty("translate");
    if (from) delete from.row.dataset.swipe;
    from = null;
  };
  list.addEventListener("pointerdown", (event) => {
    const row = event.target.closest("tr[data-pupil]");
    if (event.pointerType === "touch" && row) from = { row, x: event.clientX, y: event.clientY, by: 0 };
  });
  list.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [x, y] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(x) < 12 || Math.abs(x) < Math.abs(y) * SLOPE) return;
    from.by = x;
    from.row.style.translate = `${Math.max(-96, Math.min(96, x))}px`;
    from.row.dataset.swipe = Math.abs(x) < SWIPE_PX ? "" : x > 0 ? "right" : "left";
  });
  list.addEventListener("pointerup", () => {
    if (from && Math.abs(from.by) >= SWIPE_PX) {
      const wanted = from.by > 0 ? "present" : "absent";
      const pupil = Number(from.row.dataset.pupil);
      grid.cells.activate(pupil, { focus: false });
      grid.press(pupil, grid.cells.types().find((one) => one.category === wanted));
    }
    end();
  });
  list.addEventListener("pointercancel", end);
}
