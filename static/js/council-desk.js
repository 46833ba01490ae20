// The clerk's desk: preview, state of the picture and sound, agenda, chat, stream keys. Votes, attendance and speakers
// are the parts' own scripts.

import { connect } from "./live.js";
import { call } from "./api.js";
import { Source } from "./player/source.js";
import { fill, redraw, upsert } from "./rows.js";
import { Chat } from "./council-chat.js";
import { Targets } from "./council-targets.js";
import { setUpTabs } from "./council-tabs.js";
import { sortAgenda } from "./council-desk-agenda.js";

const root = document.querySelector("[data-desk]");
const words = JSON.parse(document.querySelector("#desk-words").textContent);
const sessionId = Number(root.dataset.desk);
const base = `/api/council/sessions/${sessionId}`;
const agenda = root.querySelector("[data-agenda]");
const agendaRow = document.querySelector("#desk-agenda-row");
const alertBox = root.querySelector("[data-alert]");
let session = { state: root.dataset.state, rev: Number(root.dataset.rev) };

const video = root.querySelector("video");
const veil = root.querySelector("[data-veil]");
const source = video ? new Source(video) : null;
if (video) {
  video.addEventListener("playing", () => (veil.hidden = true));
  video.addEventListener("waiting", () => (veil.hidden = false));
  source.addEventListener("begun", () => video.play().catch(() => (veil.hidden = true)));
  loadPicture();
}

async function loadPicture() {
  if (session.state === "live") {
    source.open(root.dataset.hls, { lowLatency: true, patient: true });
    return;
  }
  try {
    const { hls } = await call("GET", `${base}/preview`);
    if (hls) source.open(hls, { lowLatency: true, patient: true });
    else setTimeout(loadPicture, 2000);
  } catch {
    setTimeout(loadPicture, 4000);
  }
}

function complain(text) {
  alertBox.textContent = text;
  alertBox.hidden = !text;
}

async function act(work, button) {
  complain("");
  if (button) button.disabled = true;
  try {
    return await work();
  } catch (problem) {
    complain(problem.status ? problem.message : words.offline);
    return null;
  } finally {
    if (button) button.disabled = false;
  }
}

// both are held for a second (data-hold)
for (const name of ["start", "end"]) {
  const button = root.querySelector(`[data-${name}]`);
  button?.addEventListener("click", () => act(() => call("POST", `${base}/${name}`), button));
}

agenda.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-make-current]");
  if (button) moveTo(Number(button.closest("[data-id]").dataset.id), button);
});

function moveTo(itemId, button) {
  return act(() => call("POST", `${base}/current`, { item_id: itemId }), button);
}

function nextRow() {
  const rows = [...agenda.querySelectorAll(":scope > [data-id]")];
  const at = rows.findIndex((row) => row.dataset.state === "current");
  return at >= 0 ? rows[at + 1] : rows.find((row) => row.dataset.state === "waiting");
}

const nowItem = root.querySelector("[data-desk-now]");
const nextButton = root.querySelector("[data-next]");
function goNext() {
  const row = nextRow();
  if (row && session.state === "live") moveTo(Number(row.dataset.id), nextButton);
}
nextButton?.addEventListener("click", goNext);

function refresh() {
  const next = nextRow();
  if (nextButton) {
    nextButton.hidden = session.state !== "live" || !next;
    if (next) nextButton.querySelector("[data-next-title]").textContent = next.querySelector("[data-text=title]").textContent;
  }
  const current = agenda.querySelector(":scope > [data-state=current]");
  const text = current ? `${current.querySelector("[data-text=number]").textContent}. ${current.querySelector("[data-text=title]").textContent}` : words.noItem;
  if (nowItem.textContent !== text) {
    nowItem.textContent = text;
    showCurrent(current);
  }
  for (const button of agenda.querySelectorAll("button[data-make-current]")) {
    const current = button.closest("[data-id]").dataset.state === "current";
    button.hidden = session.state !== "live" || current;
  }
}

// The agenda's own column scrolls, never the page.
function showCurrent(row) {
  const column = agenda.closest(".desk-column");
  if (row && column.scrollHeight > column.clientHeight) column.scrollTop += row.getBoundingClientRect().top - column.getBoundingClientRect().top - column.clientHeight / 3;
}

function changed(row) {
  if (row.rev < session.rev) return;
  const before = session.state;
  session = row;
  if (before !== row.state) location.reload();
  const toggle = root.querySelector("[data-chat-toggle]");
  if (toggle) toggle.checked = row.chat_open;
}

const live = connect();
live.join(`council/session/${sessionId}`, {
  snapshot: (view) => {
    changed(view.session);
    redraw(agenda, agendaRow, view.items);
    refresh();
  },
  event: (event) => {
    if (event.type === "SessionChanged") changed(event.session);
    if (event.type === "AgendaItemChanged") upsert(agenda, agendaRow, event.item);
    if (event.type === "AgendaReplaced") redraw(agenda, agendaRow, event.items);
    refresh();
  },
  presence: (count) => {
    const viewers = root.querySelector("[data-viewers]");
    if (viewers) viewers.textContent = count;
  },
});

if (session.state !== "ended") sortAgenda(agenda, agendaRow, { sessionId, words: words.order, complain, drawn: refresh });

