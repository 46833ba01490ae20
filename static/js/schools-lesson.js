// Beside the grid: topic, homework, tests, the note. What is written stays in its field until the server has taken it.

import { call } from "./api.js";

const DRAFT = "gryf:lesson-draft:";

export function lessonPanel({ sheet, words, live, kept }) {
  const root = document.querySelector("[data-panel]");
  if (!root) return null;
  let { lesson } = sheet.view;
  let plan = sheet.plan;
  const tests = new Map(sheet.tests.map((one) => [one.id, one]));
  const base = `/api/schools/${lesson.school_id}/lessons/${lesson.id}`;
  const room = `school/${lesson.school_id}/lesson/${lesson.id}/plan`;
  const find = (selector) => root.querySelector(selector);
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "short", day: "numeric", month: "long" });
  const shownDay = (text) => day.format(new Date(`${text}T12:00`));

  // ---- topic: a draft of this tab survives the network and the tab
  const topicForm = find("[data-topic]");
  const draftKey = `${DRAFT}${sheet.account_id}:${lesson.id}`;
  const drawTopic = () => {
    const draft = JSON.parse(localStorage.getItem(draftKey) ?? "null");
    find("[data-topic-shown]").textContent = lesson.topic ? `${lesson.topic_number ? `${lesson.topic_number}. ` : ""}${lesson.topic}` : words.no_topic;
    if (!topicForm || inHand(topicForm)) return;
    topicForm.elements.topic.value = draft?.topic ?? lesson.topic;
    topicForm.elements.number.value = draft?.number ?? lesson.topic_number ?? sheet.next_number;
    topicForm.elements.point.value = draft?.point ?? lesson.curriculum_point;
  };
  const saveTopic = async () => {
    const { topic, number, point } = topicForm.elements;
    const wanted = { topic: topic.value, number: Number(number.value) || null, point: point.value, base_rev: lesson.rev, account_id: sheet.account_id };
    localStorage.setItem(draftKey, JSON.stringify(wanted));
    try {
      take(await call("PUT", `${base}/topic`, wanted));
      localStorage.removeItem(draftKey);
      complain(topicForm, "");
      delete topicForm.dataset.touched;
      drawTopic();
      sign(topicForm, words.saved);
    } catch (fault) {
      if (fault.status === 409) complain(topicForm, `${fault.message} ${words.save_again}`);
      else complain(topicForm, fault.status && fault.status !== 401 && fault.status < 500 ? fault.message : words.topic_waits);
      if (fault.status === 409) await call("GET", base).then((view) => take(view.lesson)).catch(() => {});
    }
  };
  topicForm?.addEventListener("submit", (event) => {
    event.preventDefault();
    saveTopic();
  });
  topicForm?.addEventListener("input", () => {
    topicForm.dataset.touched = "";
    sign(topicForm, "");
  });
  for (const button of root.querySelectorAll("[data-suggestion]")) {
    button.addEventListener("click", () => {
      topicForm.elements.topic.value = button.dataset.suggestion;
      topicForm.elements.point.value = button.dataset.point;
      saveTopic();
    });
  }
  const sendDraft = () => topicForm && localStorage.getItem(draftKey) !== null && saveTopic();
  document.addEventListener("gryf:live-state", ({ detail }) => detail.state === "connected" && sendDraft());

  let leaving = false; // a reload would break off the way to the next page
  document.querySelector("[data-take-back]")?.addEventListener("submit", () => (leaving = true));
  const take = (row) => {
    if (row.rev < lesson.rev) return;
    if (row.state !== lesson.state && !leaving) location.reload(); // taken back or brought back; what waits here is kept
    lesson = row;
    drawTopic();
  };

  // ---- homework and the note
  const drawPlan = () => {
    const list = find("[data-homework]");
    list.replaceChildren(
      ...plan.homework.map((one) =>
        line(`${one.text} – ${words.due.replace("{day}", shownDay(one.due_on))}`, sheet.view.may_mark && (() => send(() => call("DELETE", `${base}/homework/${one.id}`)))),
      ),
    );
    find("[data-no-homework]").hidden = plan.homework.length > 0;
    const note = find("[data-note]");
    if (note && !inHand(note)) note.elements.text.value = plan.note;
    const shown = find("[data-note-shown]");
    if (shown) shown.textContent = plan.note;
    const by = find("[data-note-by]");
    if (by) by.textContent = plan.note_by ? `(${plan.note_by})` : "";
  };
  const takePlan = (fresh) => {
    if (fresh.rev < plan.rev) return;
    plan = fresh;
    drawPlan();
  };
  const send = async (work, form = null) => {
    try {
      const answer = await work();
      if (answer?.homework) takePlan(answer);
      if (form) complain(form, "");
      return true;
    } catch (fault) {
      const text = fault.status ? fault.message : words.needs_network;
      if (form) complain(form, text);
      else document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind: "danger" } }));
      return false;
    }
  };
  onSubmit("[data-new-homework]", async (form) => {
    const { text, due } = form.elements;
    if (await send(() => call("POST", `${base}/homework`, { text: text.value, due_on: due.value || null }), form)) text.value = "";
  });
  find("[data-note]")?.addEventListener("input", ({ currentTarget }) => (currentTarget.dataset.touched = ""));
  onSubmit("[data-note]", async (form) => {
    if (!(await send(() => call("PUT", `${base}/note`, { text: form.elements.text.value, base_rev: plan.rev }), form))) return;
    delete form.dataset.touched;
    sign(form, words.saved);
  });

  // ---- tests of the class
  const drawTests = () => {
    const coming = [...tests.values()].filter((one) => !one.removed).sort((one, other) => one.on_date.localeCompare(other.on_date));
    find("[data-tests]").replaceChildren(
      ...coming.map((one) => line(`${shownDay(one.on_date)}: ${one.subject}, ${words[`kind_${one.kind}`]} – ${one.scope}`)),
    );
    find("[data-no-tests]").hidden = coming.length > 0;
  };
  onSubmit("[data-new-test]", async (form) => {
    const { on, kind, scope } = form.elements;
    const wanted = { subject_id: lesson.subject_id, group_id: lesson.group_id, on_date: on.value || null, kind: kind.value, scope: scope.value };
    const done = await send(async () => {
      const test = await call("POST", `/api/schools/${lesson.school_id}/classes/${sheet.class_id}/tests`, wanted);
      tests.set(test.id, test);
    }, form);
    if (!done) return;
    scope.value = "";
    drawTests();
  });

  function onSubmit(selector, work) {
    const form = find(selector);
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      work(form);
    });
  }

  function line(text, remove = null) {
    const item = document.createElement("li");
    item.append(text);
    if (!remove) return item;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-quiet btn-small";
    button.textContent = words.remove;
    button.setAttribute("aria-label", `${words.remove}: ${text}`);
    button.addEventListener("click", remove);
    item.append(" ", button);
    return item;
  }

  live.join(room, { snapshot: takePlan, event: (data) => data.type === "LessonPlanChanged" && takePlan(data.plan) });
  if (sheet.class_id) {
    live.join(`school/${lesson.school_id}/class/${sheet.class_id}/tests`, {
      snapshot(view) {
        for (const one of view.tests) if (one.on_date >= lesson.on_date) tests.set(one.id, one);
        drawTests();
      },
      event({ test }) {
        if ((tests.get(test.id)?.rev ?? 0) >= test.rev || test.on_date < lesson.on_date) return;
        tests.set(test.id, test);
        drawTests();
      },
    });
  }
  drawTopic();
  drawPlan();
  drawTests();
  sendDraft();
  return { take: (row) => (take(row), kept()), lesson: () => lesson };
}

/** Somebody writes in it, or has written what is not saved: what others say must not take its place. */
function inHand(form) {
  return "touched" in form.dataset || form.contains(document.activeElement);
}

function complain(form, said) {
  const box = form.querySelector("[data-problem]");
  box.querySelector("span").textContent = said;
  box.hidden = !said;
}

function sign(form, said) {
  const box = form.querySelector("[data-form-saved]");
  if (box) box.textContent = said;
}
