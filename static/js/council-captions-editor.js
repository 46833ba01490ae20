// Correcting captions: the picture beside the words. Each step is saved as one goes; what others change appears at once,
// and where two change the same, both versions are shown.

import { call, Problem } from "./api.js";
import { CueRow, clockOfMs, FIELDS } from "./council-captions-cue.js";
import { connect } from "./live.js";
import { mountPlayer } from "./player/mount.js";

const SAVE_AFTER_MS = 800;
const RETRY_MS = 3000;
const PAGE = 400;
const MOST_UNDO = 200;

const root = document.querySelector("[data-editor]");
const words = JSON.parse(document.getElementById("editor-words").textContent);
const trackId = Number(root.dataset.editor);
const editable = root.dataset.editable === "true";
const shift = Number(root.dataset.shift);
const address = `/api/council/captions/${trackId}`;
const list = root.querySelector("[data-cues]");
const template = root.querySelector("[data-cue]");
const stretch = root.querySelector("[data-stretch]");
const alertLine = root.querySelector("[data-alert]");
const savedWord = root.querySelector("[data-saved]");
const undoButton = root.querySelector("[data-undo]");
const playerRoot = root.querySelector("[data-player]");
const player = playerRoot ? mountPlayer(playerRoot, { keys: false }) : null;

const rows = new Map(); // by id
const gone = new Set();
const undo = []; // {changes: () => Change[], focus} or {shift: {by_ms, from_ms}}
const renamed = new Map(); // a caption that was deleted and brought back has another id
let total = 0;
let first = 0;
let loading = 0;

// loading

async function load(from, { focus = false } = {}) {
  const mine = ++loading;
  try {
    const found = await call("GET", `${address}/cues?first=${from}`);
    if (mine !== loading) return;
    first = found.first;
    total = found.total;
    const wanted = new Set(found.cues.map((cue) => cue.id));
    for (const [id, row] of [...rows]) if (!wanted.has(id)) drop(row);
    // what stays keeps its place in the document, and whoever types in it the cursor
    found.cues.forEach((cue, at) => {
      if (rows.has(cue.id)) heard(cue, { settled: false });
      const { element } = rows.get(cue.id) ?? made(cue);
      if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
    });
    drawStretches(found.cues);
    if (focus) list.querySelector("textarea")?.focus();
  } catch (problem) {
    tell(problem instanceof Problem ? problem.message : words.offline);
    if (!(problem instanceof Problem)) setTimeout(() => mine === loading && load(from), RETRY_MS);
  }
}

function made(cue) {
  const row = new CueRow(template, cue, { shift, editable });
  if (cue.id) rows.set(cue.id, row);
  return row;
}

function drawStretches(cues) {
  const count = Math.max(Math.ceil(total / PAGE), 1);
  if (stretch.options.length !== count) {
    stretch.replaceChildren(...Array.from({ length: count }, (_, place) => new Option(`${place + 1} / ${count}`, place * PAGE)));
  }
  stretch.value = first;
  const option = stretch.selectedOptions[0];
  if (option && cues[0]) option.textContent = `${first / PAGE + 1} / ${count} · ${words.from.replace("%", clockOfMs(Math.max(cues[0].begin_ms - shift, 0)).slice(0, -4))}`;
  stretch.hidden = count < 2;
  for (const button of root.querySelectorAll("[data-turn-page]")) button.hidden = count < 2;
  root.querySelector("[data-empty]").hidden = list.children.length > 0;
}

stretch.addEventListener("change", () => turnTo(Number(stretch.value)));
for (const button of root.querySelectorAll("[data-turn-page]")) {
  button.addEventListener("click", () => turnTo(first + PAGE * Number(button.dataset.turnPage)));
}

async function turnTo(from) {
  if (from < 0 || from >= Math.max(total, 1)) return;
  await Promise.all([...rows.values()].filter((row) => row.dirty).map((row) => save(row)));
  load(from);
}

// what others do

connect().join(`council/captions/${trackId}`, {
  snapshot: () => load(first),
  event: (event) => {
    if (event.type === "CuesChanged") {
      for (const id of event.removed) removed(id);
      for (const cue of event.cues) heard(cue);
    }
    if (event.type === "CuesReplaced") load(first);
    if (event.type === "CaptionTrackChanged" && ["published", "withdrawn", "removed"].includes(event.track.state) && editable) location.reload();
  },
});

function heard(cue, { settled = true } = {}) {
  if (gone.has(cue.id)) return;
  const row = rows.get(cue.id);
  if (!row) {
    if (isHere(cue)) place(made(cue));
    return;
  }
  if (cue.rev === row.cue.rev) row.judge(cue.withheld);
  if (cue.rev <= row.cue.rev) return;
  if (row.busy) return; // the answer to what is being saved tells whose change won
  if (row.dirty) conflict(row, cue);
  else {
    row.take(cue);
    if (settled) place(row);
  }
}

