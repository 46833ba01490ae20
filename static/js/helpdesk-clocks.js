// Rings of promises: each one goes on by itself through the spans of working time it carries, and stands outside of them.
//
//   <div data-clocks-queue="3"> … <span data-clocks-ticket="1001"> rings </span> … </div>
//
// Inside of an element that names a queue they follow its room.

import { call } from "./api.js";
import { connect } from "./live.js";

const words = JSON.parse(document.getElementById("sla-words").textContent);
const template = document.getElementById("sla-ring");
const zone = document.documentElement.dataset.timeZone || undefined;
const language = document.documentElement.lang || "pl";
const timeOf = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: zone });
const dayOf = new Intl.DateTimeFormat("pl", { day: "2-digit", month: "2-digit", year: "numeric", timeZone: zone });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const SOON = 0.75;
const TICK_MS = 5_000;
const COUNTED_MS = 400;

export function shareOf(clock, now) {
  let used = clock.used_s;
  for (const [since, until] of clock.runs) used += Math.max(0, Math.min(now / 1000, until) - since);
  return Math.min(1, used / (clock.target_min * 60));
}

export function stateOf(clock, now) {
  if (clock.kept !== null) return clock.kept ? "kept" : "missed";
  if (clock.late_at && Date.parse(clock.late_at) <= now) return "late";
  if (clock.paused) return "paused";
  return shareOf(clock, now) >= SOON ? "soon" : "running";
}

export function whenText(moment, now) {
  const at = new Date(moment);
  const day = dayOf.format(at);
  return day === dayOf.format(new Date(now)) ? timeOf.format(at) : `${day}, ${timeOf.format(at)}`;
}

function wordOf(clock, state, now) {
  if (state === "late") return words.late.replace("{when}", whenText(clock.late_at, now));
  if (state === "kept" || state === "missed" || state === "paused") return words[state];
  return clock.due_at ? words.due.replace("{when}", whenText(clock.due_at, now)) : "";
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function draw(ring, clock, now = Date.now()) {
  const state = stateOf(clock, now);
  const share = state === "late" || state === "missed" ? 1 : shareOf(clock, now);
  ring.dataset.state = state;
  ring.querySelector(".sla-used").setAttribute("stroke-dasharray", `${(share * 100).toFixed(1)} 100`);
  setText(ring.querySelector('[data-part="measure"]'), words[clock.measure]);
  setText(ring.querySelector('[data-part="word"]'), wordOf(clock, state, now));
  setText(ring.querySelector('[data-part="share"]'), words.used.replace("{share}", percent.format(share)));
}

export function fill(place, clocks) {
  const rings = clocks.map((clock) => {
    const ring = template.content.querySelector(".sla-ring").cloneNode(true);
    ring.dataset.clock = JSON.stringify(clock);
    draw(ring, clock);
    return ring;
  });
  place.replaceChildren(...rings);
}

function tick() {
  const now = Date.now();
  for (const ring of document.querySelectorAll(".sla-ring[data-clock]")) draw(ring, JSON.parse(ring.dataset.clock), now);
}

function follow(root) {
  const known = new Map();
  root.gryfClocks = known; // for a list that puts its rows into order
  const show = (ticket) => {
    if ((known.get(ticket.ticket_id)?.rev ?? -1) >= ticket.rev) return;
    known.set(ticket.ticket_id, ticket);
    for (const place of root.querySelectorAll(`[data-clocks-ticket="${ticket.ticket_id}"]`)) fill(place, ticket.clocks);
  };
  // rows that came after their clocks were told
  root.addEventListener("gryf:rows", () => {
    for (const place of root.querySelectorAll("[data-clocks-ticket]:empty")) {
      fill(place, known.get(Number(place.dataset.clocksTicket))?.clocks ?? []);
    }
  });
  connect().join(`helpdesk/clocks/${root.dataset.clocksQueue}`, {
    snapshot(view) {
      view.tickets.forEach(show);
    },
    event(event) {
      show(event.ticket);
    },
  });
}

// On the page of one ticket: asked for anew when the ticket has changed, a moment later, since clocks are counted then.
function followOne(place) {
  const load = async () => fill(place, (await call("GET", `/api/helpdesk/tickets/${place.dataset.number}/clocks`)).clocks);
  return connect().join(`helpdesk/ticket/${place.dataset.clocksOf}/inside`, {
    snapshot: load,
    event({ type }) {
      if (type === "TicketEdited") setTimeout(load, COUNTED_MS);
    },
  });
}

document.querySelectorAll("[data-clocks-queue]").forEach(follow);
document.querySelectorAll("[data-clocks-of]:not([data-pane] *)").forEach(followOne);

// A ticket that is opened beside a list comes and goes with its element.
const stays = new WeakMap();
document.addEventListener("gryf:clocks-wanted", ({ detail: { root } }) => {
  const places = [...root.querySelectorAll("[data-clocks-of]")];
  if (!stays.has(root)) stays.set(root, places.map(followOne));
});
document.addEventListener("gryf:clocks-left", ({ detail: { root } }) => {
  for (const stay of stays.get(root) ?? []) stay.leave();
  stays.delete(root);
});
tick();
setInterval(tick, TICK_MS);