// What is written while another view is open is counted on the chat's tab.
const tabs = setUpTabs(root);
const chatElement = root.querySelector("[data-chat]");
const chatNews = root.querySelector("[data-chat-news]");
let unread = 0;
if (chatElement) {
  new Chat(chatElement, sessionId).join(live);
  live.join(`council/session/${sessionId}/chat`, {
    event: (event) => event.type === "ChatMessageSent" && root.dataset.tab !== "desk-chat" && countChat(unread + 1),
  });
}

function countChat(count) {
  unread = count;
  chatNews.textContent = count;
  chatNews.hidden = count === 0;
}

root.addEventListener("tab", ({ detail }) => detail === "desk-chat" && countChat(0));
if (location.hash === "#chat") tabs.choose("desk-chat");
const chatToggle = root.querySelector("[data-chat-toggle]");
chatToggle?.addEventListener("change", async () => {
  const wanted = chatToggle.checked;
  if (!(await act(() => call("POST", `${base}/chat`, { open: wanted }), chatToggle))) chatToggle.checked = !wanted;
});

// Picture and sound: one line of facts, red words with what to do when something is wrong.
const strip = root.querySelector("[data-strip]");
const targetsPanel = root.querySelector("[data-targets-panel]");
const targets = targetsPanel ? new Targets(targetsPanel, root.dataset.stream, words.targets, act) : null;
if (session.state !== "ended") {
  live.join(`media/stream/${root.dataset.stream}`, {
    snapshot: (view) => showHealth(view.health ?? view),
    event: (event) => {
      if (event.health) showHealth(event.health);
      else targets?.hear(event);
    },
  });
}

function show(name, text) {
  const part = strip.querySelector(`[data-fact=${name}]`);
  if (part && part.textContent !== text) part.textContent = text;
}

function showHealth(health) {
  strip.dataset.live = health.live;
  show("picture", health.live && health.video_name
    ? `${health.width}×${health.height} · ${Math.round(health.fps)} ${words.fps} · ${Math.round(health.video_kbit_s)} kbit/s`
    : words.noPicture);
  show("sound", health.live && health.audio_name ? `${Math.round(health.audio_kbit_s)} kbit/s` : words.noSound);
  show("feeding", words.feeding[health.feeding] ?? "");
  show("recording", words.recording[health.recording] ?? "");
  strip.querySelector("[data-recording]").dataset.recording = health.recording ?? "off";
  const level = health.level_peak_dbfs;
  const meter = strip.querySelector("meter");
  meter.value = level === null || level === undefined ? -60 : Math.max(-60, level);
  showFindings(health.findings ?? []);
}

// What the watchdog sees, worst first. A row that stays is changed in place, so that only news is read out.
const findingsList = root.querySelector("[data-findings]");
const findingRow = document.querySelector("#finding-row");
function showFindings(findings) {
  if (!findingsList) return;
  const known = new Map([...findingsList.children].map((row) => [row.dataset.id, row]));
  const rows = findings.map((finding) => {
    const row = known.get(finding.code) ?? findingRow.content.firstElementChild.cloneNode(true);
    row.dataset.severity = finding.severity;
    return fill(row, { ...finding, id: finding.code, word: words.severity[finding.severity] });
  });
  for (const [code, row] of known) if (!findings.some((one) => one.code === code)) row.remove();
  rows.forEach((row, place) => {
    if (findingsList.children[place] !== row) findingsList.insertBefore(row, findingsList.children[place] ?? null);
  });
}

// Stream keys: made once, shown once, revoked at once.
const keys = root.querySelector("[data-keys]");
const keyRow = document.querySelector("#key-row");
root.querySelector("form[data-new-key]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const key = await act(() => call("POST", `${base}/keys`, { label: form.elements.label.value, slot: form.elements.slot.value }), form.querySelector("button"));
  if (!key) return;
  form.reset();
  const row = fill(keyRow.content.firstElementChild.cloneNode(true), { ...key, state: "valid", rev: 1 });
  row.querySelector("[data-slot-name]").textContent = words.slots[key.slot];
  keys.append(row);
  root.querySelector("[data-keys-empty]")?.setAttribute("hidden", "");
  const box = root.querySelector("[data-fresh-key]");
  box.hidden = false;
  box.querySelector("[data-fresh-key-value]").value = key.key;
  box.querySelector("[data-fresh-key-value]").select();
});

keys?.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-revoke]");
  if (!button) return;
  const row = button.closest("[data-id]");
  const done = await act(() => call("DELETE", `${base}/keys/${row.dataset.id}`), button);
  if (done) fill(row, { ...done, state: "revoked", rev: 2 });
});

root.querySelector("[data-pin]")?.addEventListener("change", async (event) => {
  const select = event.currentTarget;
  await act(() => call("PUT", `${base}/encoders`, { slot: select.value || null }), select);
});

root.querySelector("[data-takeover]")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  await act(() => call("POST", `${base}/takeover`), button);
});

for (const button of document.querySelectorAll("button[data-copies]")) {
  button.addEventListener("click", async () => {
    const field = document.querySelector(button.dataset.copies);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // pages without TLS have no clipboard API
    }
    const usual = button.textContent;
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = usual; }, 1500);
  });
}

refresh();
showCurrent(agenda.querySelector(":scope > [data-state=current]"));
