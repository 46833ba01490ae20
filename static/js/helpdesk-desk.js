// The agents' desk: the list, the ticket beside it, the keys, the address. On a narrow window links lead to whole pages.

import { initials, watchCompany } from "./helpdesk-company.js";
import { ask, change } from "./helpdesk-desk-changes.js";
import { counted, DeskList } from "./helpdesk-desk-list.js";
import { Pane } from "./helpdesk-desk-pane.js";
import { hands } from "./helpdesk-hands.js";
import { connect } from "./live.js";

const root = document.querySelector("[data-desk]");
const words = JSON.parse(document.getElementById("desk-words").textContent);
const wide = matchMedia("(width >= 64rem)");
const me = Number(root.dataset.me);
const many = root.querySelector("[data-many]");

/** One message at a time, at the bottom; `button` {text, press} is its way back, by the key z too. */
function tell(text, kind = "info", button = null) {
  if (!text) return;
  for (const old of document.querySelectorAll("#flashes > .flash")) old.remove();
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind, button } }));
  const way = button && document.querySelector("#flashes > .flash .btn");
  if (way) Object.assign(way.dataset, { key: "z", keyLabel: button.text });
}

// A word that comes into the open ticket is seen there; only its writer is told, and no message is pushed away.
document.addEventListener("gryf:helpdesk-word", (event) => {
  event.preventDefault();
  whisper(event.detail.text);
});

const quiet = document.querySelector("[data-whisper]");
function whisper(text) {
  quiet.textContent = text;
}

const list = new DeskList(root, words, {
  chosen(number) {
    if (!many) return;
    many.hidden = number === 0;
    many.querySelector("[data-many-words]").textContent = number ? counted(words.chosen, number) : "";
  },
});

const pane = new Pane(root.querySelector("[data-pane]"), {
  me,
  words,
  tell,
  opened(ticketId, number, what) {
    root.toggleAttribute("data-has-ticket", ticketId > 0);
    list.opened(ticketId);
    document.title = `${what || root.dataset.title} · Gryf`;
    if (what) whisper(words.opened.replace("{title}", what));
  },
  lost: (number) => onward(number),
  sent(number, { state, isSay }) {
    // solved: the next one waits; else one stays, out of the text, so that single keys act
    if (isSay && state === "solved" && list.view.show !== "closed") onward(number);
    else pane.heading();
  },
  retry(path) {
    show(path.split("/").at(-1));
  },
});

/** From a ticket that is done to the next one; the list itself where there is none. */
async function onward(number) {
  const from = list.visible().find((row) => row.dataset.number === number);
  const next = list.beside(1, from) ?? list.beside(-1, from);
  if (next && next !== from) {
    await show(next.dataset.number);
    return;
  }
  pane.close();
  remember("");
  whisper(words.none_left);
  root.querySelector("[data-show-link][aria-current]").focus();
}

// the address

function address(ticket) {
  const asked = new URLSearchParams({ queue: root.dataset.queue });
  if (list.view.show !== "all") asked.set("show", list.view.show);
  if (list.view.sort !== "urgent") asked.set("sort", list.view.sort);
  if (ticket) asked.set("ticket", ticket);
  return `/pomoc/obsluga?${asked}`;
}

function remember(ticket) {
  const next = address(ticket);
  if (next !== location.pathname + location.search) history.pushState(null, "", next);
}

async function show(number, { push = true } = {}) {
  if (!(await pane.open(number))) return;
  if (push) remember(number);
  if (scrollY > root.offsetTop) root.scrollIntoView();
  pane.heading();
}

/** Another filter or order: the server draws the list, the ticket beside it stays. */
async function renew(href, { push = true } = {}) {
  let answer;
  try {
    answer = await fetch(href, { credentials: "same-origin", headers: { Accept: "text/html", "Gryf-Parts": "yes" } });
  } catch {
    tell(words.no_page, "warning");
    return;
  }
  const fresh = answer.ok && !answer.redirected && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-desk]");
  if (!fresh) {
    location.assign(href); // a session that has ended, a queue that is not open any more: the page says it
    return;
  }
  list.renew(fresh);
  for (const link of root.querySelectorAll("[data-show-link], [data-sort-link]")) {
    const name = link.dataset.showLink !== undefined ? "showLink" : "sortLink";
    const other = [...fresh.querySelectorAll(`[data-${name === "showLink" ? "show" : "sort"}-link]`)].find((one) => one.dataset[name] === link.dataset[name]);
    link.href = other.getAttribute("href");
    if (other.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  root.querySelector("[data-sort-words]").textContent = fresh.querySelector("[data-sort-words]").textContent;
  company.again();
  if (push) remember(pane.number);
}

addEventListener("popstate", async () => {
  const asked = new URLSearchParams(location.search);
  const view = [asked.get("show") ?? "all", asked.get("sort") ?? "urgent"];
  if (asked.get("queue") !== root.dataset.queue && asked.get("queue")) return location.reload();
  if (view[0] !== list.view.show || view[1] !== list.view.sort) await renew(location.href, { push: false });
  const ticket = asked.get("ticket");
  if (ticket) show(ticket, { push: false });
  else if (pane.number) pane.close();
});

root.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const ticket = event.target.closest(".hd-row [data-link]");
  const filter = event.target.closest("[data-show-link], [data-sort-link]");
  if (ticket && wide.matches) {
    event.preventDefault();
    show(ticket.closest(".hd-row").dataset.number);
  } else if (filter) {
    event.preventDefault();
    const menu = filter.closest("details");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    renew(filter.href);
  }
});

