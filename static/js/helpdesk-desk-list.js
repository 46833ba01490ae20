// The list of the agents' desk. Rows change in place; new tickets wait under a tab, and what left stays, dimmed, until
// nobody's hand or focus is in the list: so nothing moves under a finger.

import { relative } from "./shell/times.js";

const OPEN = new Set(["new", "open", "pending"]);
const SWEEP_MS = 1200;
const language = document.documentElement.lang || "pl";
const plurals = new Intl.PluralRules(language);
const exact = new Intl.DateTimeFormat(language, {
  dateStyle: "long",
  timeStyle: "short",
  timeZone: document.documentElement.dataset.timeZone || undefined,
});

/** «2 nowe»: the form for the number, from words {one, few, many, other} that were drawn with some number. */
export function counted(forms, number) {
  return (forms[plurals.select(number)] ?? forms.other).replace(/\d+/, String(number));
}

export function fits(ticket, { show, me, queue }) {
  if (!OPEN.has(ticket.state) || ticket.queue_id !== queue) return false;
  if (show === "mine") return ticket.assignee_id === me;
  if (show === "free") return ticket.assignee_id === null;
  if (show === "ours") return ticket.waits_for_us;
  return true;
}

/** When a ticket's next promise ends, and how much working time is left of it while it stands; as the server orders them. */
function promised(clocks) {
  const going = (clocks ?? []).filter((one) => one.kept === null);
  const ends = going.filter((one) => one.due_at).map((one) => Date.parse(one.due_at));
  const left = going.filter((one) => !one.due_at).map((one) => one.target_min * 60 - one.used_s);
  return { due: Math.min(...ends, Number.MAX_VALUE), left: Math.min(...left, Number.MAX_VALUE) };
}

const ORDERS = {
  due(one, other, clocks) {
    const [first, second] = [one, other].map(({ id }) => promised(clocks?.get(id)?.clocks));
    return first.due - second.due || first.left - second.left || one.id - other.id;
  },
  urgent: (one, other) => other.priority - one.priority || one.id - other.id,
  newest: (one, other) => other.id - one.id,
  waiting: (one, other) => Date.parse(one.last_entry_at) - Date.parse(other.last_entry_at) || one.id - other.id,
};

export class DeskList {
  constructor(root, words, { chosen }) {
    this.root = root;
    this.words = words;
    this.box = root.querySelector("[data-list]");
    this.rows = root.querySelector("[data-rows]");
    this.template = document.getElementById("desk-row");
    this.view = { show: root.dataset.show, sort: root.dataset.sort, me: Number(root.dataset.me), queue: Number(root.dataset.queue) };
    this.tickets = new Map(); // by id, as the room tells them
    this.fresh = new Set(); // ids that wait under the tab
    this.gone = new Set();
    this.picked = new Set();
    this.lastPicked = null;
    this.openId = 0;
    this.begunMs = Date.now() - 60_000; // clocks differ
    this.chosen = chosen;
    this.box.addEventListener("mouseleave", () => this.sweep());
    this.box.addEventListener("focusout", () => setTimeout(() => this.sweep(), 0));
    this.box.addEventListener("click", (event) => this.#clicked(event));
    root.querySelector("[data-new]").addEventListener("click", () => this.reveal());
  }

  // what the room says

  snapshot(view) {
    const there = new Set(view.tickets.map((one) => one.id));
    view.tickets.forEach((one) => this.put(one));
    if (!view.more) {
      for (const id of [...this.tickets.keys()]) if (!there.has(id)) this.#left(id);
      for (const row of this.#all()) if (!there.has(Number(row.dataset.id))) this.#left(Number(row.dataset.id));
    }
    this.count();
  }

  event({ type, ticket }) {
    if (type === "TicketLeft") {
      const known = this.tickets.get(ticket.id);
      if (!known || known.rev <= ticket.rev) this.#left(ticket.id);
    } else this.put(ticket);
    this.count();
  }

  put(ticket) {
    const known = this.tickets.get(ticket.id);
    if (known && known.rev >= ticket.rev) return;
    this.tickets.set(ticket.id, ticket);
    const row = this.row(ticket.id);
    if (!fits(ticket, this.view)) {
      if (row) {
        this.fill(row, ticket);
        this.#leave(row, ticket.id);
      }
      return;
    }
    if (!row && this.#beyond(ticket)) return;
    if (!row) {
      const born = this.template.content.firstElementChild.cloneNode(true);
      this.fill(born, ticket);
      this.unread(born, true);
      born.hidden = true;
      this.fresh.add(ticket.id);
      this.rows.append(born);
      this.box.dispatchEvent(new CustomEvent("gryf:rows"));
      return;
    }
    this.gone.delete(ticket.id);
    row.classList.remove("hd-gone");
    const before = known?.last_entry_at ?? row.querySelector("time").getAttribute("datetime");
    const grace = known ? 0 : 1000; // the page tells whole seconds
    if (Date.parse(ticket.last_entry_at) > Date.parse(before) + grace && ticket.id !== this.openId) this.unread(row, true);
    if (Number(row.dataset.rev) < ticket.rev) {
      this.fill(row, ticket);
      row.classList.add("changed");
      row.addEventListener("animationend", () => row.classList.remove("changed"), { once: true });
    } else row.dataset.rev = ticket.rev;
  }

  /** In a list of which only the beginning is shown, a ticket that is not new and has its place further on. */
  #beyond(ticket) {
    if (!Number(this.root.dataset.more) || Date.parse(ticket.sent_at) > this.begunMs) return false;
    const last = this.tickets.get(Number(this.visible().at(-1)?.dataset.id));
    return Boolean(last) && ORDERS[this.view.sort](last, ticket, this.box.gryfClocks) < 0;
  }

  #left(id) {
    this.tickets.delete(id);
    const row = this.row(id);
    if (row) this.#leave(row, id);
  }

  #leave(row, id) {
    if (this.fresh.delete(id)) {
      row.remove();
      return;
    }
    this.gone.add(id);
    this.pick(id, false);
    row.classList.add("hd-gone");
    setTimeout(() => this.sweep(), SWEEP_MS);
  }

