// Lines on their way: kept on this device until the server has them, sent in order, each as often as it takes, and
// counted there once. A page that is closed or a network that is gone loses none.

import { call, Problem } from "./api.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;

// Events: "change" (lines), "sent" (detail: {op, lines}), "away" (detail: whether sending fails for want of a network).
export class Outbox extends EventTarget {
  #key;
  #address;
  #sending = false;
  #attempt = 0;
  #timer = 0;

  constructor(sessionId) {
    super();
    this.#key = `gryf:captions:${sessionId}`;
    this.#address = `/api/council/sessions/${sessionId}/captions/lines`;
    this.lines = this.#read();
    addEventListener("online", () => this.#now());
  }

  /** `startedAt`: Unix ms by this device's clock at which the first letter was typed. */
  add(text, speaker, startedAt) {
    const line = { op: newOp(), text, speaker, startedAt, problem: "" };
    this.lines.push(line);
    this.#changed();
    this.#now();
    return line;
  }

  /** After somebody has mended or looked at a line that was refused. */
  retry(op, text) {
    const line = this.lines.find((one) => one.op === op);
    if (!line) return;
    if (text !== undefined && text !== line.text) Object.assign(line, { text, op: newOp() });
    line.problem = "";
    this.#changed();
    this.#now();
  }

  drop(op) {
    this.lines = this.lines.filter((one) => one.op !== op);
    this.#changed();
  }

  start() {
    this.#now();
  }

  #now() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#attempt = 0;
    this.#send();
  }

  async #send() {
    const line = this.lines.find((one) => !one.problem);
    if (!line || this.#sending) return;
    this.#sending = true;
    try {
      const { lines } = await call("POST", this.#address, {
        op: line.op,
        text: line.text,
        speaker: line.speaker,
        ago_ms: Math.min(Math.max(Math.round(Date.now() - line.startedAt), 0), 86_000_000),
      });
      this.#attempt = 0;
      this.lines = this.lines.filter((one) => one !== line);
      this.#tell("away", false);
      this.#tell("sent", { op: line.op, lines });
    } catch (problem) {
      // refused for good: it waits for its writer. Everything else (no network, a restart, too many) is tried again.
      if (problem instanceof Problem && problem.status < 500 && problem.status !== 429 && problem.status !== 408) line.problem = problem.message;
      else this.#later();
    } finally {
      this.#sending = false;
    }
    this.#changed();
    if (!this.#timer) this.#send();
  }

  #later() {
    this.#tell("away", true);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#attempt, LONGEST_PAUSE_MS);
    this.#attempt += 1;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#send();
    }, pause);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #changed() {
    localStorage.setItem(this.#key, JSON.stringify(this.lines));
    this.#tell("change");
  }

  #read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((one) => typeof one?.text === "string" && typeof one?.op === "string") : [];
    } catch {
      return [];
    }
  }
}

function newOp() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
