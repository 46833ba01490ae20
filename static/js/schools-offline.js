// Changes of a lesson that are on their way to the server: kept in this browser until it has answered, over cuts, closed
// tabs, sleep and sessions that end. What is kept: numbers of pupils and types, no names.
//
// A cell's changes go one after another: the next one builds upon the answer to the one before. A change that may have
// reached the server (`tried`) is never altered, only sent again: its `op_id` makes it count once.
//
//   const queue = new Queue(accountId);
//   await queue.load();
//   queue.put({school, lesson, title, pupil, type, minutes, base});
//   queue.addEventListener("cells", ({detail: {lesson, marks}}) => …)  // some cells must be drawn anew
//   queue.addEventListener("state", () => queue.state)                 // "idle" "sending" "waiting" "stranger"

const NAME = "gryf-register";
const OPS = "ops";
const LESSONS = "lessons";
const LOCK = "gryf-register";
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const ANSWER_WITHIN_MS = 15_000;
const GATHER_MS = 300; // a class is marked in a burst: it travels as one request
const MOST_AT_ONCE = 100;
const KEPT_MS = 18 * 3600_000;
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(OPS, { keyPath: "op_id" });
      request.result.createObjectStore(LESSONS, { keyPath: "key" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  }).catch(() => null); // a private window: everything works, until it is closed
  return opening;
}

