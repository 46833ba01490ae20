// «Tell me when this item begins»: on this page while it is open, and by mail for people who are signed in.

import { debate, words as debateWords } from "./council-debate.js";
import { call } from "./api.js";

const dialog = document.getElementById("bell-dialog");
const form = dialog.querySelector("[data-bell-form]");
const problem = form.querySelector("[data-bell-problem]");
const words = JSON.parse(document.getElementById("bell-words").textContent);
const facts = JSON.parse(document.getElementById("debate-facts").textContent);
const KEPT = `gryf:bells:${debate.sessionId}`;
const agenda = document.querySelector("[data-agenda]");
const here = new Set(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));
const mailed = new Set(facts.alerts);
let asked = null;

export function drawBells() {
  for (const row of agenda.children) {
    const id = Number(row.dataset.id);
    row.querySelector("[data-bell]")?.setAttribute("aria-pressed", String(here.has(id) || mailed.has(id)));
  }
}

function keep() {
  localStorage.setItem(KEPT, JSON.stringify([...here]));
}

agenda.addEventListener("click", (event) => {
  const row = event.target.closest("[data-bell]")?.closest("[data-id]");
  if (!row) return;
  asked = Number(row.dataset.id);
  const set = here.has(asked) || mailed.has(asked);
  dialog.querySelector("[data-bell-item]").textContent = nameOf(row);
  form.elements.here.checked = here.has(asked) || !set;
  if (form.elements.mail) form.elements.mail.checked = mailed.has(asked);
  complain("");
  dialog.showModal();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const id = asked;
  const wantsMail = form.elements.mail?.checked ?? false;
  if (form.elements.here.checked) here.add(id);
  else here.delete(id);
  keep();
  const blocked = form.elements.here.checked && !(await allowed());
  try {
    if (form.elements.mail && wantsMail !== mailed.has(id)) {
      await call(wantsMail ? "PUT" : "DELETE", `${debate.base}/alerts/${id}`);
      if (wantsMail) mailed.add(id);
      else mailed.delete(id);
    }
  } catch (fault) {
    complain(fault.status ? fault.message : debateWords.offline);
    drawBells();
    return;
  }
  dialog.close();
  drawBells();
  say(blocked ? words.denied : words.saved);
});

// whether the browser shows notifications; it asks the person once
async function allowed() {
  if (!("Notification" in globalThis)) return false;
  if (Notification.permission === "default") return (await Notification.requestPermission()) === "granted";
  return Notification.permission === "granted";
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function say(text) {
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind: "info" } }));
}

function nameOf(row) {
  return `${row.querySelector("[data-text=number]").textContent}. ${row.querySelector("[data-text=title]").textContent}`;
}

// Also what began while the phone was out of reach: the snapshot tells of it.
debate.addEventListener("items", ({ detail }) => {
  for (const item of detail) {
    if (item.state === "waiting" || !here.delete(item.id)) continue;
    keep();
    mailed.delete(item.id);
    const text = words.begun.replace("%", item.number);
    say(`${text}: ${item.title}`);
    if (globalThis.Notification?.permission === "granted") {
      new Notification(text, { body: item.title, tag: `item-${item.id}` });
    }
  }
  queueMicrotask(drawBells);
});
drawBells();
