// A grade book: a grid that is written at a run. Type a grade and press Enter: it is written and the next pupil is there.

import { connect } from "./live.js";
import { Book } from "./schools-grades-book.js";
import { behaviourNotes, cellDialog, columnDialog, pasteDialog } from "./schools-grades-dialogs.js";
import { Writer } from "./schools-grades-writer.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const words = read("grade-words");
const book = new Book(read("book"), words, read("shown-semester"));
const table = document.querySelector("[data-grades]");
const mayWrite = book.about.may_write;
const names = new Map(book.about.pupils.map((one) => [one.pupil_id, `${one.last_name} ${one.first_name}`]));
const name = (pupil) => names.get(pupil) ?? "";
const said = document.querySelector("[data-said]");
const choice = document.getElementById("gr-column");
const openCell = document.querySelector("[data-open-cell]");
let active = null; // {column, pupil}

const rows = () => [...(table?.tBodies[0].rows ?? [])];
const rowOf = (pupil) => table?.querySelector(`tr[data-pupil="${pupil}"]`);
const cellOf = (column, pupil) => rowOf(pupil)?.querySelector(`td[data-column="${column}"] .gr-cell`);

function drawCell(pupil, column) {
  const cell = cellOf(column, pupil);
  if (!cell) return;
  const texts = book.texts(column, pupil);
  cell.replaceChildren();
  texts.forEach(({ text }, place) => {
    const part = document.createElement("span");
    part.textContent = book.shown(text);
    if (place < texts.length - 1) {
      if (book.settings.resit === "last") part.className = "old";
      cell.append(part, "→");
    } else cell.append(part);
  });
  const states = [...Array(9).keys()].map((one) => book.pending.get(Book.key(column, pupil, one + 1))?.state).filter(Boolean);
  cell.dataset.state = states[0] ?? "";
  const value = texts.map(({ text }) => book.shown(text)).join(" → ") || words.blank;
  cell.setAttribute("aria-label", words.cell.replace("{who}", name(pupil)).replace("{column}", book.title(book.columns.get(column))).replace("{value}", value));
  if (book.about.subject_id) rowOf(pupil).querySelector("[data-mean]").textContent = book.average(pupil);
}

function head(column) {
  const th = document.createElement("th");
  th.scope = "col";
  th.dataset.column = column.id;
  const button = document.createElement(mayWrite ? "button" : "span");
  button.className = "gr-column-head";
  if (mayWrite) {
    button.type = "button";
    button.addEventListener("click", () => showColumn(book.columns.get(column.id)));
  }
  if (column.short) {
    const tag = document.createElement("span");
    tag.className = "gr-tag";
    tag.dataset.colour = column.colour;
    tag.textContent = column.short;
    button.append(tag, " ");
  }
  const date = `${column.on_date.slice(8)}.${column.on_date.slice(5, 7)}`;
  const about = document.createElement("span");
  const weight = String(Number(column.weight)).replace(".", ",");
  if (column.kind === "mark") about.textContent = `${date}, ${words.weight.replace("{n}", weight)}`;
  else if (column.kind === "points") about.textContent = words.points_of.replace("{n}", String(Number(column.points_max)).replace(".", ","));
  else about.textContent = column.published_at ? date : words.hidden;
  const title = document.createElement("span");
  title.className = "title";
  title.textContent = book.title(column);
  button.append(title, about);
  th.append(button);
  return th;
}

function drawColumns() {
  if (!table) return;
  const columns = book.shownColumns();
  for (const part of table.querySelectorAll("[data-column]")) part.remove();
  const heads = table.querySelector("[data-heads]");
  for (const column of columns) heads.insertBefore(head(column), heads.querySelector("[data-before]"));
  for (const row of rows()) {
    const pupil = Number(row.dataset.pupil);
    const before = row.querySelector("[data-mean]");
    for (const column of columns) {
      const td = document.createElement("td");
      td.className = "entry";
      td.dataset.column = column.id;
      const cell = document.createElement("button");
      cell.type = "button";
      cell.className = "gr-cell";
      cell.tabIndex = -1;
      td.append(cell);
      row.insertBefore(td, before);
      drawCell(pupil, column.id);
    }
    row.querySelector("[data-elsewhere]").textContent = book.elsewhere(pupil);
    if (book.about.subject_id) before.textContent = book.average(pupil);
  }
  document.querySelector("[data-no-columns]").hidden = columns.length > 0;
  choice.replaceChildren(...columns.map((one) => new Option(`${one.short} ${book.title(one)}`.trim(), one.id)));
  document.querySelector("[data-choice]").hidden = columns.length === 0;
  const kept = columns.some((one) => one.id === active?.column) ? active : null;
  const first = columns.at(-1);
  if (first) activate(kept?.column ?? first.id, kept?.pupil ?? Number(rows()[0].dataset.pupil), { focus: false });
}

