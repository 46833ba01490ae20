// The same change for many of the tickets that were found, with its way back; the server draws what became of them.

import { ask, change } from "./helpdesk-desk-changes.js";
import { counted } from "./helpdesk-desk-list.js";

const words = JSON.parse(document.getElementById("many-words").textContent);
const list = document.querySelector("[data-hits]");
const many = document.querySelector("[data-many]");
let last = null;

const rows = () => [...list.querySelectorAll("[data-ticket]")];
const box = (row) => row.querySelector("[data-pick]");
const chosen = () => rows().filter((row) => box(row).checked);

function told() {
  const number = chosen().length;
  many.hidden = number === 0;
  many.querySelector("[data-many-words]").textContent = number ? counted(words.chosen, number) : "";
  for (const row of rows()) row.classList.toggle("hd-picked", box(row).checked);
}

function pick(row, is, upTo = false) {
  const all = rows();
  const ends = [upTo && last ? all.findIndex((one) => one.dataset.ticket === last) : all.indexOf(row), all.indexOf(row)];
  const [from, to] = ends.map((one) => Math.max(0, one)).sort((one, other) => one - other);
  for (const one of all.slice(from, to + 1)) box(one).checked = is;
  last = row.dataset.ticket;
  told();
}

/** Rows as they are now, in their places: what does not fit the question any more goes with the next search. */
async function drawn() {
  let answer;
  try {
    answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html", "Gryf-Parts": "yes" } });
  } catch {
    return;
  }
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const row of rows()) {
    const other = fresh.querySelector(`[data-hits] [data-ticket="${row.dataset.ticket}"]`);
    row.classList.toggle("hd-gone", !other);
    if (!other) continue;
    row.dataset.rev = other.dataset.rev;
    for (const part of [".hf-signs", ".hf-about"]) row.querySelector(part).replaceWith(document.importNode(other.querySelector(part), true));
  }
}

function tell(text, kind = "info", button = null) {
  for (const old of document.querySelectorAll("#flashes > .flash")) old.remove();
  const press = button && (async () => {
    await button.press();
    await drawn();
  });
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind, button: button && { text: button.text, press } } }));
  const way = button && document.querySelector("#flashes > .flash .btn");
  if (way) Object.assign(way.dataset, { key: "z", keyLabel: button.text });
}

async function choose(name) {
  const found = chosen();
  if (found.length === 0) return;
  const value = await ask(name, found.length > 1 ? `(${counted(words.chosen, found.length)})` : "");
  if (value === null) return;
  const tickets = found.map((row) => ({ digits: row.dataset.number, number: row.dataset.shownNumber, rev: Number(row.dataset.rev) }));
  const { done } = await change(name, value, tickets, { words, tell });
  for (const row of found) if (done.includes(row.dataset.number)) box(row).checked = false;
  told();
  if (many.hidden) found[0].querySelector("[data-hit]").focus({ preventScroll: true });
  await drawn();
}

list.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-pick]");
  if (pressed) pick(pressed.closest("[data-ticket]"), pressed.checked, event.shiftKey);
});
document.querySelector("[data-mark]").addEventListener("click", () => {
  const row = document.activeElement?.closest?.("[data-ticket]") ?? rows()[0];
  pick(row, !box(row).checked);
});
document.querySelector("[data-choose-all]").addEventListener("click", () => {
  for (const row of rows()) box(row).checked = true;
  told();
});
many.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choose]");
  if (button) choose(button.dataset.choose);
  if (event.target.closest("[data-choose-none]")) {
    for (const row of rows()) box(row).checked = false;
    told();
    (rows()[0]?.querySelector("[data-hit]")).focus();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "X" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const row = document.activeElement?.closest?.("[data-ticket]");
  if (!row || event.target.matches("input:not([type=checkbox]), textarea, select") || localStorage.getItem("gryf:shortcuts-off") !== null) return;
  event.preventDefault();
  pick(row, true, true);
});
told(); // a browser that goes back keeps what was chosen
