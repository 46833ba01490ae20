// The calendar of tests of a class, live: what a colleague announces appears, and limits are told before one is refused.

import { call } from "./api.js";
import { connect } from "./live.js";
import { fill } from "./rows.js";

const root = document.querySelector("[data-tests-page]");
const words = JSON.parse(document.getElementById("tests-words").textContent);
const template = document.getElementById("test-entry");
const { school, class: classId } = root.dataset;
const form = root.querySelector("[data-new-test]");

function draw(test, { news = false } = {}) {
  const known = root.querySelector(`[data-id="${test.id}"]`);
  if (known && Number(known.dataset.rev) >= test.rev) return;
  const list = root.querySelector(`[data-date="${test.on_date}"]`);
  if (test.removed || !list) {
    known?.remove();
  } else {
    const element = fill(known ?? template.content.firstElementChild.cloneNode(true), test);
    element.dataset.kind = test.kind;
    element.querySelector("[data-kind]").textContent = words[test.kind];
    if (!known) list.append(element);
    if (news) element.classList.add("changed");
  }
  count();
}

function count() {
  for (const week of root.querySelectorAll(".test-week")) {
    const tests = [...week.querySelectorAll("[data-id] [data-kind]")].filter((one) => one.textContent === words.test);
    week.parentElement.querySelector("[data-week-count]").textContent = words.count.replace("{n}", tests.length);
  }
}

function complain(said) {
  const box = form.querySelector("[data-problem]");
  box.querySelector("span").textContent = said;
  box.hidden = !said;
}

const say = (text, kind = "success") => document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind } }));

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { subject, on, kind, scope } = form.elements;
  const wanted = { subject_id: Number(subject.value), on_date: on.value || null, kind: kind.value, scope: scope.value };
  try {
    draw(await call("POST", `/api/schools/${school}/classes/${classId}/tests`, wanted));
    complain("");
    scope.value = "";
    say(words.announced);
  } catch (fault) {
    complain(fault.status ? fault.message : words.needs_network);
  }
});

root.addEventListener("click", async (event) => {
  const entry = event.target.closest("[data-call-off]")?.closest("[data-id]");
  if (!entry) return;
  try {
    draw(await call("DELETE", `/api/schools/${school}/tests/${entry.dataset.id}`));
    say(words.called_off);
  } catch (fault) {
    say(fault.status ? fault.message : words.needs_network, "danger");
  }
});

connect().join(`school/${school}/class/${classId}/tests`, {
  snapshot(view) {
    const there = new Set(view.tests.map((one) => String(one.id)));
    for (const entry of root.querySelectorAll("[data-id]")) if (!there.has(entry.dataset.id)) entry.remove();
    for (const test of view.tests) draw(test);
    count();
  },
  event: ({ test }) => draw(test, { news: true }),
});