function removed(id) {
  gone.add(id);
  const row = rows.get(id);
  if (!row) return;
  if (row.dirty && !row.busy) conflict(row, null);
  else drop(row);
}

function drop(row) {
  rows.delete(row.id);
  row.element.remove();
  root.querySelector("[data-empty]").hidden = list.children.length > 0;
}

// Within the stretch that is shown, or after it where it is the last one.
function isHere(cue) {
  const shown = [...list.children].map((element) => element.cueRow.cue);
  if (shown.length === 0) return true;
  const after = first === 0 || cue.begin_ms >= shown[0].begin_ms;
  return after && (first + PAGE >= total || cue.begin_ms <= shown.at(-1).begin_ms);
}

function place(row) {
  const next = [...list.children].find((element) => {
    const { cue } = element.cueRow;
    return element !== row.element && (cue.begin_ms > row.cue.begin_ms || (cue.begin_ms === row.cue.begin_ms && cue.id > row.cue.id));
  });
  if (row.element.nextElementSibling !== (next ?? null) || !row.element.isConnected) {
    const focused = row.element.contains(document.activeElement) ? document.activeElement : null;
    list.insertBefore(row.element, next ?? null);
    focused?.focus();
  }
  root.querySelector("[data-empty]").hidden = true;
}

function conflict(row, theirs) {
  row.theirs = { cue: theirs };
  row.mark("conflict");
  row.note(theirs ? words.changedBy.replace("%1", theirs.changed_by).replace("%2", theirs.text) : words.gone, { choice: true });
  status();
}

// saving

function status() {
  const all = [...list.children].map((element) => element.cueRow);
  if (all.some((row) => row.state === "failed")) savedWord.textContent = words.unsaved;
  else savedWord.textContent = all.some((row) => row.dirty) ? words.saving : words.saved;
  undoButton.disabled = undo.length === 0;
}

function changed(row) {
  clearTimeout(row.timer);
  if (row.state !== "conflict") row.mark(row.dirty ? "dirty" : "");
  row.timer = setTimeout(() => save(row), SAVE_AFTER_MS);
  status();
}

async function save(row) {
  clearTimeout(row.timer);
  if (row.busy || row.state === "conflict" || !row.dirty) return;
  const { values } = row;
  if (values === null) {
    row.mark("bad", words.badTime);
    return;
  }
  if (!row.id && !values.text) return; // a new one that has no words yet
  const before = row.cue;
  row.op ??= newOp();
  const change = row.id ? { type: "save", id: row.id, rev: before.rev, ...values } : { type: "add", op: row.op, ...values };
  row.busy = true;
  row.mark("saving");
  status();
  try {
    const answer = await call("POST", `${address}/cues`, { changes: [change] });
    const [cue] = answer.cues;
    row.busy = false;
    const same = FIELDS.every((name) => row.values?.[name] === values[name]);
    row.take(cue, { fields: same });
    rows.set(cue.id, row);
    row.note("");
    row.mark(row.dirty ? "dirty" : "saved");
    remember(before.id ? () => [{ type: "save", id: idOf(cue.id), rev: revOf(cue.id), ...pick(before) }] : () => [{ type: "remove", id: idOf(cue.id), rev: revOf(cue.id) }], cue.id);
    if (row.element.isConnected && !row.element.contains(document.activeElement)) place(row);
    if (row.dirty) changed(row);
  } catch (problem) {
    row.busy = false;
    await notSaved(row, problem);
  }
  status();
}

async function notSaved(row, problem) {
  if (problem instanceof Problem && problem.status === 409 && row.id) {
    const theirs = await call("GET", `${address}/cues/${row.id}`).catch((fault) => (fault.status === 404 ? null : undefined));
    if (theirs === undefined || (theirs && theirs.rev === row.cue.rev)) row.mark("bad", problem.message);
    else conflict(row, theirs);
  } else if (problem instanceof Problem && problem.status < 500) row.mark("bad", problem.message);
  else {
    row.mark("failed");
    row.timer = setTimeout(() => save(row), RETRY_MS);
  }
}

list.addEventListener("input", (event) => event.target.dataset.field && changed(event.target.closest(".cue").cueRow));
list.addEventListener("focusout", (event) => {
  const row = event.target.closest(".cue")?.cueRow;
  // a row that is taken away while it is written in loses the focus too: it must not come back
  if (row && !row.element.contains(event.relatedTarget)) save(row).then(() => rows.get(row.id) === row && place(row));
});
addEventListener("beforeunload", (event) => {
  if ([...rows.values()].some((row) => row.dirty)) event.preventDefault();
});

// steps over more than one caption: one after the other, as they were asked for, so that an undo takes back the last

let working = Promise.resolve();