/** Runs `work(store)` in one transaction and waits until it is on the disk; its request's result. */
async function stored(name, mode, work) {
  const db = await database();
  if (db === null) return undefined;
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(name, mode);
    const request = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const newId = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");

export class Queue extends EventTarget {
  #account;
  #ops = [];
  #busy = false;
  #again = false;
  #timer = 0;
  #gathering = 0;
  #failures = 0;
  #order = Date.now();
  #saving = Promise.resolve();
  #channel = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;
  state = "idle";

  constructor(account) {
    super();
    this.#account = account;
    this.#channel?.addEventListener("message", ({ data }) => data.account === account && this.#reread());
    addEventListener("online", () => this.hurry());
    addEventListener("pageshow", () => this.hurry());
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => this.hurry());
    document.addEventListener("gryf:live-state", ({ detail }) => detail.state === "connected" && this.hurry());
  }

  /** What was left by pages before this one; it begins to send. */
  async load() {
    await this.#reread();
    await this.#forgetOld();
    this.hurry();
  }

  ops(lesson) {
    return this.#ops.filter((one) => one.lesson === lesson);
  }

  /** Lessons with something unsent: [{school, lesson, title, clashes}]. */
  lessons() {
    const found = new Map();
    for (const one of this.#ops) {
      const known = found.get(one.lesson) ?? { school: one.school, lesson: one.lesson, title: one.title, unsent: 0, clashes: 0 };
      known[one.clash || one.refused ? "clashes" : "unsent"] += 1;
      found.set(one.lesson, known);
    }
    return [...found.values()];
  }

  /** Changes a cell. `base`: rev of the mark that the person sees. */
  put({ school, lesson, title, pupil, type, minutes = null, base }) {
    const own = this.#ops.filter((one) => one.lesson === lesson && one.pupil === pupil);
    const last = own.at(-1);
    if (last && !last.tried && !last.clash && !last.refused) {
      Object.assign(last, { type, minutes });
      this.#save([last]);
    } else {
      for (const old of own.filter((one) => one.clash || one.refused)) {
        base = old.clash?.rev ?? base; // both values were on the screen
        this.#drop(old);
      }
      const op = {
        op_id: newId(), account: this.#account, school, lesson, title, pupil, type, minutes, base,
        order: (this.#order += 1), tried: false,
      };
      this.#ops.push(op);
      this.#save([op]);
    }
    this.#gathering ||= setTimeout(() => this.#saving.then(() => this.hurry()), GATHER_MS);
  }

  /** Ends a conflict: with what stands, or with one's own, which is then written upon it. */
  settle(op, own) {
    this.#drop(op);
    if (own) this.put({ ...op, base: op.clash.rev });
    this.#tell(op.lesson, []);
  }

  dismiss(op) {
    this.#drop(op);
    this.#tell(op.lesson, []);
  }

  /** Now, and not when the pause is over. */
  hurry() {
    clearTimeout(this.#timer);
    clearTimeout(this.#gathering);
    this.#gathering = 0;
    this.#failures = 0;
    this.#flush();
  }

  /** The page goes: what still gathers leaves with it, and nobody waits for the answer. It stays kept until the next
   * page has heard of it; there it is sent again under the same names, and counts once. */
  #leave() {
    const batch = this.#batch();
    if (this.#busy || batch === null || navigator.onLine === false || this.state === "stranger") return;
    for (const one of batch) one.tried = true;
    this.#save(batch);
    this.#post(batch).catch(() => {});
  }

  /** Remembers how a lesson stands, for a page that is opened without a network. */
  async keep(lesson, marks, row) {
    const key = `${this.#account}:${lesson}`;
    await stored(LESSONS, "readwrite", (store) =>
      store.put({ key, account: this.#account, at: Date.now(), marks: [...marks], row }),
    ).catch(() => {});
  }

  async kept(lesson) {
    return stored(LESSONS, "readonly", (store) => store.get(`${this.#account}:${lesson}`)).catch(() => undefined);
  }

  #save(ops) {
    const write = () => stored(OPS, "readwrite", (store) => ops.map((one) => store.put(one)).at(-1));
    this.#saving = this.#saving.then(write).then(() => ops.forEach((one) => (one.saved = true)), reportError);
    return this.#saving;
  }

  #drop(op) {
    this.#ops = this.#ops.filter((one) => one !== op);
    this.#saving = this.#saving.then(() => stored(OPS, "readwrite", (store) => store.delete(op.op_id))).catch(reportError);
  }

  /** Other pages of this browser may have sent some meanwhile, or have added some. */
  async #reread() {
    await this.#saving;
    const found = await stored(OPS, "readonly", (store) => store.getAll()).catch(() => undefined);
    if (found === undefined) return;
    const there = new Map(found.filter((one) => one.account === this.#account).map((one) => [one.op_id, one]));
    const touched = new Set();
    this.#ops = this.#ops.filter((one) => {
      if (!one.saved || there.has(one.op_id)) return true;
      touched.add(one.lesson);
      return false;
    });
    for (const one of there.values()) {
      const known = this.#ops.find((other) => other.op_id === one.op_id);
      if (known) continue;
      this.#ops.push({ ...one, saved: true, tried: true }); // the page that kept it may have sent it while it went
      touched.add(one.lesson);
    }
    this.#ops.sort((one, other) => one.order - other.order);
    for (const lesson of touched) this.#tell(lesson, []);
  }

  async #forgetOld() {
    const all = (await stored(LESSONS, "readonly", (store) => store.getAll()).catch(() => [])) ?? [];
    for (const one of all) {
      if (one.account === this.#account && Date.now() - one.at < KEPT_MS) continue;
      await stored(LESSONS, "readwrite", (store) => store.delete(one.key)).catch(() => {});
    }
  }

  async #flush() {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        if (this.#batch() === null) break;
        await this.#alone(async () => {
          await this.#reread();
          for (let batch = this.#batch(); batch !== null; batch = this.#batch()) {
            if (!(await this.#send(batch))) return;
          }
          this.#say("idle");
        });
      } while (this.#again);
    } finally {
      this.#busy = false;
    }
    if (this.#batch() === null && this.state !== "idle") this.#say("idle");
  }

  /** One page of this browser sends at a time. */
  #alone(work) {
    return navigator.locks ? navigator.locks.request(LOCK, work) : work();
  }

  /** The first change of each cell of one lesson. */
  #batch() {
    const stuck = new Set(this.#ops.filter((one) => one.clash || one.refused).map((one) => `${one.lesson}:${one.pupil}`));
    const first = new Map();
    let lesson = null;
    for (const one of this.#ops) {
      const cell = `${one.lesson}:${one.pupil}`;
      if (stuck.has(cell) || first.has(cell) || (lesson !== null && one.lesson !== lesson)) continue;
      lesson = one.lesson;
      first.set(cell, one);
      if (first.size === MOST_AT_ONCE) break;
    }
    return first.size === 0 ? null : [...first.values()];
  }

  /** Whether the next batch may follow at once. */
  async #send(batch) {
    if (navigator.onLine === false) return this.#wait();
    const { lesson } = batch[0];
    for (const one of batch) one.tried = true;
    await this.#save(batch);
    this.#say("sending");
    let response;
    let answer = null;
    try {
      response = await this.#post(batch);
      answer = await response.json();
    } catch {
      // cut, asleep, or an answer that is none: it is sent again
    }
    if (!response || answer === null || TRANSIENT.has(response.status)) return this.#wait(batch);
    if (response.status === 401 || response.status === 409) {
      this.#say("stranger");
      return false;
    }
    this.#failures = 0;
    if (response.ok) this.#answered(lesson, batch, answer.results);
    else {
      for (const one of batch) one.refused = answer.detail || answer.title || String(response.status);
      await this.#save(batch);
      this.#tell(lesson, []);
    }
    this.#channel?.postMessage({ account: this.#account });
    return true;
  }

  #post(batch) {
    return fetch(`/api/schools/${batch[0].school}/lessons/${batch[0].lesson}/marks`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ account_id: this.#account, patches: batch.map(patch) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      keepalive: true, // it goes on when the page does not; 100 changes are far below the 64 KiB of such requests
    });
  }

  #answered(lesson, batch, results) {
    const marks = [];
    const by = new Map(results.map((one) => [one.op_id, one]));
    for (const op of batch) {
      const result = by.get(op.op_id);
      if (!result) continue;
      if (result.mark) marks.push(result.mark);
      const next = this.#ops.find((one) => one !== op && one.lesson === lesson && one.pupil === op.pupil);
      if (result.outcome === "conflict") {
        const newest = next ?? op;
        if (next) this.#drop(op);
        newest.clash = result.mark ?? { rev: 0, type_id: null, by: "" };
        this.#save([newest]);
      } else if (result.outcome === "refused") {
        op.refused = "refused";
        this.#save([op]);
      } else {
        this.#drop(op);
        if (next && !next.tried) {
          next.base = result.mark?.rev ?? 0;
          this.#save([next]);
        }
      }
    }
    this.#tell(lesson, marks);
  }

  #wait(batch = []) {
    this.#say("waiting");
    if (batch.length > 0) this.#tell(batch[0].lesson, []);
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), pause);
    return false;
  }

  #tell(lesson, marks) {
    this.dispatchEvent(new CustomEvent("cells", { detail: { lesson, marks } }));
  }

  #say(state) {
    if (this.state === state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

function patch(op) {
  return { pupil_id: op.pupil, type: op.type, minutes: op.minutes, op_id: op.op_id, base_rev: op.base };
}

/** The worker that opens kept pages without a network; it is asked to keep this one. Only lessons and days are kept. */
export async function keepPages() {
  if (!("serviceWorker" in navigator)) return;
  const fresh = navigator.serviceWorker.controller === null;
  const registration = await navigator.serviceWorker.register("/schools/worker.js", { scope: "/schools/" });
  localStorage.setItem("gryf:schools-kept", "1");
  if (!fresh) return;
  const worker = registration.active ?? (await navigator.serviceWorker.ready).active;
  const assets = performance.getEntriesByType("resource").map((one) => one.name).filter((name) => new URL(name).pathname.startsWith("/static/"));
  worker?.postMessage({ keep: location.href, assets });
}

/** At sign-out: pages and lists of names go. Unsent changes hold none; they wait for the same person. */
export async function wipe() {
  for (const name of await caches.keys()) if (name.startsWith("gryf-schools-pages")) await caches.delete(name);
  await stored(LESSONS, "readwrite", (store) => store.clear()).catch(() => {});
  localStorage.removeItem("gryf:schools-kept");
}
