// The agenda as rows of a form: drag, keys, sub-items, numbers counted as the server counts them.

const editor = document.querySelector("[data-agenda-editor]");
const list = editor.querySelector("[data-rows]");
const template = editor.querySelector("template");
const said = editor.querySelector("[data-said]");
const undoButton = editor.querySelector("[data-undo]");
const words = JSON.parse(document.getElementById("agenda-editor-words").textContent);
const form = editor.closest("form");
const DEEPEST = 2;
let removed = null;
let dirty = Boolean(form.querySelector("[data-unsaved]"));

const rows = () => [...list.children];
const depthOf = (row) => Number(row.dataset.depth);
const titleOf = (row) => row.querySelector("[name=row_title]");
const numberOf = (row) => row.querySelector("[name=row_number]");

function setDepth(row, depth) {
  row.dataset.depth = depth;
  row.querySelector("[data-depth-field]").value = depth;
}

// The row with the sub-items that hang below it.
function branch(row) {
  const taken = [row];
  for (let next = row.nextElementSibling; next && depthOf(next) > depthOf(row); next = next.nextElementSibling) taken.push(next);
  return taken;
}

// Nothing hangs below nothing; then numbers, as portals/council/planning/outline.py counts them.
function refresh() {
  const counters = [0, 0, 0];
  const path = [];
  for (const row of rows()) {
    const depth = Math.max(0, Math.min(depthOf(row), DEEPEST, path.length));
    if (depth !== depthOf(row)) setDepth(row, depth);
    path.length = depth;
    const prefix = depth ? `${path[depth - 1]}.` : "";
    const field = numberOf(row);
    const written = field.value.trim();
    field.placeholder = `${prefix}${counters[depth] + 1}`;
    if (written) {
      const own = written.startsWith(prefix) ? written.slice(prefix.length) : written;
      if (/^\d{1,4}$/.test(own)) counters[depth] = Number(own);
    } else {
      counters[depth] += 1;
    }
    counters.fill(0, depth + 1);
    path.push(written || field.placeholder);
    row.querySelector("[data-tools]").hidden = false;
    row.querySelector("[data-handle]").hidden = false;
    grow(titleOf(row));
  }
}

addEventListener("resize", () => rows().forEach((row) => grow(titleOf(row))));

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function changed() {
  dirty = true;
  refresh();
}

function say(text, ...values) {
  said.textContent = values.reduce((sentence, value, index) => sentence.replace(`%${index + 1}`, value), text);
}

function sayPlace(row) {
  const all = rows();
  say(words.moved, titleOf(row).value, all.indexOf(row) + 1, all.length, numberOf(row).value || numberOf(row).placeholder);
}

function place(moving, before) {
  for (const row of moving) list.insertBefore(row, before);
}

function move(row, step) {
  const moving = branch(row);
  if (step < 0) {
    let above = row.previousElementSibling;
    while (above && depthOf(above) > depthOf(row)) above = above.previousElementSibling;
    if (!above) return;
    place(moving, above);
  } else {
    const below = moving.at(-1).nextElementSibling;
    if (!below) return;
    place(moving, branch(below).at(-1).nextElementSibling);
  }
  changed();
  sayPlace(row);
}

function indent(row, step) {
  const above = row.previousElementSibling;
  const depth = depthOf(row) + step;
  if (depth < 0 || depth > DEEPEST || (step > 0 && (!above || depthOf(above) < depth - 1))) return;
  for (const one of branch(row)) setDepth(one, Math.min(DEEPEST, depthOf(one) + step));
  changed();
  sayPlace(row);
}

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  removed = { row, before: row.nextElementSibling };
  row.remove();
  undoButton.hidden = false;
  changed();
  say(words.removed, titleOf(row).value);
  (next?.querySelector("[name=row_title]") ?? editor.querySelector("[data-add]")).focus();
}

function add(after = list.lastElementChild) {
  const row = template.content.firstElementChild.cloneNode(true);
  if (after) setDepth(row, depthOf(after));
  list.insertBefore(row, after ? after.nextElementSibling : null);
  changed();
  titleOf(row).focus();
}

const does = { up: (row) => move(row, -1), down: (row) => move(row, 1), in: (row) => indent(row, 1), out: (row) => indent(row, -1), remove };

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  does[button.dataset.do](button.closest("[data-row]"));
  if (button.isConnected) button.focus();
});

const keys = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
list.addEventListener("keydown", (event) => {
  const row = event.target.closest("[data-row]");
  const onHandle = event.target.closest("[data-handle]");
  if (keys[event.key] && (onHandle || (event.altKey && !event.ctrlKey && !event.metaKey))) {
    event.preventDefault();
    does[keys[event.key]](row);
    event.target.focus();
  } else if (event.key === "Enter" && event.target.matches("[name=row_title]") && !event.shiftKey) {
    // a title is one line: Enter begins the next item
    event.preventDefault();
    add(row);
  } else if (event.key === "Enter" && event.target.matches("input")) {
    event.preventDefault();
  }
});
list.addEventListener("input", (event) => {
  dirty = true;
  if (event.target.matches("[name=row_number]")) refresh();
  if (event.target.matches("[name=row_title]")) grow(event.target);
});

editor.querySelector("[data-add]").addEventListener("click", () => add());
undoButton.addEventListener("click", () => {
  if (!removed) return;
  list.insertBefore(removed.row, removed.before?.isConnected ? removed.before : null);
  undoButton.hidden = true;
  changed();
  titleOf(removed.row).focus();
  removed = null;
});

// Drag by the handle, with mouse, pen or finger; the branch goes along.
list.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  if (!handle || event.button !== 0) return;
  const row = handle.closest("[data-row]");
  const moving = branch(row);
  // no capture: it is lost when the row that holds the handle moves
  event.preventDefault();
  for (const one of moving) one.classList.add("is-dragged");
  let moved = false;
  const drag = (at) => {
    // near an edge of the window the page goes along
    if (at.clientY < 72) scrollBy(0, -12);
    if (at.clientY > innerHeight - 72) scrollBy(0, 12);
    const under = document.elementFromPoint(at.clientX, at.clientY)?.closest("[data-row]");
    if (!under || moving.includes(under) || under.parentElement !== list) return;
    const box = under.getBoundingClientRect();
    place(moving, at.clientY < box.top + box.height / 2 ? under : under.nextElementSibling);
    moved = true;
  };
  const drop = () => {
    document.removeEventListener("pointermove", drag);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", drop);
    handle.focus();
    for (const one of moving) one.classList.remove("is-dragged");
    if (moved) {
      changed();
      sayPlace(row);
    }
  };
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
});

form.addEventListener("submit", () => { dirty = false; });
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

editor.querySelector("[data-add-tools]").hidden = false;
refresh();