function activate(column, pupil, { focus = true } = {}) {
  const before = active && cellOf(active.column, active.pupil);
  if (before) {
    before.tabIndex = -1;
    before.classList.remove("active");
  }
  active = { column, pupil };
  const cell = cellOf(column, pupil);
  if (!cell) return;
  cell.tabIndex = 0;
  cell.classList.add("active");
  openCell.disabled = false;
  choice.value = String(column);
  for (const part of table.querySelectorAll("[data-column]")) part.classList.toggle("other", Number(part.dataset.column) !== column);
  if (focus) {
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function move(down, right) {
  const list = rows();
  const place = list.findIndex((row) => Number(row.dataset.pupil) === active.pupil) + down;
  const columns = book.shownColumns().map((one) => one.id);
  const column = columns[Math.min(Math.max(columns.indexOf(active.column) + right, 0), columns.length - 1)];
  const row = list[Math.min(Math.max(place, 0), list.length - 1)];
  activate(column, Number(row.dataset.pupil));
}

function commit(value) {
  let text = value.trim();
  const { column, pupil } = active;
  let attempt = book.lastAttempt(column, pupil);
  if (text.startsWith("/")) {
    text = text.slice(1).trim();
    if (book.texts(column, pupil).length > 0) attempt += 1;
  }
  const held = book.held(column, pupil, attempt)?.text ?? "";
  const pending = book.pending.get(Book.key(column, pupil, attempt));
  if (text === (pending ? (pending.text ?? "") : held)) return;
  writer.put(column, pupil, attempt, text);
  said.textContent = words.cell.replace("{who}", name(pupil)).replace("{column}", book.title(book.columns.get(column))).replace("{value}", text || words.blank);
}

function edit(begin) {
  if (!mayWrite) return;
  const { column, pupil } = active;
  if (book.inWords(book.columns.get(column))) {
    showCell(column, pupil);
    return;
  }
  const cell = cellOf(column, pupil);
  const input = document.createElement("input");
  input.className = "gr-input";
  input.setAttribute("aria-label", cell.getAttribute("aria-label"));
  input.autocomplete = "off";
  input.enterKeyHint = "next";
  input.value = begin ?? book.texts(column, pupil).at(-1)?.text ?? "";
  cell.hidden = true;
  cell.after(input);
  let open = true;
  const end = (keep, then) => {
    if (!open) return;
    open = false;
    const { value } = input;
    input.remove();
    cell.hidden = false;
    if (keep) commit(value);
    then?.();
  };
  input.addEventListener("keydown", (event) => {
    const moves = { Enter: event.shiftKey ? [-1, 0] : [1, 0], ArrowDown: [1, 0], ArrowUp: [-1, 0], Tab: [0, event.shiftKey ? -1 : 1] };
    event.stopPropagation();
    if (event.key === "Escape") end(false, () => cell.focus());
    else if (moves[event.key]) {
      event.preventDefault();
      end(true, () => move(...moves[event.key]));
    }
  });
  input.addEventListener("blur", () => end(true));
  input.addEventListener("paste", pasted);
  input.focus();
  if (begin === undefined) input.select();
}

function pasted(event) {
  const text = event.clipboardData.getData("text");
  if (!mayWrite || !active || !/[\n\t]/.test(text.trim())) return;
  event.preventDefault();
  event.target.blur?.();
  showPaste(book.columns.get(active.column), text);
}

const writer = new Writer({
  book, words, name, redraw: drawCell,
  askReason: (column, patch) => showCell(column, patch.pupil_id, { text: patch.text ?? "", problem: words.reason_needed }),
});
const write = (...given) => writer.put(...given);
const showCell = cellDialog({ book, words, name, write });
const showPaste = pasteDialog({ book, words, write, say: (text) => { said.textContent = text; } });
const showColumn = columnDialog({
  book, words, paste: (column) => showPaste(column),
  came(column, isNew = false) {
    book.columns.set(column.id, column);
    drawColumns();
    if (isNew) activate(column.id, Number(rows()[0].dataset.pupil));
  },
});
const noted = behaviourNotes({
  book, words, name,
  counted: (pupil, points) => { const cell = rowOf(pupil)?.querySelector("[data-mean]"); if (cell) cell.textContent = points; },
});

table?.addEventListener("click", (event) => {
  const td = event.target.closest("td[data-column]");
  if (!td || event.target.matches("input")) return;
  activate(Number(td.dataset.column), Number(td.parentElement.dataset.pupil));
  if (matchMedia("(pointer: coarse)").matches) edit();
});
table?.addEventListener("dblclick", (event) => event.target.closest("td[data-column]") && !event.target.matches("input") && edit());
table?.addEventListener("keydown", (event) => {
  if (!event.target.matches(".gr-cell") || !active) return;
  const arrows = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  if (event.altKey && event.key === "Enter") showCell(active.column, active.pupil);
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (arrows[event.key]) move(...arrows[event.key]);
  else if (event.key === "Enter" || event.key === "F2") edit();
  else if (mayWrite && (event.key === "Delete" || event.key === "Backspace")) commit("");
  else if (mayWrite && event.key.length === 1 && event.key !== " " && event.key !== "?") edit(event.key);
  else return;
  event.preventDefault();
  event.stopPropagation();
});
table?.addEventListener("paste", pasted);
document.querySelector("[data-new-column]")?.addEventListener("click", () => showColumn(null));
openCell.addEventListener("click", () => active && showCell(active.column, active.pupil));
choice?.addEventListener("change", () => activate(Number(choice.value), active?.pupil ?? Number(rows()[0].dataset.pupil), { focus: false }));

drawColumns();

connect().join(`school/${book.about.school_id}/grades/${book.about.class_id}/${book.about.subject_id}`, {
  snapshot(fresh) {
    const shape = (columns) => JSON.stringify(columns);
    const same = shape(fresh.columns) === shape([...book.columns.values()]);
    book.take(fresh);
    if (!same) drawColumns();
    else for (const row of rows()) for (const column of book.shownColumns()) drawCell(Number(row.dataset.pupil), column.id);
  },
  event(told) {
    if (told.type === "EntryChanged" && book.put(told.entry)) drawCell(told.entry.pupil_id, told.entry.column_id);
    else if (told.type === "BehaviourNoted") noted(told.note, told.points);
    else if (told.type === "ColumnChanged" && (book.columns.get(told.column.id)?.rev ?? 0) < told.column.rev) {
      book.columns.set(told.column.id, told.column);
      drawColumns();
    }
  },
});
