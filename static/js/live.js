// The page's side of /live (docs/live.md): one socket a page, rooms on it, and a way back after every kind of cut.
//
//   const live = connect();
//   const stay = live.join("council/session/12", {
//     snapshot(data, {seq}) {},    // start from this; it may come again after a long cut
//     event(data, seq) {},         // what happened since, in order
//     presence(sockets, {accounts}) {},
//     refused(problem) {},         // {status, code, title, detail}
//     state(name) {},              // "connected" | "reconnecting" | "offline"
//   });
//   stay.leave();
//
// Rooms that ask for it (`acks` in `joined`) are told how far this page has got, a moment after its handlers were called.
// A room joined with {optional: true} as third argument (typing, reactions) is left out while the device saves data.
//
// Where two sockets in a row could not even be opened, it listens to an event stream until that breaks, and tries again.
//
// `live` is an EventTarget too: "state" (detail: the name) for the shell's bar, "bye" (detail: {why}) when the server
// ends the socket. There is no text for people in here.

import { SocketWire, StreamWire } from "./live-wires.js";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const CALM_AFTER_MS = 5_000; // open for so long: the next cut starts again with a short pause
const OPEN_WITHIN_MS = 10_000;
const SILENCE_MS = 25_000; // then a ping: pages cannot see the pings of WebSocket itself
const ANSWER_WITHIN_MS = 8_000;
const SOCKETS_TRIED = 2;
const GATHER_MS = 50; // rooms that a page joins one after another share one stream
const ACK_MS = 250; // what came in so short a time is acknowledged together

const opened = new Map();

/** The page's connection to `url`; all parts of a page that ask for the same address share one. */
export function connect(url = defaultUrl()) {
  if (!opened.has(url)) opened.set(url, new Live(url));
  return opened.get(url);
}

/**
 * Whether `row` is news: it is unknown in `rows` (a Map by id) or has a higher `rev` than the one there, whose place it
 * then takes. Events may repeat what a snapshot held, and may overtake each other: this makes both harmless.
 */
export function newer(rows, row) {
  const known = rows.get(row.id);
  if (known !== undefined && known.rev >= row.rev) return false;
  rows.set(row.id, row);
  return true;
}

/**
 * Pause before the next attempt: up to a second of chance, and one to three quarters of the time away so far. So a crowd
 * spreads out from the first moment, and once the server is back nobody waits longer than the cut itself took.
 */
export function pauseMs(awayMs, random = Math.random) {
  return FIRST_PAUSE_MS * random() + Math.min(LONGEST_PAUSE_MS, awayMs) * (0.25 + random() / 2);
}

class Live extends EventTarget {
  #url;
  #wire = null;
  #failed = 0; // sockets in a row that were never open
  #rooms = new Map();
  #ref = 0;
  #awaySince = null; // when the cut began that it has not recovered from
  #state = "";
  #retryTimer = 0;
  #openTimer = 0;
  #calmTimer = 0;
  #silenceTimer = 0;
  #answerTimer = 0;
  #gatherTimer = 0;
  #pauseAskedMs = null;
  #asleep = false; // in the back-forward cache

  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.#wake());
    addEventListener("offline", () => this.#drop());
    addEventListener("pagehide", () => this.#sleep());
    addEventListener("pageshow", (event) => event.persisted && this.#rise());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#wake();
    });
    navigator.connection?.addEventListener?.("change", () => this.#save());
    this.#open();
  }

  get state() {
    return this.#state;
  }

  /** Is in a room until `leave()` of what it returns, over all reconnections. */
  join(name, handlers, { optional = false } = {}) {
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = { name, handlers: new Set(), since: null, ref: 0, joined: false, timer: 0, acks: false, ackTimer: 0, optional };
      this.#rooms.set(name, room);
    }
    room.optional &&= optional;
    room.handlers.add(handlers);
    room.since = null; // whoever comes second needs the snapshot as well
    this.#ask(room);
    if (this.#state) call(handlers, "state", this.#state);
    return { leave: () => this.#leave(room, handlers) };
  }

  /** Tries at once, for instance because somebody pressed a button. */
  retry() {
    this.#wake();
  }

  /** Begins anew with the cookies of now: somebody has signed in on this page. */
  renew() {
    this.#drop();
    this.#wake();
  }

  #leave(room, handlers) {
    room.handlers.delete(handlers);
    if (room.handlers.size > 0 || this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    this.#out(room);
  }

  #out(room) {
    clearTimeout(room.timer);
    clearTimeout(room.ackTimer);
    room.joined = false;
    if (this.#wire?.listensOnly) this.#gather();
    this.#wire?.say({ op: "leave", room: room.name });
  }

  /** The device began to save data, or has stopped. */
  #save() {
    const saves = savesData();
    for (const room of this.#rooms.values()) {
      if (!room.optional) continue;
      if (saves && room.joined) {
        room.since = null;
        this.#out(room);
      } else if (!saves && !room.joined) this.#ask(room);
    }
  }

  #wanted() {
    const saves = savesData();
    return [...this.#rooms.values()].filter((room) => !(room.optional && saves));
  }

  #ask(room) {
    clearTimeout(room.timer);
    room.joined = false;
    if (room.optional && savesData()) return;
    if (this.#wire?.listensOnly) {
      this.#gather();
      return;
    }
    room.ref = ++this.#ref;
    const frame = { op: "join", room: room.name, ref: room.ref };
    if (room.since !== null) frame.since = room.since;
    this.#wire?.say(frame);
  }