function inTurn(work) {
  working = working.then(work).catch(reportError);
  return working;
}

async function step(changes, inverse, after) {
  try {
    const answer = await call("POST", `${address}/cues`, { changes });
    for (const id of answer.removed) {
      gone.add(id);
      const row = rows.get(id);
      if (row) drop(row);
    }
    for (const cue of answer.cues) {
      gone.delete(cue.id);
      const row = rows.get(cue.id) ?? made(cue);
      row.take(cue);
      place(row);
    }
    if (inverse) remember(() => inverse(answer.cues), answer.cues[0]?.id);
    tell("");
    after?.(answer.cues);
    status();
    return answer.cues;
  } catch (problem) {
    tell(problem instanceof Problem ? problem.message : words.offline);
    return null;
  }
}

function remember(changes, focus) {
  undo.push({ changes, focus });
  if (undo.length > MOST_UNDO) undo.shift();
  status();
}

async function takeBack() {
  await Promise.all([...rows.values()].filter((row) => row.dirty).map((row) => save(row)));
  const last = undo.pop();
  if (!last) return;
  if (last.shift) {
    await attempt(() => call("POST", `${address}/shift`, last.shift));
    status();
    return;
  }
  const changes = last.changes();
  const before = changes.map((change) => change.from);
  const cues = await step(changes.map(({ from: _from, ...change }) => change), null, (found) => rows.get(found[0]?.id)?.focus());
  // a caption that came back has a new id; older steps speak of the old one
  if (cues) changes.filter((change) => change.type === "add").forEach((change, place) => {
    const old = before[changes.indexOf(change)];
    const now = cues.filter((cue) => !changes.some((one) => one.id === cue.id))[place];
    if (old && now) renamed.set(old, now.id);
  });
  else undo.push(last);
  status();
}

function idOf(id) {
  while (renamed.has(id)) id = renamed.get(id);
  return id;
}

function revOf(id) {
  return rows.get(idOf(id))?.cue.rev ?? 1;
}

function pick(cue) {
  return Object.fromEntries(FIELDS.map((name) => [name, cue[name]]));
}

async function split(row) {
  await save(row);
  const field = row.fields.text;
  const at = field.selectionStart;
  const [left, right] = [field.value.slice(0, at).trim(), field.value.slice(at).trim()];
  if (!left || !right || row.dirty) return;
  const { cue } = row;
  const now = nowMs();
  const share = Math.round(cue.begin_ms + ((cue.end_ms - cue.begin_ms) * left.length) / (left.length + right.length));
  const middle = now !== null && now > cue.begin_ms + 100 && now < cue.end_ms - 100 ? now : Math.min(Math.max(share, cue.begin_ms + 1), cue.end_ms - 1);
  await step(
    [
      { type: "save", id: cue.id, rev: cue.rev, ...pick(cue), end_ms: middle, text: left },
      { type: "add", op: newOp(), ...pick(cue), begin_ms: middle, text: right },
    ],
    (cues) => [{ type: "save", id: idOf(cue.id), rev: revOf(cue.id), ...pick(cue) }, { type: "remove", id: idOf(cues[1].id), rev: revOf(cues[1].id) }],
    (cues) => rows.get(cues[1].id)?.focus("text", 0),
  );
}

async function join(row) {
  const other = row.element.nextElementSibling?.cueRow;
  if (!other?.id) return;
  await Promise.all([save(row), save(other)]);
  if (row.dirty || other.dirty) return;
  const [one, two] = [row.cue, other.cue];
  const text = `${one.text}${one.speaker !== two.speaker && two.speaker ? "\n" : " "}${two.text}`;
  await step(
    [
      { type: "save", id: one.id, rev: one.rev, ...pick(one), end_ms: Math.max(one.end_ms, two.end_ms), text },
      { type: "remove", id: two.id, rev: two.rev },
    ],
    () => [{ type: "save", id: idOf(one.id), rev: revOf(one.id), ...pick(one) }, { type: "add", op: newOp(), ...pick(two), from: two.id }],
    () => row.focus("text", one.text.length),
  );
}

async function remove(row) {
  const next = row.element.nextElementSibling?.cueRow ?? row.element.previousElementSibling?.cueRow;
  if (!row.id) drop(row);
  else await step([{ type: "remove", id: row.id, rev: row.cue.rev }], () => [{ type: "add", op: newOp(), ...pick(row.cue), from: row.id }]);
  next?.focus();
}

function addAfter(row) {
  const begin = nowMs() ?? row?.cue.end_ms ?? shift;
  const at = row && begin < row.cue.begin_ms ? row.cue.end_ms : begin;
  const fresh = made({ id: 0, track_id: trackId, begin_ms: at, end_ms: at + 2000, speaker: row?.cue.speaker ?? "", text: "", changed_by: "", rev: 0 });
  if (row) row.element.after(fresh.element);
  else list.append(fresh.element);
  root.querySelector("[data-empty]").hidden = true;
  fresh.focus();
}

