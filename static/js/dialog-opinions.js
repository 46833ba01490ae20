// An opinion map: votes one statement after another (a, d, p), and a map that is drawn anew by the server as votes come.

import { Problem, call } from "./api.js";
import { connect } from "./live.js";

const words = JSON.parse(document.getElementById("opinions-words")?.textContent ?? "{}");
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);
const CHOICES = { agree: 1, disagree: -1, pass: 0 };
const KEYS = { a: "agree", d: "disagree", p: "pass" };
const SPREAD_MS = 2500;

for (const root of document.querySelectorAll("[data-opinions]")) {
  const form = root.querySelector("[data-vote]");
  if (form) voting(root, form);
  drawing(root);
}

function voting(root, form) {
  const path = `/api/dialog/blocks/${root.dataset.opinions}/opinions/votes`;
  const field = form.elements.statement;
  const text = form.querySelector("[data-text]");
  const said = form.querySelector("[data-said]");
  const undo = form.querySelector("[data-undo]");
  const choices = form.querySelector("[data-choices]");
  let busy = false;
  let last = null; // statement and words that can be taken back

  const show = (statement, seen, all) => {
    form.querySelector("[data-progress]").textContent = filled(words.progress, { n: seen, all });
    field.value = statement?.id ?? "";
    text.textContent = statement?.text ?? words.done;
    choices.hidden = !statement;
  };

  const vote = async (name) => {
    if (busy || !field.value) return;
    busy = true;
    const statement = { id: Number(field.value), text: text.textContent };
    try {
      const answer = await call("POST", path, { statement: statement.id, choice: CHOICES[name] });
      last = statement;
      show(answer.next, answer.seen, answer.all);
      said.textContent = `${words[name]}: ${statement.text}`;
      undo.hidden = false;
      if (!answer.next) text.focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      said.textContent = problem.message;
    } finally {
      busy = false;
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.value) vote(event.submitter.value);
  });
  undo.addEventListener("click", async () => {
    if (busy || !last) return;
    busy = true;
    try {
      const answer = await call("POST", path, { statement: last.id, choice: null });
      show(last, answer.seen, answer.all);
      said.textContent = words.back;
      undo.hidden = true;
      last = null;
      choices.querySelector("button").focus();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      said.textContent = problem.message;
    } finally {
      busy = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !KEYS[event.key]) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (document.querySelectorAll("[data-vote]").length > 1 && !root.contains(event.target)) return;
    event.preventDefault();
    vote(KEYS[event.key]);
  });
}

/** The server draws; this page takes the new drawing in. A crowd does not ask at once. */
function drawing(root) {
  const shown = () => root.querySelector("[data-opinion-map]");
  if (!shown()) return;
  let wanted = Number(shown().dataset.rev);
  let waiting = 0;
  const renew = async () => {
    waiting = 0;
    const answer = await fetch(root.dataset.mapPath, { credentials: "same-origin" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["[data-opinion-map]", "[data-opinion-rest]"]) {
      const [old, fresh] = [root.querySelector(part), page.querySelector(part)];
      if (old && fresh && !old.contains(document.activeElement)) old.replaceWith(document.adoptNode(fresh));
    }
  };
  const draw = (row) => {
    if (row.rev <= wanted) return;
    wanted = row.rev;
    waiting ||= setTimeout(renew, 200 + Math.random() * SPREAD_MS);
  };
  connect().join(`dialog/opinions/${root.dataset.opinions}`, {
    snapshot: draw,
    event(event) {
      if (event.map) draw(event.map);
    },
  });
}