  /** A stream cannot be told anything: another one takes its place, with the rooms of now. */
  #gather() {
    clearTimeout(this.#gatherTimer);
    this.#gatherTimer = setTimeout(() => {
      const wire = this.#wire;
      if (!wire?.listensOnly) return;
      this.#forget();
      wire.close();
      this.#open();
    }, GATHER_MS);
  }

  // the wire's life

  #open() {
    clearTimeout(this.#retryTimer);
    if (this.#asleep) return;
    if (navigator.onLine === false) {
      this.#tell("offline");
      return;
    }
    const own = {
      opened: () => this.#wire === wire && this.#opened(),
      heard: (text) => this.#wire === wire && this.#hear(text),
      closed: () => this.#wire === wire && this.#closed(),
    };
    const wire = this.#newWire(own);
    this.#wire = wire;
    this.#openTimer = setTimeout(() => this.#drop(), OPEN_WITHIN_MS);
  }

  #newWire(own) {
    if (this.#failed < SOCKETS_TRIED || this.#wanted().length === 0) {
      this.#failed += 1; // until it is open
      return new SocketWire(this.#url, own);
    }
    this.#failed = 0;
    const rooms = this.#wanted();
    rooms.forEach((room, index) => (room.ref = index + 1));
    return new StreamWire(this.#url, rooms, own);
  }

  #opened() {
    clearTimeout(this.#openTimer);
    this.#calmTimer = setTimeout(() => (this.#awaySince = null), CALM_AFTER_MS);
    this.#listenForSilence();
    if (this.#wire.listensOnly) this.#failed = SOCKETS_TRIED; // another stream, should this one be replaced
    else {
      this.#failed = 0;
      for (const room of this.#rooms.values()) this.#ask(room);
    }
    this.#tell("connected");
  }

  #closed() {
    if (this.#wire.listensOnly) this.#failed = 0; // a broken stream: perhaps a socket passes now
    this.#forget();
    if (this.#asleep) return;
    if (navigator.onLine === false) {
      this.#tell("offline"); // "online" wakes
      return;
    }
    this.#tell("reconnecting");
    this.#awaySince ??= performance.now();
    const pause = Math.max(pauseMs(performance.now() - this.#awaySince), this.#pauseAskedMs ?? 0);
    this.#pauseAskedMs = null;
    this.#retryTimer = setTimeout(() => this.#open(), pause);
  }

  /** Lets go of a wire that is closed, or that does not answer: its close could take minutes. */
  #drop() {
    if (this.#wire === null) return;
    const wire = this.#wire;
    this.#closed();
    wire.close();
  }

  #forget() {
    for (const timer of [this.#openTimer, this.#calmTimer, this.#silenceTimer, this.#answerTimer, this.#retryTimer]) {
      clearTimeout(timer);
    }
    clearTimeout(this.#gatherTimer);
    this.#answerTimer = 0;
    this.#wire = null;
    for (const room of this.#rooms.values()) {
      room.joined = false;
      clearTimeout(room.timer);
      clearTimeout(room.ackTimer);
    }
  }

  /** Network back, tab in front: a pause that runs is over, and a socket that looks open must prove it. */
  #wake() {
    if (this.#wire === null) {
      this.#awaySince = null; // somebody looks: pauses are short again
      this.#open();
    } else if (this.#wire.ready) this.#prove();
  }

  #sleep() {
    this.#asleep = true;
    const wire = this.#wire;
    this.#forget();
    wire?.close();
  }

  #rise() {
    this.#asleep = false;
    this.#open();
  }

  #listenForSilence() {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.#prove(), SILENCE_MS);
  }

  #prove() {
    if (this.#answerTimer) return;
    this.#answerTimer = setTimeout(() => this.#drop(), ANSWER_WITHIN_MS);
    this.#wire.say({ op: "ping", ref: ++this.#ref }); // a stream's server beats by itself
  }

  // what the server says

  #hear(text) {
    clearTimeout(this.#answerTimer);
    this.#answerTimer = 0;
    this.#listenForSilence();
    const frame = JSON.parse(text);
    if (frame.op === "bye") {
      this.#pauseAskedMs = frame.retry_after_s * 1000;
      this.dispatchEvent(new CustomEvent("bye", { detail: { why: frame.why } }));
      return;
    }
    const room = this.#rooms.get(frame.room);
    if (room === undefined) return;
    if (frame.op === "joined" && frame.ref === room.ref) this.#joined(room, frame);
    else if (frame.op === "event" && room.joined) {
      room.since.seq = frame.seq;
      each(room, "event", frame.data, frame.seq);
      this.#acknowledge(room);
    } else if (frame.op === "presence" && room.joined) each(room, "presence", frame.sockets, accounts(frame));
    else if (frame.op === "refused" && frame.ref === room.ref) this.#refused(room, frame);
    else if (frame.op === "left" && frame.status) this.#refused(room, frame);
  }

  #joined(room, frame) {
    room.joined = true;
    room.since = { epoch: frame.epoch, seq: frame.seq };
    if (!frame.resumed) each(room, "snapshot", frame.snapshot, { seq: frame.seq });
    if (frame.presence) each(room, "presence", frame.presence.sockets, accounts(frame.presence));
    room.acks = Boolean(frame.acks);
    this.#acknowledge(room); // the cut may have swallowed the last word
  }

  #acknowledge(room) {
    if (!room.acks) return;
    clearTimeout(room.ackTimer);
    room.ackTimer = setTimeout(() => {
      if (room.joined) this.#wire?.say({ op: "ack", room: room.name, seq: room.since.seq });
    }, ACK_MS);
  }

  #refused(room, frame) {
    room.joined = false;
    const { status, code, title, detail = "", retry_after_s = 0 } = frame;
    if (status === 503) {
      room.timer = setTimeout(() => this.#ask(room), 1000 * retry_after_s * (0.5 + Math.random()));
    }
    each(room, "refused", { status, code, title, detail });
  }

  #tell(state) {
    if (state === this.#state) return;
    this.#state = state;
    for (const room of this.#rooms.values()) each(room, "state", state);
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
    document.dispatchEvent(new CustomEvent("gryf:live-state", { detail: { state } }));
  }
}

function each(room, name, ...values) {
  for (const handlers of [...room.handlers]) call(handlers, name, ...values);
}

/** A fault in one part of a page must not take the other parts with it. */
function call(handlers, name, ...values) {
  try {
    handlers[name]?.(...values);
  } catch (fault) {
    reportError(fault);
  }
}

function savesData() {
  return navigator.connection?.saveData === true;
}

function accounts(presence) {
  return { accounts: presence.accounts };
}

function defaultUrl() {
  const url = new URL("/live", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