// the picture

function nowMs() {
  const position = player?.playback.position;
  return position === null || position === undefined ? null : Math.round(position * 1000) + shift;
}

function play(row) {
  player?.seek(Math.max(row.cue.begin_ms - shift, 0) / 1000);
}

let shown = null;
player?.playback.addEventListener("time", () => {
  const now = nowMs();
  const row = [...list.children].findLast((element) => element.cueRow.cue.begin_ms <= now + 50) ?? null;
  if (row === shown) return;
  shown?.classList.remove("is-now");
  shown = row;
  row?.classList.add("is-now");
  if (row && !list.contains(document.activeElement) && !list.matches(":hover")) row.scrollIntoView({ block: "nearest" });
});

// acts

const ACTS = {
  play,
  split: (row) => inTurn(() => split(row)),
  join: (row) => inTurn(() => join(row)),
  remove: (row) => inTurn(() => remove(row)),
  add: addAfter,
  begin: (row) => setNow(row, "begin_ms"),
  end: (row) => setNow(row, "end_ms"),
  next: (row) => row.element.nextElementSibling?.cueRow.focus(),
  previous: (row) => row.element.previousElementSibling?.cueRow.focus(),
  mine: (row) => {
    if (row.theirs.cue) row.take(row.theirs.cue, { fields: false });
    else {
      rows.delete(row.id);
      row.take({ ...row.cue, id: 0, rev: 0, text: "" }, { fields: false });
      row.op = newOp();
    }
    row.theirs = null;
    row.note("");
    row.mark("dirty");
    save(row);
  },
  theirs: (row) => {
    const { cue } = row.theirs;
    if (cue) {
      row.take(cue);
      row.mark("");
      place(row);
    } else drop(row);
    status();
  },
};

function setNow(row, name) {
  const now = nowMs();
  if (now === null) return;
  row.fields[name].value = clockOfMs(Math.max(now - shift, 0));
  changed(row);
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) ACTS[button.dataset.act](button.closest(".cue").cueRow);
});

const KEYS = { KeyJ: "play", ArrowDown: "next", ArrowUp: "previous", Comma: "begin", Period: "end", KeyK: "split", KeyM: "join", KeyN: "add", Delete: "remove" };
const READING = new Set(["play", "next", "previous"]);

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  if (event.ctrlKey && !event.altKey && event.key === "Enter") {
    event.preventDefault();
    player?.playback.toggle();
    return;
  }
  // AltGr writes letters: it says Ctrl and Alt together
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.code === "KeyZ" && editable) inTurn(takeBack);
  else if (event.code === "KeyL") (shown ?? list.firstElementChild)?.cueRow.focus();
  else {
    const row = event.target.closest?.(".cue")?.cueRow;
    const act = KEYS[event.code];
    if (!act || !row || (!editable && !READING.has(act))) return;
    ACTS[act](row);
  }
  event.preventDefault();
});

undoButton.addEventListener("click", () => inTurn(takeBack));
root.querySelector("[data-first]")?.addEventListener("click", () => addAfter(null));

// shift

root.querySelector("[data-shift-all]")?.addEventListener("click", () => {
  const dialog = document.getElementById("shift-dialog");
  const form = dialog.querySelector("form");
  const problemLine = form.querySelector(".field-error");
  const chosen = list.querySelector(".cue:focus-within")?.cueRow ?? lastFocused;
  problemLine.hidden = true;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const seconds = Number(form.by.value.trim().replace(",", ".").replace("−", "-"));
    if (!Number.isFinite(seconds) || seconds === 0) return refuse(words.badShift);
    const by = Math.round(seconds * 1000);
    const from = form.which.value === "from" && chosen ? chosen.cue.begin_ms : 0;
    try {
      await call("POST", `${address}/shift`, { by_ms: by, from_ms: from });
      undo.push({ shift: { by_ms: -by, from_ms: Math.max(from + by, 0) } });
      dialog.close();
      status();
    } catch (problem) {
      refuse(problem instanceof Problem ? problem.message : words.offline);
    }
    return undefined;
  };
  function refuse(text) {
    problemLine.textContent = text;
    problemLine.hidden = false;
    form.by.setAttribute("aria-invalid", "true");
    form.by.focus();
  }
  dialog.showModal();
  form.by.select();
});

let lastFocused = null;
list.addEventListener("focusin", (event) => (lastFocused = event.target.closest(".cue")?.cueRow ?? lastFocused));

async function attempt(work) {
  try {
    await work();
    tell("");
  } catch (problem) {
    tell(problem instanceof Problem ? problem.message : words.offline);
  }
}

function tell(text) {
  alertLine.textContent = text;
  alertLine.hidden = !text;
}

function newOp() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
