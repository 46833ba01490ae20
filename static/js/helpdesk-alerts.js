// The bell in the head of every page of whoever works at the helpdesk.
//
// It sits in the room of its own settings, and in those of the queues that ring: what is sent there rings once in this
// browser (helpdesk-alerts-once.js) and stands on the bell until somebody sees to it. Rooms of alerts are kept and
// acknowledged, so what came while nobody was connected comes with the next connection: it is told in one line.
//
// `gryf:bell-rang` (detail: keys, heard, away) is told on the document whenever this page has rung.

import { claim } from "./helpdesk-alerts-once.js";
import { canSound, play, unlock } from "./helpdesk-alerts-sound.js";
import { call } from "./api.js";
import { connect } from "./live.js";
import { clockText } from "./rows.js";
import { Toast } from "./helpdesk-alerts-toast.js";

const GATHER_MS = 800; // what comes so soon after a connection, or after the last room was joined, was waiting for it
const LONGEST_GATHER_MS = 10_000;
const LOOK_MS = 100;
const LATE_MS = 150; // a page that cannot be heard leaves the ring to others for so long
const NEWS_MS = 30_000; // what is younger is news, also right after a connection
const REST_MS = 2_500; // while one sound rings no other begins
const AGAIN_MS = 6 * 3600_000; // spans in which it may ring are known for some days
const AGAIN_SOON_MS = 5_000;
const SPREAD_MS = 2_000; // after a cut all come back together
const BACK_MS = 400; // all bells of a queue ask at once
const TICK_MS = 15_000;
const MOST_SHOWN = 60;
const API = "/api/helpdesk/bell";

const root = document.querySelector("[data-bell]");

class Bell {
  #words = JSON.parse(document.getElementById("bell-words").textContent);
  #account = Number(root.dataset.bell);
  #row = root.querySelector("[data-bell-row]");
  #live = connect();
  #bell = null;
  #windows = [];
  #skewMs = 0;
  #rooms = new Map();
  #waiting = new Set(); // rooms that have not answered yet
  #alerts = new Map();
  #gathered = null;
  #gatherEndsMs = 0;
  #connected = false;
  #loading = 0;
  #back = 0;
  #lastRingMs = -REST_MS;
  #over = new Map(); // ticket → when it was told that somebody sees to it
  #title = document.title;
  #toast = new Toast(this.#words.hide);
  #pages = "BroadcastChannel" in window ? new BroadcastChannel("gryf-bell") : null;

  start() {
    for (const [name, press] of Object.entries({
      hush: () => this.#settle(`${API}/quiet`, { minutes: 60 }),
      loud: () => this.#settle(`${API}/quiet`, { minutes: 0 }),
      clear: () => this.#settle(`${API}/clear`),
      unblock: () => this.#unblock(),
    })) {
      this.#part(name).addEventListener("click", press);
    }
    const pressed = () => unlock().then((heard) => heard && this.#blocked(false));
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => this.#bell?.sound && pressed(), { once: true });
    if (this.#pages) this.#pages.onmessage = ({ data }) => data.put_away?.forEach((key) => this.#forget(key));
    root.addEventListener("toggle", () => root.open && this.#toast.hide());
    this.#gather();
    this.#live.join(`helpdesk/bell/${this.#account}`, {
      snapshot: ({ bell, queues }) => this.#begin(bell, queues),
      event: ({ bell }) => this.#changed(bell),
      state: (name) => this.#link(name),
    });
    setInterval(() => this.#load(), AGAIN_MS);
    setInterval(() => this.#draw(), TICK_MS);
  }

  #part(name) {
    return root.querySelector(`[data-bell-${name}]`);
  }

  // connection and rooms

  #link(name) {
    const connected = name === "connected";
    if (connected && !this.#connected) {
      this.#gather();
      if (this.#windows.length > 0) setTimeout(() => this.#load(), SPREAD_MS * Math.random()); // it may have slept for days
    }
    this.#connected = connected;
    this.#draw();
  }

  #begin(bell, queues) {
    this.#bell = bell;
    if (bell.sound) unlock();
    const wanted = new Set(queues.flatMap((one) => [`helpdesk/alerts/${one}`, ...(bell.rings.includes("alarms") ? [`helpdesk/alarms/${one}`] : [])]));
    for (const [name, stay] of this.#rooms) {
      if (wanted.has(name)) continue;
      stay.leave();
      this.#rooms.delete(name);
      this.#waiting.delete(name);
    }
    for (const name of wanted) {
      if (this.#rooms.has(name)) continue;
      this.#waiting.add(name);
      this.#rooms.set(name, this.#live.join(name, {
        snapshot: () => this.#answered(name),
        refused: ({ status }) => status !== 503 && this.#answered(name),
        event: (event) => this.#hear(event),
      }));
    }
    if (this.#waiting.size === 0) this.#load();
  }

