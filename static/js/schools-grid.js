// The page of a lesson: who is there. `.` marks all who are unchecked as present, a pupil's number or the arrows go to
// one, a key marks. Every mark goes through the queue (schools-offline.js), so nothing depends on the network.

import { connect } from "./live.js";
import { announceNow } from "./schools-now.js";
import { Cells } from "./schools-grid-cells.js";
import { keyboard, pointers } from "./schools-grid-hands.js";
import { lessonPanel } from "./schools-lesson.js";
import { Queue, keepPages } from "./schools-offline.js";
import { seating } from "./schools-seating.js";
import { askSignIn } from "./schools-sign-in.js";

const sheet = JSON.parse(document.getElementById("sheet").textContent);
const words = JSON.parse(document.getElementById("grid-words").textContent);
const root = document.querySelector("[data-grid]");
const { lesson, may_mark: mayMark } = sheet.view;
const room = `school/${lesson.school_id}/lesson/${lesson.id}`;
const skewMs = Date.parse(sheet.now) - Date.now();
const queue = new Queue(sheet.account_id);
const cells = new Cells({ root, sheet, words, queue });
const undone = [];

/** Minutes since the bell while the lesson runs. */
function minutesLate() {
  const now = Date.now() + skewMs;
  const minutes = Math.floor((now - Date.parse(lesson.starts_at)) / 60_000);
  return minutes >= 1 && now < Date.parse(lesson.ends_at) ? minutes : null;
}

const grid = {
  cells,
  words,
  mayMark,

  /** Marks pupils: [[pupil, type or null, minutes]]; one group is one «Cofnij». */
  mark(changes, { undo = true } = {}) {
    if (!mayMark) return;
    const before = [];
    for (const [pupil, type, minutes = null] of changes) {
      const shown = cells.shown(pupil);
      if (shown.type === type && (shown.minutes ?? null) === (minutes ?? null) && !shown.clash) continue;
      before.push([pupil, shown.type, shown.minutes]);
      queue.put({
        school: lesson.school_id, lesson: lesson.id, title: `${lesson.class_name} ${lesson.subject}`, pupil, type, minutes,
        base: cells.held(pupil)?.rev ?? 0,
      });
      cells.draw(pupil);
    }
    if (before.length === 0) return;
    if (undo) undone.push(before);
    saveState();
    cells.summary();
    cells.say(before.length === 1 ? cells.label(before[0][0]) : words.marked_many.replace("{n}", before.length));
    undoButton();
  },

  /** By a type's key: late comes with the minutes since the bell. */
  press(pupil, type) {
    grid.mark([[pupil, type.id, type.category === "late" ? minutesLate() : null]]);
  },

  allPresent() {
    const present = sheet.view.types.find((one) => one.category === "present");
    const unchecked = cells.order().filter((pupil) => cells.shown(pupil).type === null);
    if (!present) return;
    if (unchecked.length > 0) grid.mark(unchecked.map((pupil) => [pupil, present.id]));
    else if (cells.active) grid.mark([[cells.active, present.id]]);
  },

  undo() {
    const before = undone.pop();
    if (before) grid.mark(before, { undo: false });
    undoButton();
  },
};

function undoButton() {
  const button = root.querySelector("[data-undo]");
  if (button) button.disabled = undone.length === 0;
}

function saveState() {
  const bar = document.querySelector("[data-saving]");
  const unsent = queue.ops(lesson.id).filter((one) => !one.clash && !one.refused).length;
  const clashes = queue.ops(lesson.id).length - unsent;
  const state = clashes > 0 ? "clash" : unsent === 0 ? "saved" : queue.state === "sending" ? "sending" : queue.state === "idle" ? "sending" : "unsent";
  bar.dataset.state = state;
  bar.querySelector("[data-saving-text]").textContent = words[`saving_${state}`].replace("{n}", state === "clash" ? clashes : unsent);
  others();
}

/** Other lessons that wait for something. */
function others() {
  const list = document.querySelector("[data-elsewhere-unsent]");
  const found = queue.lessons().filter((one) => one.lesson !== lesson.id && one.clashes > 0);
  list.hidden = found.length === 0;
  list.querySelector("ul").replaceChildren(
    ...found.map((one) => {
      const link = document.createElement("a");
      link.href = `/schools/${one.school}/lessons/${one.lesson}`;
      link.textContent = one.title;
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
}

queue.addEventListener("cells", ({ detail }) => {
  if (detail.lesson === lesson.id) {
    for (const mark of detail.marks) cells.take(mark);
    cells.drawAll();
    keepSoon();
  }
  saveState();
});
queue.addEventListener("state", () => {
  cells.drawAll();
  saveState();
  if (queue.state === "stranger") askSignIn({ account: sheet.account_id, words }, () => queue.hurry(), () => live.renew());
});

let keeping = 0;
function keepSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(() => queue.keep(lesson.id, cells.marks(), panel?.lesson() ?? lesson), 300);
}

const live = connect();
const panel = lessonPanel({ sheet, words, live, kept: keepSoon });
live.join(room, {
  snapshot(view) {
    for (const pupil of view.pupils) if (pupil.mark) cells.take(pupil.mark);
    panel?.take(view.lesson);
    cells.drawAll();
    keepSoon();
  },
  event(data) {
    if (data.type === "MarkChanged" && cells.take(data.mark)) {
      cells.draw(data.mark.pupil_id, { news: data.mark.by !== sheet.short });
      cells.summary();
    } else if (data.type === "LessonChanged") panel?.take(data.lesson);
    keepSoon();
  },
  refused(problem) {
    if (problem.status === 401) askSignIn({ account: sheet.account_id, words }, () => queue.hurry(), () => live.renew());
  },
});

root.querySelector("[data-undo]")?.addEventListener("click", () => grid.undo());
root.querySelector("[data-all-present]")?.addEventListener("click", () => grid.allPresent());
keyboard(grid, root);
pointers(grid, root);
seating(grid, { root, sheet, words });
announceNow({ school: lesson.school_id, lesson: lesson.id, words, skewMs });

const known = await queue.kept(lesson.id);
for (const [, mark] of known?.marks ?? []) cells.take(mark);
if (known?.row) panel?.take(known.row);
cells.drawAll();
await queue.load();
saveState();
keepPages().catch(() => {}); // without it everything works but a page that is opened without a network
root.dataset.ready = "";
