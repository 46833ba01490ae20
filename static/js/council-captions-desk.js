// A session's captions for those who make them: versions, upload with a preview, drafts.

import { connect } from "./live.js";
import { call, Problem } from "./api.js";
import { clockOf } from "./player/timeline.js";

const root = document.querySelector("[data-captions-desk]");
const words = JSON.parse(document.getElementById("captions-words").textContent);
const sessionId = Number(root.dataset.captionsDesk);
const address = `/api/council/sessions/${sessionId}/captions`;
const alertLine = root.querySelector("[data-alert]");

// versions: the server draws them, whoever changed them

connect().join(`council/session/${sessionId}/captioning`, {
  event: (event) => event.type === "CaptionTrackChanged" && heard(event.track),
});

let timer = 0;
function heard(track) {
  const row = root.querySelector(`[data-versions] > [data-id="${track.id}"]`);
  if (row && Number(row.dataset.rev) >= track.rev) return;
  const bar = row?.querySelector("progress");
  if (bar && track.state === "making") {
    bar.value = track.percent;
    row.dataset.rev = track.rev;
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(redraw, 200);
}

async function redraw() {
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) {
    timer = setTimeout(redraw, 5000);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [before, after] = [root.querySelector("[aria-labelledby=versions-title]"), fresh.querySelector("[aria-labelledby=versions-title]")];
  const focused = document.activeElement?.closest("[data-do]")?.dataset.do;
  const id = document.activeElement?.closest("[data-id]")?.dataset.id;
  before.querySelector("[data-versions], .empty")?.replaceWith(after.querySelector("[data-versions], .empty"));
  document.querySelector("[data-days]")?.replaceWith(fresh.querySelector("[data-days]"));
  if (focused) root.querySelector(`[data-id="${id}"] [data-do="${focused}"]`)?.focus();
}

root.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const id = button.closest("[data-id]").dataset.id;
  if (button.dataset.asks && !(await agreed(button.dataset.asks, button.textContent))) return;
  if (button.dataset.do === "withdraw") withdraw(id);
  else if (button.dataset.do === "remove") attempt(() => call("DELETE", `/api/council/captions/${id}`));
  else if (button.dataset.do === "copy") {
    const track = await attempt(() => call("POST", `/api/council/captions/${id}/copy`));
    if (track) location.href = `/council/captions/${track.id}`;
  } else attempt(() => call("POST", `/api/council/captions/${id}/${button.dataset.do}`));
});

root.querySelector("[data-draft]")?.addEventListener("click", () => attempt(() => call("POST", `${address}/draft`, {})));

async function attempt(work) {
  alertLine.hidden = true;
  try {
    const answer = await work();
    redraw();
    return answer;
  } catch (problem) {
    alertLine.textContent = problem instanceof Problem ? problem.message : words.offline;
    alertLine.hidden = false;
    return null;
  }
}

function agreed(question, action) {
  const dialog = document.getElementById("ask-dialog");
  dialog.querySelector("[data-question]").textContent = question;
  dialog.querySelector("[data-yes]").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

function withdraw(id) {
  const dialog = document.getElementById("withdraw-dialog");
  const form = dialog.querySelector("form");
  const problemLine = form.querySelector(".field-error");
  form.reset();
  problemLine.hidden = true;
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      await call("POST", `/api/council/captions/${id}/withdraw`, { reason: form.reason.value });
      dialog.close();
      redraw();
    } catch (problem) {
      problemLine.textContent = problem instanceof Problem ? problem.message : words.offline;
      problemLine.hidden = false;
      form.reason.setAttribute("aria-invalid", "true");
      form.reason.focus();
    }
  };
  dialog.showModal();
}

// upload: read first, kept when somebody says so

const form = root.querySelector("[data-upload-form]");
const preview = root.querySelector("[data-preview]");
const problemLine = document.getElementById("upload-problem");

form.addEventListener("submit", (event) => event.preventDefault());
form.file.addEventListener("change", read);

async function send(path, file) {
  const answer = await fetch(path, {
    method: "POST",
    body: file,
    credentials: "same-origin",
    headers: { Accept: "application/json", "Content-Type": "application/octet-stream" },
  });
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

async function read() {
  const [file] = form.file.files;
  preview.hidden = true;
  problemLine.hidden = true;
  form.file.removeAttribute("aria-invalid");
  if (!file) return;
  try {
    show(await send(`${address}/preview`, file));
  } catch (problem) {
    refuse(problem);
  }
}

function refuse(problem) {
  problemLine.textContent = problem instanceof Problem ? problem.message : words.offline;
  problemLine.hidden = false;
  form.file.setAttribute("aria-invalid", "true");
}

function show(found) {
  const number = new Intl.NumberFormat(document.documentElement.lang);
  preview.querySelector("[data-preview-facts]").textContent = words.facts
    .replace("%1", number.format(found.cues))
    .replace("%2", number.format(found.words))
    .replace("%3", clockOf(found.ends_ms / 1000));
  const notes = found.notes.map((note) => row(words.line.replace("%", note.line), note.text));
  if (found.unlisted > 0) notes.push(row("", words.more.replace("%", number.format(found.unlisted))));
  preview.querySelector("[data-preview-mended]").hidden = notes.length === 0;
  preview.querySelector("[data-preview-notes]").replaceChildren(...notes);
  preview
    .querySelector("[data-preview-first]")
    .replaceChildren(...found.first.map((cue) => row(clockOf(cue.begin_ms / 1000), (cue.speaker ? `${cue.speaker}: ` : "") + cue.text)));
  preview.hidden = false;
  preview.querySelector("[data-keep]").focus();
}

function row(left, right) {
  const item = document.createElement("li");
  for (const [text, name] of [[left, "muted small tnum"], [right, "small"]]) {
    const part = document.createElement("span");
    part.className = name;
    part.textContent = text;
    item.append(part);
  }
  return item;
}

preview.querySelector("[data-discard]").addEventListener("click", () => {
  form.reset();
  preview.hidden = true;
  form.file.focus();
});

preview.querySelector("[data-keep]").addEventListener("click", async ({ target }) => {
  const [file] = form.file.files;
  target.disabled = true;
  try {
    const params = new URLSearchParams({ name: file.name, language: form.language.value });
    const track = await send(`${address}/upload?${params}`, file);
    location.href = `/council/captions/${track.id}`;
  } catch (problem) {
    refuse(problem);
  } finally {
    target.disabled = false;
  }
});
