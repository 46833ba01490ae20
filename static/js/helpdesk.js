// Pages of the helpdesk: rooms tell that something has changed, the server draws the page's parts anew.
//
// [data-live][data-room][data-weight] holds the parts; the weight is the sum of the revs it was drawn from, so that what
// the room says first is compared with it. Entries of a thread never change, so new ones are put where they belong.
// Fields that nobody has touched follow; beside a touched one stands what somebody else has made of it meanwhile, and
// saving asks which one stays.

import { connect } from "./live.js";

const GATHER_MS = 60;
let waiting = 0;
let asked = 0;

const weight = (data) =>
  data.tickets ? data.tickets.reduce((sum, one) => sum + one.rev, 0) : (data.ticket?.rev ?? 0);

async function draw() {
  const mine = ++asked;
  let answer;
  try {
    answer = await fetch(location.pathname + location.search, { credentials: "same-origin", headers: { Accept: "text/html" } });
  } catch {
    return; // the network is away: the room tells everything once more when it is back
  }
  if (mine !== asked) return;
  if (answer.status === 404 || answer.status === 401 || answer.status === 403) return lost();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  for (const part of document.querySelectorAll("[data-live] [data-part]")) {
    const other = fresh.querySelector(`[data-live] [data-part="${part.dataset.part}"]`);
    if (part.dataset.part === "thread") addEntries(part, other);
    else replace(part, other);
  }
  const form = document.querySelector("[data-fields]");
  const other = fresh.querySelector("[data-fields]");
  if (form && other) follow(form, other);
}

function addEntries(list, fresh) {
  if (!fresh) return;
  let before = list.firstElementChild;
  for (const entry of [...fresh.children]) {
    if (before?.dataset.entry === entry.dataset.entry) {
      before = before.nextElementSibling;
      continue;
    }
    if (list.querySelector(`:scope > [data-entry="${entry.dataset.entry}"]`)) continue;
    entry.classList.add("changed");
    entry.addEventListener("animationend", () => entry.classList.remove("changed"), { once: true });
    list.insertBefore(entry, before);
    if (entry.classList.contains("hd-entry")) say(entry);
  }
}

function say(entry) {
  const words = entry.querySelector(".hd-words")?.textContent.trim() ?? "";
  const who = entry.querySelector("strong")?.textContent ?? "";
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: `${who}: ${words.slice(0, 120)}`, kind: "info" } }));
}

function replace(part, fresh) {
  if (!fresh) {
    if (!part.contains(document.activeElement)) part.replaceChildren();
    return;
  }
  if (part.innerHTML === fresh.innerHTML) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  if (focused?.matches("input, textarea, select")) return;
  if ([...part.querySelectorAll("input:not([type=hidden]), textarea")].some((one) => one.value !== one.defaultValue)) return;
  const open = [...part.querySelectorAll("details")].map((one) => one.open);
  const place = focused && [...part.querySelectorAll(focused.tagName)].indexOf(focused);
  part.replaceChildren(...fresh.childNodes);
  part.querySelectorAll("details").forEach((one, number) => (one.open ||= Boolean(open[number])));
  if (focused) part.querySelectorAll(focused.tagName)[place]?.focus();
}

/** Brings the fields of the page up to date, without taking anything from who is writing. */
function follow(form, fresh) {
  for (const field of form.querySelectorAll("[data-field]")) {
    const name = field.dataset.field;
    const other = fresh.querySelector(`[data-field="${CSS.escape(name)}"]`);
    const control = form.elements.namedItem(name);
    const was = form.elements.namedItem(`was_${name}`);
    const news = other?.querySelector(`[name="was_${CSS.escape(name)}"]`);
    if (!control || !was || !news) continue;
    const seen = form.elements.namedItem(`seen_${name}`);
    const hint = field.querySelector("[data-moved]");
    if (control.value === was.value) {
      const given = other.querySelector(`[name="${CSS.escape(name)}"]`);
      if (control.tagName === "SELECT") control.replaceChildren(...[...given.options].map((one) => one.cloneNode(true)));
      control.value = given.value;
      was.value = news.value;
      seen.value = other.querySelector(`[name="seen_${CSS.escape(name)}"]`).value;
      hint.hidden = true;
    } else if (news.value !== was.value) {
      const given = other.querySelector(`[name="${CSS.escape(name)}"]`);
      const words = given.tagName === "SELECT" ? given.selectedOptions[0]?.textContent : given.value;
      hint.textContent = form.dataset.movedWords.replace("{value}", words ?? "");
      hint.hidden = false;
    }
  }
}

function lost() {
  for (const root of document.querySelectorAll("[data-live]")) {
    const text = document.createElement("p");
    text.setAttribute("role", "status");
    text.textContent = root.dataset.lost ?? "";
    root.replaceChildren(text);
  }
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(draw, GATHER_MS);
}

for (const root of document.querySelectorAll("[data-live][data-room]")) {
  if (!root.dataset.room) continue;
  let first = true;
  connect().join(root.dataset.room, {
    snapshot(data) {
      if (!first || weight(data) !== Number(root.dataset.weight)) soon();
      first = false;
    },
    event: soon,
    refused(problem) {
      if (problem.status === 404) lost();
    },
  });
}

const canned = document.querySelector("[data-canned]");
canned?.addEventListener("change", () => {
  if (!canned.value) return;
  const text = document.getElementById("say-text");
  text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${canned.value}` : canned.value;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  canned.value = "";
  text.focus();
});

for (const choice of document.querySelectorAll("[data-say] [name=kind]")) {
  choice.addEventListener("click", () => document.getElementById("say-text").focus());
}
