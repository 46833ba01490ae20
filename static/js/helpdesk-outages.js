// On every page of those who work here: lines about outages that hit their units, live; «me too» with one press.
//
//   <div data-outages data-link="/pomoc/awarie/"></div>          where the lines stand
//   <div data-outage-offer [data-category=…] [data-service=…]>   a page that asks first whether it is about one of them;
//                                                                `all`: also about those of other categories

import { call } from "./api.js";
import { connect, newer } from "./live.js";

const root = document.querySelector("[data-outages]");
const words = JSON.parse(document.getElementById("outage-words")?.textContent ?? "{}");
const bannerTemplate = document.getElementById("outage-banner");
const cardTemplate = document.getElementById("outage-card");
const language = document.documentElement.lang || "pl";
const zone = document.documentElement.dataset.timeZone || undefined;
const timeOf = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: zone });
const dayOf = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", timeZone: zone });
const AHEAD_MS = 48 * 3600_000;
const TICK_MS = 60_000;
const HIDDEN = "gryf.outages.hidden";

const notices = new Map();
const mine = new Set();
const holders = new Map(); // id → units that it hits, of those in which the reader works
const gone = new Map(); // id → rev: what is over does not come back with an older word

function moment(text) {
  const when = new Date(text);
  const today = dayOf.format(when) === dayOf.format(new Date());
  return today ? timeOf.format(when) : `${dayOf.format(when)}, ${timeOf.format(when)}`;
}

function shown(notice, now = Date.now()) {
  return notice.state === "running" || (notice.state === "announced" && Date.parse(notice.starts_at) - now <= AHEAD_MS);
}

function hidden() {
  try {
    return JSON.parse(sessionStorage.getItem(HIDDEN) ?? "{}");
  } catch {
    return {};
  }
}

function hide(notice) {
  try {
    sessionStorage.setItem(HIDDEN, JSON.stringify({ ...hidden(), [notice.id]: notice.state + notice.rev }));
  } catch {
    // a browser that keeps nothing shows it again on the next page
  }
}

function textOf(notice) {
  const kind = words[notice.kind];
  const parts = [(notice.state === "announced" ? words.from : words.since).replace("{when}", moment(notice.starts_at))];
  if (notice.expected_end) parts.push(words.until.replace("{when}", moment(notice.expected_end)));
  return `${kind}: ${notice.title} (${parts.join(", ")})`;
}

function fill(element, notice) {
  const link = element.querySelector("[data-outage-text]");
  link.href = root.dataset.link + notice.id;
  link.textContent = textOf(notice);
  const button = element.querySelector("[data-me-too]");
  button.hidden = notice.state !== "running";
  button.setAttribute("aria-pressed", String(mine.has(notice.id)));
  button.classList.toggle("btn-primary", mine.has(notice.id));
  button.classList.toggle("btn-secondary", !mine.has(notice.id));
  button.title = mine.has(notice.id) ? words.mine : "";
  const more = element.querySelector("[data-outage-more]");
  if (more) more.textContent = notice.news || notice.text;
  const ask = element.querySelector("[data-outage-ask]");
  if (ask) ask.textContent = notice.state === "running" ? words.offer : "";
  const why = element.querySelector("[data-outage-why]");
  if (why) {
    why.textContent = mine.has(notice.id) ? words.mine : `${words.offered} ${words.joins}`;
    why.hidden = notice.state !== "running";
  }
}

/** Brings the elements of a place in line with what is wanted, keeping those that are there and their focus. */
function arrange(place, template, wanted) {
  const known = new Map([...place.querySelectorAll(":scope > [data-outage]")].map((one) => [one.dataset.outage, one]));
  for (const [id, element] of known) if (!wanted.some((one) => String(one.id) === id)) element.remove();
  for (const notice of wanted) {
    let element = known.get(String(notice.id));
    if (!element) {
      element = template.content.firstElementChild.cloneNode(true);
      element.dataset.outage = notice.id;
      element.querySelector("[data-me-too]").addEventListener("click", () => press(notice.id));
      element.querySelector("[data-outage-hide]")?.addEventListener("click", () => {
        hide(notices.get(notice.id) ?? notice);
        draw();
      });
      place.append(element);
    }
    fill(element, notice);
  }
}

function concerns(place, notice) {
  if (place.dataset.outageOffer === "all" || (!notice.category_id && !notice.service_id)) return true;
  return (
    String(notice.category_id) === place.dataset.category || (notice.service_id && String(notice.service_id) === place.dataset.service)
  );
}

function draw() {
  const all = [...notices.values()].sort((one, other) => Date.parse(one.starts_at) - Date.parse(other.starts_at) || one.id - other.id);
  const away = hidden();
  const lines = all.filter(
    (one) => shown(one) && away[one.id] !== one.state + one.rev && location.pathname !== root.dataset.link + one.id,
  );
  const offers = [...document.querySelectorAll("[data-outage-offer]")];
  for (const place of offers) arrange(place, cardTemplate, all.filter((one) => concerns(place, one)));
  const offered = new Set(offers.flatMap((place) => [...place.querySelectorAll("[data-outage]")].map((one) => one.dataset.outage)));
  arrange(root, bannerTemplate, lines.filter((one) => !offered.has(String(one.id))));
}

async function press(id) {
  const wanted = !mine.has(id);
  change(id, wanted);
  try {
    await call("POST", `/api/helpdesk/outages/${id}/me-too`, { wanted });
    if (wanted) say(words.mine, "success");
  } catch (problem) {
    change(id, !wanted);
    say(problem.status ? problem.message : words.failed, "danger");
  }
}

function change(id, wanted) {
  if (wanted) mine.add(id);
  else mine.delete(id);
  draw();
}

function say(text, kind) {
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind } }));
}

function take(unit, notice) {
  if ((gone.get(notice.id) ?? -1) >= notice.rev) return;
  holders.set(notice.id, (holders.get(notice.id) ?? new Set()).add(unit));
  if (newer(notices, notice)) draw();
}

/** It is over, or does not hit this unit any more; whoever works in another one that it hits still reads it. */
function leave(unit, id, notice = null) {
  const over = notice?.state === "ended" || notice?.state === "withdrawn";
  if (over) gone.set(id, notice.rev);
  holders.get(id)?.delete(unit);
  if (!over && (holders.get(id)?.size ?? 0) > 0) return;
  holders.delete(id);
  if (!notices.delete(id)) return;
  if (notice?.state === "ended") say(words.over.replace("{title}", notice.title), "success");
  draw();
}

function follow(unit) {
  connect().join(`helpdesk/outages/unit/${unit}`, {
    snapshot(data) {
      const now = new Set(data.notices.map((one) => one.id));
      for (const [id, units] of [...holders]) if (units.has(unit) && !now.has(id)) leave(unit, id);
      for (const one of data.notices) take(unit, one);
    },
    event(data) {
      if (data.type === "NoticeChanged") take(unit, data.notice);
      else leave(unit, data.notice.id, data.notice);
    },
  });
}

async function start() {
  let own;
  try {
    own = await call("GET", "/api/helpdesk/outages/own");
  } catch {
    return; // out of reach: the next page asks again
  }
  for (const one of own.notices) {
    notices.set(one.id, one);
    holders.set(one.id, new Set()); // the rooms say which units
  }
  for (const id of own.mine) mine.add(id);
  draw();
  for (const unit of own.units) follow(unit);
  setInterval(draw, TICK_MS); // planned work comes nearer
}

if (root) start();
