// Pages of the diary and of messages: rooms tell that something has changed, the server draws the page's parts anew.
//
// [data-live="name" data-rooms='{"school/1/pupil/2": 17}']: parts that are drawn anew, and the rooms that tell. The number
// is the sum of all revs the page was drawn from: what a room says first is compared with it. -1: draw anew whatever it
// says; -2: what it says first is no news. What somebody is writing or has ticked in a part stays.

import { connect } from "./live.js";

const GATHER_MS = 100;
const roots = () => [...document.querySelectorAll("[data-live]")];

function weight(value) {
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + weight(one), 0);
  if (value === null || typeof value !== "object") return 0;
  return (Number.isInteger(value.rev) ? value.rev : 0) + Object.values(value).reduce((sum, one) => sum + weight(one), 0);
}

let waiting = 0;
let asked = 0;

async function draw() {
  const mine = ++asked;
  let answer;
  try {
    answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
  } catch {
    return; // the network is away: the room says so when it is back
  }
  if (mine !== asked) return;
  if (answer.status === 404 || answer.status === 401) return lost();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  for (const root of roots()) {
    const part = fresh.querySelector(`[data-live="${root.dataset.live}"]`);
    if (part) replace(root, part);
  }
}

function replace(root, part) {
  if (root.innerHTML === part.innerHTML) return;
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  if (focused?.matches("input:not([type=checkbox]), textarea, select")) return;
  const ticked = new Set([...root.querySelectorAll("input[type=checkbox]:checked")].map((one) => one.value));
  const key = focused && [...root.querySelectorAll(focused.tagName)].indexOf(focused);
  root.replaceChildren(...part.childNodes);
  for (const box of root.querySelectorAll("input[type=checkbox]")) box.checked ||= ticked.has(box.value);
  if (focused) root.querySelectorAll(focused.tagName)[key]?.focus();
  root.classList.add("changed");
  root.addEventListener("animationend", () => root.classList.remove("changed"), { once: true });
}

function lost() {
  for (const root of roots()) {
    const text = document.createElement("p");
    text.setAttribute("role", "status");
    text.textContent = root.dataset.lost || "";
    root.replaceChildren(text);
  }
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(draw, GATHER_MS);
}

const live = connect();
for (const root of document.querySelectorAll("[data-rooms]")) {
  for (const [name, drawn] of Object.entries(JSON.parse(root.dataset.rooms))) {
    let first = true;
    live.join(name, {
      snapshot(data) {
        const news = first ? drawn === -1 || (drawn >= 0 && weight(data) !== drawn) : true;
        first = false;
        if (news) soon();
      },
      event: soon,
      refused(problem) {
        if (problem.status === 404) lost();
      },
    });
  }
}