  /** Once all rooms are joined, what stands on the bell is read: what comes from then on is heard. */
  #answered(name) {
    const first = this.#waiting.delete(name);
    if (this.#waiting.size > 0) return;
    if (first && this.#gathered) this.#gatherEndsMs = performance.now() + GATHER_MS / 2;
    clearTimeout(this.#loading);
    this.#loading = setTimeout(() => this.#load(), first ? 0 : 50);
  }

  async #load() {
    const begunMs = performance.now() - 1_000; // what was told since then, the answer may not know yet
    let view;
    try {
      view = await call("GET", API);
    } catch (problem) {
      // signed out: the page says so itself; else the server is about to come back, and until then nothing may ring
      if (problem.status !== 401 && problem.status !== 403) setTimeout(() => this.#load(), AGAIN_SOON_MS * (0.5 + Math.random()));
      return;
    }
    this.#skewMs = Date.parse(view.now) - Date.now();
    this.#windows = view.windows;
    if (!this.#bell || view.bell.rev >= this.#bell.rev) this.#bell = view.bell;
    const cleared = Date.parse(view.bell.cleared_at ?? 0);
    const told = [...this.#alerts.values()].filter((one) => one.heardMs >= begunMs && Date.parse(one.at) > cleared);
    const fresh = view.alerts.filter((one) => !(this.#over.get(one.ticket_id) >= begunMs));
    this.#alerts = new Map([...fresh, ...told].map((one) => [one.key, one]));
    this.#draw();
  }

  async #changed(bell) {
    if (this.#bell && bell.rev < this.#bell.rev) return;
    const before = this.#bell;
    this.#bell = bell;
    await this.#load();
    const settings = ({ queues, rings }) => JSON.stringify([queues, rings]);
    if (before && settings(before) !== settings(bell)) {
      const { queues } = await call("GET", API);
      this.#begin(bell, queues.filter((one) => one.rings).map((one) => one.id));
    }
  }

  // what is told

  #hear(event) {
    if (event.type === "AlertOver") return this.#seenTo(event);
    if (event.type === "AlertBack") return this.#givenBack(event);
    const alert = this.#alertOf(event);
    if (!alert) return undefined;
    this.#over.delete(alert.ticket_id);
    this.#alerts.set(alert.key, { ...alert, heardMs: performance.now() });
    this.#draw();
    if (this.#gathered) this.#gathered.push(alert);
    else this.#ring([alert]);
    return undefined;
  }

  /** What an event puts on this bell; null: nothing, as it is set. */
  #alertOf(event) {
    const rings = this.#bell.rings;
    if (event.type === "ClockTold") {
      const { alarm } = event;
      return rings.includes("alarms") ? alertFrom(alarm, `alarm/${alarm.id}`, alarm.kind, alarm.told_at, this.#account) : null;
    }
    const { ticket } = event;
    if (event.type === "RequesterReplied") {
      const wanted = rings.includes("answers_any") || (rings.includes("answers_mine") && ticket.assignee_id === this.#account);
      return wanted ? alertFrom(ticket, `answer/${event.entry_id}`, "answer", ticket.last_entry_at, this.#account) : null;
    }
    if (event.type !== "TicketSent") return null;
    const kind = event.moved ? "moved" : "new";
    if (!rings.includes(kind)) return null;
    const at = event.moved ? new Date(Date.now() + this.#skewMs).toISOString() : ticket.sent_at;
    return { ...alertFrom(ticket, `sent/${ticket.id}/${ticket.queue_id}`, kind, at, this.#account), ring: `sent/${ticket.id}/${ticket.queue_id}/${ticket.rev}` };
  }

  #seenTo({ ticket, by, moved }) {
    const answered = moved || !ticket.waits_for_us || !["new", "open", "pending"].includes(ticket.state);
    let was = false;
    for (const one of [...this.#alerts.values()]) {
      if (one.ticket_id !== ticket.id || one.queue_id !== ticket.queue_id || (one.kind === "answer" && !answered)) continue;
      this.#alerts.delete(one.key);
      was = true;
    }
    this.#over.set(ticket.id, performance.now());
    if (!was) return;
    const text = by ? this.#words.taken.replace("{name}", by) : this.#words.gone;
    this.#part("over").textContent = text.replace("{number}", ticket.number);
    this.#draw();
  }

  /** It waits again: whether it stands on this bell the server knows, who knows what was seen here. */
  #givenBack({ ticket }) {
    if (this.#alerts.has(`sent/${ticket.id}/${ticket.queue_id}`)) return;
    this.#over.delete(ticket.id);
    clearTimeout(this.#back);
    this.#back = setTimeout(async () => {
      await this.#load();
      const back = [...this.#alerts.values()].find((one) => one.ticket_id === ticket.id);
      if (back) this.#part("over").textContent = this.#words.back.replace("{number}", ticket.number);
    }, BACK_MS * Math.random());
  }

  // ringing

  /** What comes now was waiting: it is told together, once all rooms are joined. */
  #gather() {
    this.#gatherEndsMs = performance.now() + GATHER_MS;
    if (this.#gathered) return;
    this.#gathered = [];
    const givesUpMs = performance.now() + LONGEST_GATHER_MS;
    const look = () => {
      const now = performance.now();
      const joining = !this.#bell || this.#waiting.size > 0;
      if (now < givesUpMs && (joining || now < this.#gatherEndsMs)) return void setTimeout(look, LOOK_MS);
      const found = this.#gathered.filter((one) => this.#alerts.has(one.key));
      this.#gathered = null;
      if (found.length > 0) this.#ring(found, true);
      return undefined;
    };
    setTimeout(look, LOOK_MS);
  }

  async #ring(alerts, waited = false) {
    const audible = this.#bell.sound ? canSound() : document.visibilityState === "visible";
    if (!audible) await new Promise((done) => setTimeout(done, LATE_MS));
    const nameOf = (one) => one.ring ?? one.key;
    const fresh = new Set(await claim(alerts.map(nameOf)));
    const news = alerts.filter((one) => fresh.has(nameOf(one)));
    if (news.length === 0 || !this.#mayRing()) return;
    const now = Date.now() + this.#skewMs;
    const away = waited && (news.length > 1 || now - Date.parse(news[0].at) > NEWS_MS);
    const heard = await this.#sound();
    this.#tell(news, away, heard);
    document.dispatchEvent(new CustomEvent("gryf:bell-rang", { detail: { keys: [...fresh], heard, away } }));
  }

  #mayRing() {
    const now = (Date.now() + this.#skewMs) / 1000;
    return this.#windows.some(([since, until]) => since <= now && now < until);
  }

  /** "off", "rings" (one rings already), "heard" or "blocked". */
  async #sound() {
    const { sound, tone, volume } = this.#bell;
    if (!sound) return "off";
    if (performance.now() - this.#lastRingMs < REST_MS) return "rings";
    this.#lastRingMs = performance.now();
    const heard = (canSound() || navigator.userActivation?.hasBeenActive !== false) && (await play(tone, volume));
    this.#blocked(!heard);
    return heard ? "heard" : "blocked";
  }

  #tell(alerts, away, heard) {
    const [first] = alerts;
    const many = away || alerts.length > 1;
    if (root.open && heard !== "blocked") return undefined; // it stands before their eyes
    if (document.visibilityState !== "visible") return void this.#notify(alerts, many);
    const text = many ? this.#words.away.replace("{n}", alerts.length) : `${this.#words[first.kind]}: ${first.number} ${first.subject}`;
    const open = alerts.length > 1
      ? { text: this.#words.look, press: () => this.#show() }
      : { text: this.#words.open, press: () => this.#open(first) };
    const unblock = { text: this.#words.sound, press: () => this.#unblock() };
    this.#toast.show(heard === "blocked" ? `${text} — ${this.#words.blocked}` : text, heard === "blocked" ? [open, unblock] : [open]);
    return undefined;
  }

  #show() {
    root.open = true;
    this.#part("list").querySelector("a")?.focus();
  }

  /** A notice of the system: number and place, no words of others, for it stands on a locked screen. */
  async #notify(alerts, many) {
    if (!this.#bell.notify || !("Notification" in window) || Notification.permission !== "granted") return;
    const [first] = alerts;
    const title = many ? this.#words.away.replace("{n}", alerts.length) : `${first.number} · ${this.#words[first.kind]}`;
    const path = many ? "/pomoc/dzwonek" : first.path;
    const options = { body: many ? "" : [first.queue_name, first.unit_name].filter(Boolean).join(" · "), tag: many ? "helpdesk" : `helpdesk/${first.ticket_id}`, silent: this.#bell.sound, data: { path } };
    const worker = await navigator.serviceWorker?.getRegistration("/").catch(() => undefined);
    if (worker) return worker.showNotification(title, options); // its press is answered by the worker
    try {
      const shown = new Notification(title, options);
      shown.onclick = () => {
        focus();
        location.assign(path);
      };
    } catch {
      // phones show notices of a worker only: the bell and its sound remain
    }
    return undefined;
  }

  #blocked(is) {
    this.#part("blocked").hidden = !is;
    root.classList.toggle("bell-mute", is);
  }

  async #unblock() {
    if (await play(this.#bell.tone, this.#bell.volume)) this.#blocked(false);
  }

  // the list

  #forget(key) {
    if (this.#alerts.delete(key)) this.#draw();
  }

  #open(alert) {
    this.#putAway([alert.key]);
    location.assign(alert.path);
  }

  #putAway(keys) {
    this.#pages?.postMessage({ put_away: keys });
    keys.forEach((key) => this.#forget(key));
    const body = new Blob([JSON.stringify({ keys })], { type: "application/json" });
    if (!navigator.sendBeacon?.(`${API}/seen`, body)) call("POST", `${API}/seen`, { keys }).catch(() => {});
  }

  async #settle(path, body = undefined) {
    try {
      this.#changed(await call("POST", path, body));
    } catch (problem) {
      this.#part("over").textContent = problem.message || this.#words.failed;
    }
  }

  #draw() {
    const shown = [...this.#alerts.values()].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, MOST_SHOWN);
    const count = this.#part("count");
    const many = shown.length;
    count.hidden = many === 0;
    count.textContent = many > 99 ? "99+" : String(many);
    const said = many === 0 ? this.#words.none : this.#words.waits.replace("{n}", many);
    if (this.#part("said").textContent !== said) this.#part("said").textContent = said;
    this.#title = document.title.replace(/^\(\d+\) /, "");
    document.title = many > 0 ? `(${many}) ${this.#title}` : this.#title;
    this.#list(shown);
    this.#part("empty").hidden = many > 0;
    this.#part("clear").hidden = many === 0;
    this.#silence();
  }

  #list(shown) {
    const list = this.#part("list");
    const known = new Map([...list.children].map((one) => [one.dataset.key, one]));
    const rows = shown.map((alert) => known.get(alert.key) ?? this.#newRow(alert));
    if (rows.length === list.children.length && rows.every((row, place) => list.children[place] === row)) return;
    list.replaceChildren(...rows);
  }

  #newRow(alert) {
    const row = this.#row.content.firstElementChild.cloneNode(true);
    row.dataset.key = alert.key;
    row.dataset.kind = alert.kind;
    const link = row.querySelector("a");
    link.href = alert.path;
    link.addEventListener("click", () => this.#putAway([alert.key]));
    const where = [alert.unit_name, alert.queue_name, clockText(alert.at)].filter(Boolean).join(" · ");
    for (const [name, text] of Object.entries({ kind: this.#words[alert.kind], number: alert.number, subject: alert.subject, where })) {
      row.querySelector(`[data-row="${name}"]`).textContent = text;
    }
    return row;
  }

  /** Says why nothing rings: silence that was pressed for, hours, a lost connection. */
  #silence() {
    const bell = this.#bell;
    const place = this.#part("silent");
    if (!bell) return;
    const now = Date.now() + this.#skewMs;
    const hushed = Boolean(bell.quiet_until) && Date.parse(bell.quiet_until) > now;
    let text = "";
    if (!this.#connected) text = this.#words.lost;
    else if (hushed) text = this.#words.quiet.replace("{when}", clockText(bell.quiet_until));
    else if (!this.#mayRing()) text = this.#words.hours;
    place.hidden = text === "";
    if (place.textContent !== text) place.textContent = text;
    root.classList.toggle("bell-silent", text !== "");
    this.#part("hush").hidden = hushed;
    this.#part("loud").hidden = !hushed;
  }
}

function alertFrom(row, key, kind, at, account) {
  const id = row.ticket_id ?? row.id;
  return {
    key,
    kind,
    ticket_id: id,
    number: row.number,
    subject: row.subject,
    unit_name: row.unit_name,
    queue_id: row.queue_id,
    queue_name: row.queue_name ?? "",
    priority: row.priority,
    mine: row.assignee_id === account,
    at,
    path: `/pomoc/obsluga/${row.number.replace(/\D/g, "")}`,
  };
}

if (root) new Bell().start();