  /** Takes away what has left, unless somebody is at the list with hand or focus. */
  sweep() {
    if (this.gone.size === 0 || this.box.matches(":hover") || this.rows.matches(":focus-within")) return;
    this.#drop();
    this.count();
  }

  #drop() {
    for (const id of [...this.gone]) {
      if (id === this.openId) continue;
      this.gone.delete(id);
      this.row(id)?.remove();
    }
  }

  /** New ones take their places, the list gets its order; the first new one is focused. */
  reveal() {
    if (this.fresh.size === 0) return false;
    const born = new Set(this.fresh);
    this.fresh.clear();
    this.#drop();
    const order = ORDERS[this.view.sort];
    const rows = this.#all();
    const of = (row) => this.tickets.get(Number(row.dataset.id));
    rows.sort((one, other) => (of(one) && of(other) ? order(of(one), of(other), this.box.gryfClocks) : 0));
    for (const row of rows) row.hidden = false;
    this.rows.append(...rows);
    this.count();
    const first = rows.find((row) => born.has(Number(row.dataset.id)));
    this.focus(first);
    return true;
  }

  /** Another filter or order, as the server draws it. */
  renew(fresh) {
    this.view.show = fresh.dataset.show;
    this.view.sort = fresh.dataset.sort;
    this.root.dataset.more = fresh.dataset.more;
    const rows = [...fresh.querySelectorAll("[data-rows] > .hd-row")].map((row) => document.importNode(row, true));
    const held = document.activeElement?.closest?.(".hd-row")?.dataset.id;
    this.rows.replaceChildren(...rows);
    if (held) this.focus(this.row(held) ?? rows[0]);
    this.fresh.clear();
    this.gone.clear();
    for (const row of rows) {
      const ticket = this.tickets.get(Number(row.dataset.id));
      if (ticket && ticket.rev > Number(row.dataset.rev)) this.fill(row, ticket);
    }
    for (const ticket of this.tickets.values()) {
      if (!this.root.dataset.more || this.root.dataset.more === "0") this.#appear(ticket);
    }
    for (const id of [...this.picked]) this.pick(id, Boolean(this.row(id)));
    this.opened(this.openId);
    this.count();
    this.box.dispatchEvent(new CustomEvent("gryf:rows"));
  }

  /** What the room told while the server drew the list. */
  #appear(ticket) {
    if (!fits(ticket, this.view) || this.row(ticket.id)) return;
    this.tickets.delete(ticket.id);
    this.put(ticket);
  }

  count() {
    const shown = this.visible().length;
    this.root.querySelector("[data-empty]").hidden = shown > 0;
    const tab = this.root.querySelector("[data-new]");
    const words = this.fresh.size ? counted(this.words.new, this.fresh.size) : "";
    const text = tab.querySelector("[data-new-words]");
    if (text.textContent !== words) text.textContent = words;
    tab.hidden = this.fresh.size === 0;
    if (Number(this.root.dataset.more)) return;
    for (const place of this.root.querySelectorAll("[data-count]")) {
      const view = { ...this.view, show: place.dataset.count };
      place.textContent = String([...this.tickets.values()].filter((one) => fits(one, view)).length);
    }
  }

  // rows

  #all() {
    return [...this.rows.querySelectorAll(":scope > .hd-row")];
  }

  visible() {
    return this.#all().filter((row) => !row.hidden);
  }

  row(id) {
    return this.rows.querySelector(`:scope > [data-id="${id}"]`);
  }

  fill(row, ticket) {
    const digits = ticket.number.replace(/\D/g, "");
    Object.assign(row.dataset, { id: ticket.id, rev: ticket.rev, number: digits });
    const texts = { ...ticket, unit_name: ticket.unit_name || ticket.requester_name };
    for (const part of row.querySelectorAll("[data-text]")) part.textContent = texts[part.dataset.text] ?? "";
    row.querySelector("[data-link]").href = `/pomoc/obsluga/${digits}`;
    const label = row.querySelector("[data-pick-label]");
    if (label) label.textContent = this.words.choose.replace("{number}", ticket.number);
    row.querySelector('[data-fact="assignee_name"]').hidden = !ticket.assignee_name;
    const time = row.querySelector("time");
    time.dateTime = ticket.last_entry_at;
    time.title = exact.format(new Date(ticket.last_entry_at));
    time.firstElementChild.textContent = relative(Date.parse(ticket.last_entry_at));
    const level = row.querySelector("[data-priority]");
    level.hidden = ticket.priority === 2;
    level.className = `badge ${this.words.priority_kinds[ticket.priority] ?? ""}`;
    level.textContent = this.words.priorities[ticket.priority];
    const state = row.querySelector("[data-state-badge]");
    state.className = `badge ${this.words.state_kinds[ticket.state] ?? ""}`;
    state.textContent = [this.words.states[ticket.state], this.words.reasons[ticket.pending_reason]].filter(Boolean).join(" ");
    const clocks = row.querySelector("[data-clocks-ticket]");
    if (clocks) clocks.dataset.clocksTicket = ticket.id;
  }

  unread(row, is) {
    row.classList.toggle("hd-unread", is);
    row.querySelector("[data-unread]").textContent = is ? `${this.words.unread}: ` : "";
  }

  /** Which ticket stands beside the list; 0: none. */
  opened(id) {
    this.openId = id;
    for (const row of this.#all()) {
      const is = Number(row.dataset.id) === id;
      row.toggleAttribute("data-open", is);
      const link = row.querySelector("[data-link]");
      if (is) {
        link.setAttribute("aria-current", "true");
        this.unread(row, false);
      } else link.removeAttribute("aria-current");
    }
    this.sweep();
  }

  focus(row) {
    const link = row?.querySelector("[data-link]");
    link?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: "nearest" });
    return Boolean(link);
  }

  /** The row from which one moves on: that with the focus, else the open one. */
  current() {
    return document.activeElement?.closest?.(".hd-row") ?? this.row(this.openId);
  }

  /** The next (1) or previous (-1) row that is shown and has not left; from no row the first one. */
  beside(step, from = this.current()) {
    const rows = this.visible();
    const place = rows.indexOf(from);
    if (place < 0) return rows.find((row) => !row.classList.contains("hd-gone")) ?? null;
    for (let index = place + step; index >= 0 && index < rows.length; index += step) {
      if (!rows[index].classList.contains("hd-gone")) return rows[index];
    }
    return null;
  }

  // choosing many

  #clicked(event) {
    const box = event.target.closest("[data-pick]");
    if (!box) return;
    const id = Number(box.closest(".hd-row").dataset.id);
    if (event.shiftKey) this.pickUpTo(id, box.checked);
    else this.pick(id, box.checked);
    this.lastPicked = id;
  }

  pick(id, is = !this.picked.has(id)) {
    if (is) this.picked.add(id);
    else if (!this.picked.delete(id) && !this.row(id)?.classList.contains("hd-picked")) return;
    const row = this.row(id);
    if (row) {
      row.querySelector("[data-pick]").checked = is;
      row.classList.toggle("hd-picked", is);
    }
    this.chosen(this.picked.size);
  }

  /** All rows from the last one that was chosen to this one. */
  pickUpTo(id, is = true) {
    const rows = this.visible();
    const ends = [this.lastPicked ?? id, id].map((one) => rows.findIndex((row) => Number(row.dataset.id) === one));
    const [from, to] = ends.map((one) => Math.max(0, one)).sort((one, other) => one - other);
    for (const row of rows.slice(from, to + 1)) if (!row.classList.contains("hd-gone")) this.pick(Number(row.dataset.id), is);
  }

  pickNone() {
    for (const id of [...this.picked]) this.pick(id, false);
  }
}
