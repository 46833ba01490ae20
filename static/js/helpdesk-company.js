// Who is at a ticket: the page says what it does, and shows what others do. Whoever falls silent is taken as gone.

import { call } from "./api.js";
import { connect } from "./live.js";

const AGAIN_MS = 20_000;
const GONE_MS = 45_000;
const PAUSE_MS = 8_000; // so long after the last key somebody still writes
const page = Math.random().toString(36).slice(2, 14) || "page";

/** First letters of the first and last name. */
export function initials(name) {
  const parts = name.trim().split(/\s+/);
  return [parts[0], parts.length > 1 ? parts.at(-1) : ""].map((one) => [...one][0] ?? "").join("").toLocaleUpperCase();
}

/** Follows a room of company; `changed(ticketId, people)` gets [{account_id, name, doing}], each account once, without `me`. */
export function watchCompany(room, me, changed) {
  const known = new Map(); // by page: {company, timer}
  const keyOf = (one) => `${one.ticket_id}/${one.account_id}/${one.page}`;

  function tell(ticketId) {
    const people = new Map();
    for (const { company } of known.values()) {
      if (company.ticket_id !== ticketId || company.account_id === me || company.doing === "gone") continue;
      if (people.get(company.account_id)?.doing !== "writing") people.set(company.account_id, company);
    }
    changed(ticketId, [...people.values()].sort((one, other) => one.name.localeCompare(other.name)));
  }

  function put(company) {
    const key = keyOf(company);
    const before = known.get(key);
    if (before && before.company.rev >= company.rev) return;
    clearTimeout(before?.timer);
    const timer = setTimeout(() => {
      known.delete(key);
      tell(company.ticket_id);
    }, GONE_MS);
    known.set(key, { company, timer });
    if (before?.company.doing !== company.doing) tell(company.ticket_id);
  }

  const stay = connect().join(room, {
    snapshot(view) {
      const there = new Set(view.company.map(keyOf));
      for (const [key, { company, timer }] of [...known]) {
        if (there.has(key)) continue;
        clearTimeout(timer);
        known.delete(key);
        tell(company.ticket_id);
      }
      view.company.forEach(put);
    },
    event: ({ company }) => put(company),
  });
  return {
    again: () => new Set([...known.values()].map(({ company }) => company.ticket_id)).forEach(tell),
    leave() {
      stay.leave();
      for (const { timer } of known.values()) clearTimeout(timer);
    },
  };
}

/** Says that this page is at a ticket, and that somebody types in `root`'s composer, until `leave()`. */
export function beHere(number, root) {
  let doing = "reading";
  let pause = 0;
  const path = `/api/helpdesk/tickets/${number}/company`;
  const say = () => call("POST", path, { page, doing }).catch(() => {}); // said again in a moment
  const become = (next) => {
    if (doing === next) return;
    doing = next;
    say();
  };
  const typing = (event) => {
    if (!event.target.closest("[data-say]") || !event.target.matches("textarea")) return;
    clearTimeout(pause);
    pause = setTimeout(() => become("reading"), PAUSE_MS);
    become("writing");
  };
  const seen = () => (document.visibilityState === "visible" ? say() : null);
  const gone = () =>
    fetch(path, {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ page, doing: "gone" }),
    }).catch(() => {});
  const back = (event) => event.persisted && say();
  root.addEventListener("input", typing);
  document.addEventListener("visibilitychange", seen);
  addEventListener("pagehide", gone);
  addEventListener("pageshow", back);
  const timer = setInterval(seen, AGAIN_MS);
  say();
  return {
    sent() {
      clearTimeout(pause);
      become("reading");
    },
    leave() {
      clearInterval(timer);
      clearTimeout(pause);
      root.removeEventListener("input", typing);
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("pagehide", gone);
      removeEventListener("pageshow", back);
      gone();
    },
  };
}

/** The line over a ticket: who else reads it, who writes. */
export function companyLine(line, people, words) {
  const names = (doing) => people.filter((one) => one.doing === doing).map((one) => one.name).join(", ");
  const parts = [];
  if (names("writing")) parts.push(words.writing_now.replace("{names}", names("writing")));
  if (names("reading")) parts.push(words.reads_too.replace("{names}", names("reading")));
  const text = parts.join(" ");
  if (line && line.textContent !== text) line.textContent = text;
}
