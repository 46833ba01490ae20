// The desk's part for breaks and closed parts.

import { call } from "./api.js";
import { facts, intervals, words } from "./council-sealing.js";

const FIGURES_EACH_MS = 5000;

const root = document.querySelector("[data-interval-desk]");
const base = `/api/council/sessions/${facts.session}`;
const alertBox = root.querySelector("[data-interval-problem]");
const sealedState = root.querySelector("[data-sealed-state]");
const breakDialog = root.querySelector("#break-dialog");
const closedDialog = root.querySelector("#closed-dialog");

function complain(box, text) {
  box.textContent = text;
  box.hidden = !text;
}

async function act(work, button, box = alertBox) {
  complain(box, "");
  if (button) button.disabled = true;
  try {
    return (await work()) ?? true;
  } catch (problem) {
    if (problem.body?.fields) throw problem;
    complain(box, problem.status ? problem.message : words.offline);
    return null;
  } finally {
    if (button) button.disabled = false;
  }
}

function showStanding() {
  const kind = intervals.standing?.kind ?? "none";
  root.dataset.standing = kind;
  for (const group of root.querySelectorAll("[data-when]")) group.hidden = group.dataset.when !== kind;
  if (kind !== "closed") sealedState.hidden = true;
  else if (intervals.standing.recording === "none") {
    sealedState.textContent = words.none;
    sealedState.hidden = false;
  }
}

intervals.addEventListener("change", showStanding);
showStanding();

for (const button of root.querySelectorAll("[data-break]")) {
  button.addEventListener("click", () => act(() => call("POST", `${base}/breaks`, { minutes: Number(button.dataset.break) }), button));
}

function end(button) {
  const row = intervals.standing;
  if (row) act(() => call("POST", `${base}/intervals/${row.id}/end`), button);
}

root.querySelector("[data-end-break]").addEventListener("click", (event) => end(event.currentTarget));
root.querySelector("[data-end-closed]").addEventListener("click", (event) => end(event.currentTarget));

// a time of the city's clock, today or tomorrow, as a moment
function momentOf(text) {
  const [hours, minutes] = text.split(":").map(Number);
  const timeZone = document.documentElement.dataset.timeZone || undefined;
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const [nowHours, nowMinutes] = parts.format(intervals.now).split(":").map(Number);
  let ahead = hours * 60 + minutes - (nowHours * 60 + nowMinutes);
  if (ahead <= 0) ahead += 24 * 60;
  const whole = Math.floor(intervals.now / 60_000) * 60_000;
  return new Date(whole + ahead * 60_000).toISOString();
}

function clearErrors(form) {
  for (const error of form.querySelectorAll("[data-error]")) {
    error.hidden = true;
    form.elements[error.dataset.error]?.removeAttribute?.("aria-invalid");
  }
}

function showErrors(form, fields) {
  for (const [name, text] of Object.entries(fields)) {
    const error = form.querySelector(`[data-error="${name}"]`);
    if (!error) continue;
    if (name !== "recording") error.textContent = text;
    error.hidden = false;
    const field = form.elements[name] ?? form.elements.until;
    field?.setAttribute?.("aria-invalid", "true");
  }
  form.querySelector("[data-error]:not([hidden])")?.closest(".field")?.querySelector("input, textarea")?.focus();
}

async function send(form, dialog, work) {
  clearErrors(form);
  try {
    if (!(await act(work, form.querySelector("button[type=submit]"), form.querySelector("[data-problem]")))) return;
    form.reset();
    dialog.close();
  } catch (problem) {
    showErrors(form, problem.body.fields);
  }
}

breakDialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const until = form.elements.until.value;
  const body = { resumes_at: until ? momentOf(until) : null, note: form.elements.note.value };
  const row = intervals.standing;
  send(form, breakDialog, () => (row ? call("PUT", `${base}/intervals/${row.id}`, body) : call("POST", `${base}/breaks`, body)));
});

closedDialog.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const { legal_basis: basis, reason, recording } = form.elements;
  if (!recording.value) {
    clearErrors(form);
    showErrors(form, { recording: "" });
    return;
  }
  const body = { legal_basis: basis.value, reason: reason.value, recording: recording.value };
  send(form, closedDialog, () => call("POST", `${base}/closed-parts`, body));
});

// how the sealed recording fares
const size = (bytes) => new Intl.NumberFormat(document.documentElement.lang || "pl", { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);

async function figures() {
  if (intervals.standing?.recording === "sealed") {
    try {
      const found = await call("GET", `${base}/sealed-recording`);
      const bad = found.problem || found.lost_parts > 0 || !found.running;
      sealedState.classList.toggle("field-error", Boolean(bad));
      sealedState.textContent = found.problem || !found.running
        ? words.sealedFails.replace("%", found.problem || "—")
        : found.lost_parts > 0
          ? words.sealedLost
          : found.bytes > 0
            ? words.sealedRuns.replace("%", size(found.bytes))
            : words.sealedWaits;
      sealedState.hidden = false;
    } catch {
      // the next round asks again
    }
  }
  setTimeout(figures, FIGURES_EACH_MS);
}
figures();
