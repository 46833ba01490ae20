// Timetables that change while one looks at them: rooms tell which lesson is another one now, the server draws it anew.
//
// [data-timetable data-rooms='{"school/1/timetable/class/2": 7}']: rooms, each with the sum of revs it was drawn with
// (-1: whatever it is). [data-timetable-said] is told in words. [data-for="substitution room"]: fields of some kinds only.

import { connect } from "./live.js";

const GATHER_MS = 120;
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);

const root = document.querySelector("[data-timetable]");
if (root) follow();
for (const form of document.querySelectorAll("form:has([data-for])")) kinds(form);

function follow() {
  const said = document.querySelector("[data-timetable-said]");
  const live = connect();
  let drawn = JSON.parse(root.dataset.rooms);
  let waiting = 0;
  let asked = 0;

  const draw = async () => {
    const mine = ++asked;
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok || mine !== asked) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-timetable]");
    if (!fresh || mine !== asked || root.contains(document.activeElement?.closest("select"))) return;
    const focused = root.contains(document.activeElement) ? path(document.activeElement) : null;
    const before = new Map([...root.querySelectorAll("[data-entry]")].map((one) => [one.dataset.entry, one.textContent]));
    drawn = JSON.parse(fresh.dataset.rooms);
    root.replaceChildren(...fresh.childNodes);
    for (const one of root.querySelectorAll("[data-entry]")) {
      if (before.get(one.dataset.entry) !== one.textContent) one.classList.add("changed");
    }
    if (focused) at(focused)?.focus();
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, GATHER_MS);
  };

  for (const room of Object.keys(drawn)) {
    live.join(room, {
      snapshot(data) {
        root.dataset.followed = "";
        const sum = data.changes.reduce((total, one) => total + one.rev, 0);
        if (drawn[room] >= 0 && drawn[room] !== sum) soon();
      },
      event(data) {
        const { change } = data;
        const what = [`${change.period}.`, change.class_name, change.subject, change.staff, change.room].filter(Boolean);
        if (said) said.textContent = filled(root.dataset.told, { what: what.join(" ") });
        soon();
      },
    });
  }
}

// Which element it is, so that the one in its place can be focused again.
function path(element) {
  const steps = [];
  for (let one = element; one !== root; one = one.parentElement) steps.unshift([...one.parentElement.children].indexOf(one));
  return steps;
}

function at(steps) {
  return steps.reduce((one, index) => one?.children[index], root);
}

function kinds(form) {
  const show = () => {
    const kind = form.querySelector("[name=kind]:checked")?.value;
    for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind);
  };
  form.addEventListener("change", show);
  show();
}
