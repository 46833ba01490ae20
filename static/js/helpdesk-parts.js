// Parts of a helpdesk page that follow their room: the room tells that something has changed, the server draws anew.
//
// [data-live][data-room][data-weight] holds the parts; the weight is the sum of the revs it was drawn from, so that what
// the room says first is compared with it. Entries of a thread never change, so new ones are put where they belong.
// Fields that nobody has touched follow; beside a touched one stands what somebody else has made of it meanwhile, and
// saving asks which one stays.

import { connect } from "./live.js";

const GATHER_MS = 60;

const weight = (data) => (data.tickets ? data.tickets.reduce((sum, one) => sum + one.rev, 0) : (data.ticket?.rev ?? 0));

/** Follows `root` until `leave()` of what it returns. `page()`: the address that draws it; `drawn(fresh)` after each time. */
export function follow(root, { page, drawn }) {
  let waiting = 0;
  let asked = 0;
  let left = false;

  async function draw() {
    const mine = ++asked;
    let answer;
    try {
      answer = await fetch(page(), { credentials: "same-origin", headers: { Accept: "text/html", "Gryf-Parts": "yes" } });
    } catch {
      return; // the network is away: the room tells everything once more when it is back
    }
    if (mine !== asked || left) return;
    if (answer.status === 404 || answer.status === 403) return lost(root);
    if (!answer.ok || answer.redirected) return; // the session has ended: nothing is taken away
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked || left) return;
    const other = fresh.querySelector(`[data-live="${root.dataset.live}"]`);
    if (!other) return;
    take(root, other);
    drawn?.(other);
  }

  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(draw, GATHER_MS);
  }

  let first = true;
  const stay = root.dataset.room
    ? connect().join(root.dataset.room, {
        snapshot(data) {
          if (!first || weight(data) !== Number(root.dataset.weight)) soon();
          first = false;
        },
        event: soon,
        refused(problem) {
          if (problem.status === 404) lost(root);
        },
      })
    : null;
  return {
    soon,
    leave() {
      left = true;
      clearTimeout(waiting);
      stay?.leave();
    },
  };
}

/** Brings `root` up to date with what the server has drawn; `sent`: a form that was just sent and is drawn anew whatever it holds. */
export function take(root, fresh, sent = null) {
  root.dataset.weight = fresh.dataset.weight ?? root.dataset.weight;
  for (const part of root.querySelectorAll("[data-part]")) {
    if (!part.isConnected) continue;
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!other) continue; // what a script has drawn
    if (part.dataset.part === "thread") addEntries(part, other);
    else replace(part, other, Boolean(sent && part.contains(sent)));
  }
  const form = root.querySelector("[data-fields]");
  const other = fresh.querySelector("[data-fields]");
  if (!form || !other) return;
  if (form === sent) form.replaceWith(other);
  else followFields(form, other);
}

function addEntries(list, fresh) {
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

/** A word that arrives is told, unless the desk tells what it likes itself. */
function say(entry) {
  const words = entry.querySelector(".hd-words")?.textContent.trim() ?? "";
  const who = entry.querySelector("strong")?.textContent ?? "";
  const detail = { text: `${who}: ${words.slice(0, 120)}`, kind: "info" };
  const said = new CustomEvent("gryf:helpdesk-word", { detail, cancelable: true });
  if (document.dispatchEvent(said)) document.dispatchEvent(new CustomEvent("gryf:say", { detail }));
}

/** Whether somebody has typed or chosen something in there. */
export function touched(part) {
  return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((one) =>
    one.matches("[type=radio], [type=checkbox]") ? one.checked !== one.defaultChecked : one.value !== one.defaultValue,
  );
}

function replace(part, fresh, force) {
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  if (!force) {
    if (part.innerHTML === fresh.innerHTML) return;
    if (focused?.matches("input, textarea, select")) return;
    if (touched(part)) return;
  }
  const open = [...part.querySelectorAll("details")].map((one) => one.open);
  const place = focused && [...part.querySelectorAll(focused.tagName)].indexOf(focused);
  part.replaceChildren(...[...fresh.childNodes].map((one) => document.importNode(one, true)));
  part.querySelectorAll("details").forEach((one, number) => (one.open ||= Boolean(open[number])));
  if (focused) part.querySelectorAll(focused.tagName)[place]?.focus();
}

/** Brings the fields up to date, without taking anything from who is writing. */
function followFields(form, fresh) {
  for (const field of form.querySelectorAll("[data-field]")) {
    const name = field.dataset.field;
    const other = fresh.querySelector(`[data-field="${CSS.escape(name)}"]`);
    const control = form.elements.namedItem(name);
    const was = form.elements.namedItem(`was_${name}`);
    const news = other?.querySelector(`[name="was_${CSS.escape(name)}"]`);
    if (!control || !was || !news) continue;
    const seen = form.elements.namedItem(`seen_${name}`);
    const hint = field.querySelector("[data-moved]");
    const given = other.querySelector(`[name="${CSS.escape(name)}"]`);
    if (control.value === was.value) {
      if (control.tagName === "SELECT") control.replaceChildren(...[...given.options].map((one) => one.cloneNode(true)));
      if (control.value !== given.value) mark(field);
      control.value = given.value;
      was.value = news.value;
      seen.value = other.querySelector(`[name="seen_${CSS.escape(name)}"]`).value;
      hint.hidden = true;
    } else if (news.value !== was.value) {
      const words = given.tagName === "SELECT" ? given.selectedOptions[0]?.textContent : given.value;
      hint.textContent = form.dataset.movedWords.replace("{value}", words ?? "");
      hint.hidden = false;
    } else hint.hidden = true;
  }
}

function mark(field) {
  field.classList.add("changed");
  field.addEventListener("animationend", () => field.classList.remove("changed"), { once: true });
}

function lost(root) {
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  text.textContent = root.dataset.lost ?? "";
  const held = root.contains(document.activeElement);
  root.replaceChildren(text);
  if (!held) return;
  text.tabIndex = -1;
  text.focus();
}