// who is there

const company = watchCompany(`helpdesk/queue/${root.dataset.queue}/company`, me, (ticketId, people) => {
  const place = list.row(ticketId)?.querySelector("[data-company]");
  if (!place) return;
  place.hidden = people.length === 0;
  place.replaceChildren(
    ...people.map((one) => {
      const badge = document.createElement("span");
      badge.className = `hd-initials ${one.doing}`;
      badge.title = (one.doing === "writing" ? words.writes : words.reads).replace("{name}", one.name);
      const spoken = document.createElement("span");
      spoken.className = "visually-hidden";
      spoken.textContent = ` ${badge.title}`;
      const sign = document.createElement("span");
      sign.setAttribute("aria-hidden", "true");
      sign.textContent = initials(one.name) + (one.doing === "writing" ? " ✎" : "");
      badge.append(sign, spoken);
      return badge;
    }),
  );
});

// changes of one or many

function seenTickets(ids) {
  return ids.map((id) => {
    const row = list.row(id);
    const known = list.tickets.get(id);
    return {
      digits: row?.dataset.number ?? pane.number,
      number: known?.number ?? row?.dataset.number ?? pane.number,
      rev: known?.rev ?? Number(row?.dataset.rev ?? pane.root?.dataset.weight),
    };
  });
}

async function choose(name, ids) {
  if (ids.length === 0) return;
  const tickets = seenTickets(ids); // as they stand on the screen now
  const value = await ask(name, ids.length > 1 ? `(${counted(words.chosen, ids.length)})` : "");
  if (value === null) return;
  const place = document.activeElement;
  const { done } = await change(name, value, tickets, { words, tell });
  for (const id of ids) if (done.includes(list.row(id)?.dataset.number)) list.pick(id, false);
  if (!place?.isConnected || place === document.body || place.closest("[hidden]")) pane.heading() || list.focus(list.beside(1));
}

hands(pane.box, (verb) => {
  if (verb !== "assign" && verb !== "state") return false;
  choose(verb, [pane.ticketId]);
  return true;
});
many?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-choose]");
  if (button) choose(button.dataset.choose, [...list.picked]);
  if (event.target.closest("[data-choose-none]")) {
    list.pickNone();
    list.focus(list.current() ?? list.beside(1));
  }
});

// keys

function step(by) {
  const inPane = pane.root?.contains(document.activeElement);
  const next = list.beside(by);
  if (!next) return whisper(words.last);
  if (inPane && wide.matches) show(next.dataset.number);
  else list.focus(next);
}

for (const button of root.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => step(Number(button.dataset.step)));
}
root.querySelector("[data-mark]")?.addEventListener("click", () => {
  const row = list.current() ?? list.beside(1);
  if (!row) return;
  const id = Number(row.dataset.id);
  list.pick(id);
  list.lastPicked = id;
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if (event.key === "Escape" && !document.querySelector("details.menu[open]")) return back(event, typing);
  if (typing || event.defaultPrevented || localStorage.getItem("gryf:shortcuts-off") !== null) return;
  if (event.key === "X" && list.current()) {
    event.preventDefault();
    list.pickUpTo(Number(list.current().dataset.id));
  } else if (event.key === "Enter" && event.target.matches?.("body, [data-new]") && list.fresh.size) {
    event.preventDefault();
    list.reveal();
  }
}, { capture: true });

/** Out of a text to its ticket, from the ticket to its row, from the row to nothing chosen. */
function back(event, typing) {
  if (typing && pane.root?.contains(event.target)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    pane.heading();
  } else if (typing) {
    event.stopImmediatePropagation();
    list.focus(list.current() ?? list.beside(1));
  } else if (pane.root?.contains(event.target)) list.focus(list.row(pane.ticketId) ?? list.beside(1));
  else if (list.picked.size) list.pickNone();
}

// the rooms

connect().join(root.dataset.room, {
  snapshot(view) {
    list.snapshot(view);
    if (view.more) renew(location.href, { push: false });
  },
  event: (event) => list.event(event),
  refused(problem) {
    if (problem.status === 404) location.reload();
  },
});
pane.adopt();
