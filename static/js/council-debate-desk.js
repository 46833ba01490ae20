// Running the queue, on the clerk's desk and on the chair's screen: who speaks next, in which order, for how long.

import { call } from "./api.js";
import { debate, words } from "./council-debate.js";

const lists = [...document.querySelectorAll("[data-queue][data-controls=yes] [data-queue-list]")];
const alertBox = document.querySelector("[data-alert]");
const next = document.querySelector("[data-floor-next]");
const end = document.querySelector("[data-talk-end]");
const extend = document.querySelector("[data-talk-extend]");
const pause = document.querySelector("[data-talk-pause]");

function complain(text) {
  alertBox.textContent = text;
  alertBox.hidden = !text;
}

async function act(work, button) {
  complain("");
  if (button) button.disabled = true;
  try {
    return await work();
  } catch (problem) {
    complain(problem.status ? problem.message : words.offline);
    return null;
  } finally {
    if (button) button.disabled = false;
    draw();
  }
}

async function change(path, button, body) {
  const speech = await act(() => call("POST", `${debate.base}/speeches/${path}`, body), button);
  if (speech) debate.take(speech);
  return speech;
}

function draw() {
  const [first] = debate.waiting;
  next.disabled = !first;
  next.querySelector("[data-next-name]").textContent = first?.speaker ?? "";
  end.disabled = extend.disabled = pause.disabled = debate.speaking === null;
  pause.setAttribute("aria-pressed", String(Boolean(debate.speaking?.paused_at)));
  for (const list of lists) {
    const rows = [...list.children];
    rows.forEach((row, place) => {
      row.querySelector("[data-do=up]").disabled = place === 0;
      row.querySelector("[data-do=down]").disabled = place === rows.length - 1;
    });
  }
}

next.addEventListener("click", () => {
  const [first] = debate.waiting;
  if (first) change(`${first.id}/floor`, next);
});
end.addEventListener("click", () => {
  const { speaking } = debate;
  if (speaking) change(`${speaking.id}/end`, end);
});
extend.addEventListener("click", () => {
  const { speaking } = debate;
  if (speaking) change(`${speaking.id}/extend`, extend, { seconds: debate.extendS });
});
pause.addEventListener("click", () => {
  const { speaking } = debate;
  if (speaking) change(`${speaking.id}/${speaking.paused_at ? "resume" : "pause"}`, pause);
});

// a row's buttons

for (const list of lists) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (!button) return;
    const row = button.closest("[data-id]");
    const work = button.dataset.do;
    if (work === "floor") change(`${row.dataset.id}/floor`, button);
    else if (work === "withdraw") remove(row);
    else move(row, work === "up" ? -1 : 1, button);
  });
  list.addEventListener("keydown", (event) => {
    const grip = event.target.closest("[data-grip]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!grip || !step) return;
    event.preventDefault();
    move(grip.closest("[data-id]"), step, grip);
  });
  list.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (grip && event.button === 0) drag(list, grip.closest("[data-id]"), event);
  });
}

async function remove(row) {
  const id = Number(row.dataset.id);
  const gone = await change(`${id}/withdraw`, row.querySelector("[data-do=withdraw]"));
  if (!gone) return;
  const press = () => change(`${id}/restore`);
  const detail = { text: words.removed.replace("%", gone.speaker), kind: "info", button: { text: words.undo, press } };
  document.dispatchEvent(new CustomEvent("gryf:say", { detail }));
}

async function move(row, step, button) {
  const order = debate.waiting.map((one) => one.id);
  const from = order.indexOf(Number(row.dataset.id));
  const to = from + step;
  if (from < 0 || to < 0 || to >= order.length) return;
  order.splice(to, 0, ...order.splice(from, 1));
  await send(order);
  // the row has moved under the finger: the key that moved it moves it on
  (button.disabled ? row.querySelector(step < 0 ? "[data-do=down]" : "[data-do=up]") : button).focus();
}

async function send(order) {
  const queue = await act(() => call("PUT", `${debate.base}/speeches/order`, { order }));
  if (queue) debate.take(...queue.speeches);
}

// The whole document is listened to: a row that is moved in the list loses what it has captured.
function drag(list, row, { pointerId }) {
  list.dataset.sorting = "yes";
  row.classList.add("is-dragged");
  const follow = (moved) => {
    if (moved.pointerId !== pointerId) return;
    const over = [...list.children].find((one) => {
      const box = one.getBoundingClientRect();
      return one !== row && moved.clientY > box.top && moved.clientY < box.bottom;
    });
    if (!over) return;
    const box = over.getBoundingClientRect();
    list.insertBefore(row, moved.clientY < box.top + box.height / 2 ? over : over.nextElementSibling);
  };
  const drop = (dropped) => {
    if (dropped.pointerId !== pointerId) return;
    for (const [name, listener] of [["pointermove", follow], ["pointerup", drop], ["pointercancel", drop]]) document.removeEventListener(name, listener);
    delete list.dataset.sorting;
    row.classList.remove("is-dragged");
    const order = [...list.children].map((one) => Number(one.dataset.id));
    if (dropped.type === "pointerup" && order.join() !== debate.waiting.map((one) => one.id).join()) send(order);
    else debate.dispatchEvent(new Event("change"));
  };
  document.addEventListener("pointermove", follow);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
}

// somebody who asks aloud, and guests

const form = document.querySelector("[data-add-speaker]");
const council = new Set([...form.querySelectorAll("#speaker-council option")].map((option) => option.value));
const councillors = JSON.parse(document.getElementById("debate-council").textContent);

function guestOrNot() {
  const name = form.elements.speaker.value.trim();
  const guest = name !== "" && !council.has(name);
  form.querySelector("[data-role-field]").hidden = !guest;
  form.querySelector("[data-kind-field]").hidden = guest;
}

function wrong(field, text) {
  const box = form.querySelector(field === "role" ? "[data-role-problem]" : "[data-problem]");
  box.textContent = text;
  box.hidden = !text;
  const input = form.elements[field === "role" ? "role" : "speaker"];
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

form.elements.speaker.addEventListener("input", guestOrNot);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong("speaker", "");
  wrong("role", "");
  const name = form.elements.speaker.value.trim();
  const body = council.has(name)
    ? { kind: form.elements.kind.value, councillor_id: councillors[name] }
    : { kind: "guest", speaker: name, role: form.elements.role.value };
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    debate.take(await call("POST", `${debate.base}/speeches`, body));
    form.reset();
    guestOrNot();
    if (form.contains(document.activeElement) || document.activeElement === document.body) form.elements.speaker.focus();
  } catch (problem) {
    const fields = problem.body?.fields ?? {};
    if (fields.role) wrong("role", fields.role);
    if (fields.speaker || !fields.role) wrong("speaker", problem.status ? (fields.speaker ?? problem.message) : words.offline);
  } finally {
    button.disabled = false;
  }
});

debate.addEventListener("change", draw);
guestOrNot();
draw();
