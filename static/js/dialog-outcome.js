// What became of contributions: says when the office has answered; on the clerk's desk, keys for a long list.
//
// The page is not touched while somebody reads it: a line says how many answers are new, and a link shows them.

import { connect } from "./live.js";

const words = JSON.parse(document.getElementById("outcome-words")?.textContent ?? "{}");
const number = new Intl.NumberFormat(document.documentElement.lang || "pl");
const filled = (text, n) => text.replace("%(n)s", number.format(n));

for (const root of document.querySelectorAll("[data-outcome-room]")) {
  const line = root.querySelector("[data-outcome-news]");
  const told = new Set();
  let version = Number(root.dataset.version || 0);

  const say = (text) => {
    line.querySelector("[data-outcome-text]").textContent = text;
    line.querySelector("a").href = `${location.pathname}${location.search}#block-${root.dataset.outcomeRoom}`;
    line.hidden = false;
  };
  line.querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    location.reload();
  });

  const newer = (found) => {
    if (found <= version) return;
    version = found;
    say(words.conclusions);
  };

  connect().join(`dialog/outcome/${root.dataset.outcomeRoom}`, {
    snapshot: (view) => newer(view.version),
    event: (event) => {
      if (event.type === "ConclusionsPublished") newer(event.version);
      if (event.type === "Answered") {
        told.add(`${event.answer.block_id}/${event.answer.ref}`);
        say(filled(words.answers, told.size));
      }
    },
  });
}

for (const desk of document.querySelectorAll("[data-outcome-desk]")) {
  const boxes = [...desk.querySelectorAll("input[name=chosen]")];
  const all = desk.querySelector("[data-all]");
  const ticked = desk.querySelector("[data-outcome-ticked]");
  const answer = desk.querySelector("textarea");
  if (boxes.length && answer) keys(boxes, all, ticked, answer);
}

/** J, K, X and A: only while nothing is being typed, so that no letter of an answer is taken. */
function keys(boxes, all, ticked, answer) {
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    ticked.textContent = filled(words.ticked, chosen);
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
  };
  for (const box of boxes) box.addEventListener("change", count);
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest("textarea, select, [contenteditable], input:not([type=checkbox])")) return;
    const at = boxes.indexOf(document.activeElement);
    const key = event.key.toLowerCase();
    if (key === "j") boxes[Math.min(at + 1, boxes.length - 1)].focus();
    else if (key === "k") boxes[Math.max(at - 1, 0)].focus();
    else if (key === "x" && at >= 0) boxes[at].click();
    else if (key === "a") answer.focus();
    else return;
    event.preventDefault();
  });
  count();
}
