// The desk's page of a recording: a span is chosen on the picture, the waveform, by keys or by time; it is trimmed to,
// cut into a clip, or redacted. All seconds here are those of the whole recording as it was made.

import { call } from "./api.js";
import { connect } from "./live.js";
import { mountPlayer } from "./player/mount.js";
import { clockOf } from "./player/timeline.js";
import { clone, fill } from "./rows.js";

const root = document.querySelector("[data-recording]");
const words = JSON.parse(document.getElementById("recording-words").textContent);
const known = JSON.parse(document.getElementById("recording-known").textContent);
const facts = JSON.parse(document.getElementById("player-facts").textContent);
const streamId = root.dataset.recording;
const base = `/api/media/recordings/${streamId}`;
const alertBox = root.querySelector("[data-alert]");
const player = mountPlayer(root.querySelector("[data-player]"));
let view = known.view;
let version = known.redactions.version;

function complain(text) {
  alertBox.textContent = text;
  alertBox.hidden = !text;
}

async function act(work, button) {
  complain("");
  if (button) button.disabled = true;
  try {
    return (await work()) ?? true;
  } catch (problem) {
    if (problem.body?.fields && button?.form) throw problem;
    complain(problem.status ? problem.message : words.offline);
    return null;
  } finally {
    if (button) button.disabled = false;
  }
}

// the span

const beginField = root.querySelector("[data-begin]");
const endField = root.querySelector("[data-end]");
const spanProblem = root.querySelector("[data-span-problem]");
const offset = () => view.trim?.begin_s ?? 0;
const length = () => view.trim?.whole_s ?? view.duration_s;

function exactClock(seconds) {
  const tenth = Math.round(seconds * 10);
  return tenth % 10 ? `${clockOf(Math.floor(tenth / 10))}.${tenth % 10}` : clockOf(tenth / 10);
}

/** "1:02:03.5", "62:03", "75" → seconds; null for anything else. */
function secondsOf(text) {
  if (!/^\d{1,6}(:[0-5]?\d){0,2}([.,]\d{1,3})?$/.test(text.trim())) return null;
  return text.trim().replace(",", ".").split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
}

function span() {
  const [begin, end] = [secondsOf(beginField.value), secondsOf(endField.value)];
  const fault = begin === null || end === null ? words.form : end <= begin ? words.order : "";
  spanProblem.textContent = fault;
  spanProblem.hidden = !fault;
  (begin === null ? beginField : endField).toggleAttribute("aria-invalid", Boolean(fault));
  return fault ? null : { begin, end };
}

function choose(begin, end) {
  beginField.value = exactClock(Math.max(0, begin));
  endField.value = exactClock(Math.min(end, length()));
  span();
  drawWave();
}

for (const field of [beginField, endField]) field.addEventListener("change", () => span() && drawWave());
for (const button of root.querySelectorAll("[data-here]")) {
  button.addEventListener("click", () => {
    const here = player.playback.position ?? 0;
    const now = { begin: secondsOf(beginField.value) ?? 0, end: secondsOf(endField.value) ?? length() };
    if (button.dataset.here === "begin") choose(here, Math.max(now.end, here));
    else choose(Math.min(now.begin, here), here);
  });
}

let stopAt = null;
root.querySelector("[data-play-span]").addEventListener("click", () => {
  const chosen = span();
  if (!chosen) return;
  stopAt = chosen.end;
  player.seek(chosen.begin);
});
player.playback.addEventListener("time", () => {
  const here = player.playback.position ?? 0;
  if (stopAt !== null && here >= stopAt) {
    stopAt = null;
    player.playback.video.pause();
  }
  drawWave();
});

// items: their marks are seconds of what is shown
const chapters = facts.chapters.map((one) => ({ ...one, position_s: one.position_s + offset() }));
player.setChapters(chapters);
root.querySelector("[data-item-choice]").addEventListener("change", (event) => {
  const place = event.currentTarget.value;
  if (place === "") return;
  const chapter = chapters[Number(place)];
  const end = chapters[Number(place) + 1]?.position_s ?? offset() + view.duration_s;
  choose(chapter.position_s, end);
  root.querySelector("#clip-title").value = chapter.title;
});

// the waveform: of what is shown

const wave = root.querySelector("[data-wave]");
let peaks = { points_per_s: 2, peaks: [] };

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function drawWave() {
  const context = wave.getContext("2d");
  const { width, height } = wave;
  const whole = Math.max(length(), 0.1);
  const x = (seconds) => (seconds / whole) * width;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colour("--grey-6");
  const count = peaks.peaks.length;
  for (let column = 0; column < width; column++) {
    const first = Math.floor(((column / width) * whole - offset()) * peaks.points_per_s);
    const last = Math.max(first + 1, Math.floor((((column + 1) / width) * whole - offset()) * peaks.points_per_s));
    if (last <= 0 || first >= count) continue;
    const peak = Math.max(0, ...peaks.peaks.slice(Math.max(first, 0), last)) / 100;
    const tall = Math.max(1, peak * (height - 12));
    context.fillRect(column, (height - tall) / 2, 1, tall);
  }
  for (const one of redactions.values()) {
    if (one.state !== "published") continue;
    context.fillStyle = colour("--red");
    context.fillRect(x(one.begin_s), height - 6, Math.max(2, x(one.end_s) - x(one.begin_s)), 6);
  }
  const [begin, end] = [secondsOf(beginField.value), secondsOf(endField.value)];
  if (begin !== null && end !== null) {
    context.fillStyle = "rgb(28 98 196 / 25%)";
    context.fillRect(x(begin), 0, Math.max(2, x(end) - x(begin)), height);
  }
  context.fillStyle = colour("--red");
  context.fillRect(x(player.playback.position ?? 0), 0, 2, height);
}

function secondsUnder(event) {
  const box = wave.getBoundingClientRect();
  return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * length();
}

let draggedFrom = null;
wave.addEventListener("pointerdown", (event) => {
  draggedFrom = secondsUnder(event);
  wave.setPointerCapture(event.pointerId);
});
wave.addEventListener("pointermove", (event) => {
  if (draggedFrom === null) return;
  const here = secondsUnder(event);
  if (Math.abs(here - draggedFrom) * (wave.clientWidth / length()) > 4) choose(Math.min(here, draggedFrom), Math.max(here, draggedFrom));
});
wave.addEventListener("pointerup", (event) => {
  const here = secondsUnder(event);
  if (draggedFrom !== null && Math.abs(here - draggedFrom) * (wave.clientWidth / length()) <= 4) player.seek(here);
  draggedFrom = null;
});

async function loadWave() {
  const asset = view.assets.find((one) => one.kind === "waveform" && one.files.length > 0);
  if (!asset) return;
  try {
    peaks = await (await fetch(asset.files[0].url)).json();
    drawWave();
  } catch {
    // without a waveform times can be typed
  }
}

// what residents see

const trimSaid = root.querySelector("[data-trim-said]");
function drawTrim() {
  const { trim } = view;
  trimSaid.textContent = trim
    ? words.trimmed.replace("%1", clockOf(trim.begin_s)).replace("%2", clockOf(trim.end_s)).replace("%3", clockOf(trim.whole_s))
    : words.all.replace("%", clockOf(view.duration_s));
  root.querySelector("[data-untrim]").hidden = !trim;
}

root.querySelector("[data-trim]").addEventListener("click", async (event) => {
  const chosen = span();
  if (chosen) taken(await act(() => call("PUT", `${base}/trim`, { begin_s: chosen.begin, end_s: chosen.end }), event.currentTarget));
});
root.querySelector("[data-untrim]").addEventListener("click", async (event) => taken(await act(() => call("DELETE", `${base}/trim`), event.currentTarget)));

function taken(found) {
  if (!found?.stream_id) return;
  view = found;
  drawTrim();
  drawFiles();
  drawWave();
  loadWave();
  loadClips();
}

// clips

const clipList = root.querySelector("[data-clips]");
let clips = known.clips;

function drawClips() {
  root.querySelector("[data-clips-empty]").hidden = clips.length > 0;
  clipList.replaceChildren(
    ...clips.map((clip) => {
      const row = clone(document.getElementById("clip-row"), {
        id: clip.token,
        title: clip.title,
        span: `${clockOf(clip.begin_s + offset())}–${clockOf(clip.end_s + offset())}`,
        said: words.assets[clip.state],
      });
      row.querySelector("[data-clip-page]").href = `/council/clips/${clip.token}`;
      const file = row.querySelector("[data-clip-file]");
      file.hidden = !clip.mp4;
      if (clip.mp4) file.href = `${clip.mp4}?download`;
      return row;
    }),
  );
}

async function loadClips() {
  try {
    ({ clips } = await call("GET", `${base}/clips`));
    drawClips();
  } catch {
    // the list stays as it was
  }
}

root.querySelector("[data-new-clip]").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const chosen = span();
  const error = form.querySelector("[data-error]");
  error.hidden = true;
  if (!chosen) return;
  const title = form.elements.title.value.trim();
  if (!title) {
    error.textContent = words.needed;
    error.hidden = false;
    form.elements.title.focus();
    return;
  }
  const body = { title, begin_s: Math.max(0, chosen.begin - offset()), end_s: Math.max(0, chosen.end - offset()) };
  try {
    if (await act(() => call("POST", `${base}/clips`, body), form.querySelector("button"))) {
      form.reset();
      loadClips();
    }
  } catch (problem) {
    error.textContent = Object.values(problem.body.fields).join(" ");
    error.hidden = false;
  }
});

clipList.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do=drop]");
  if (button && (await act(() => call("DELETE", `${base}/clips/${button.closest("[data-id]").dataset.id}`), button))) loadClips();
});

// redactions

const redactionList = root.querySelector("[data-redactions]");
const redactions = new Map(known.redactions.redactions.map((one) => [one.id, one]));

function asRow(one) {
  const what = [one.mute && words.muted, one.picture && words[one.picture]].filter(Boolean).join(", ");
  const whole = one.area.left === 0 && one.area.top === 0 && one.area.width === 1 && one.area.height === 1;
  const share = one.state === "making" && one.progress > 0 ? ` ${Math.round(one.progress * 100)}%` : "";
  return {
    ...one,
    span: `${exactClock(one.begin_s)}–${exactClock(one.end_s)}`,
    what: one.picture && !whole ? `${what} (${words.partly})` : what,
    said: words.states[one.state] + share,
    why: `${one.legal_basis}: ${one.reason}`,
  };
}

function drawRedactions() {
  const rows = [...redactions.values()].sort((one, other) => one.begin_s - other.begin_s || one.id - other.id);
  root.querySelector("[data-redactions-empty]").hidden = rows.length > 0;
  root.querySelector("[data-version]").textContent = version > 1 ? words.version.replace("%", version) : "";
  const present = new Map([...redactionList.children].map((row) => [Number(row.dataset.id), row]));
  for (const [id, row] of present) if (!redactions.has(id)) row.remove();
  rows.forEach((one, place) => {
    const row = present.get(one.id) ?? clone(document.getElementById("redaction-row"), asRow(one));
    fill(row, asRow(one));
    if (redactionList.children[place] !== row) redactionList.insertBefore(row, redactionList.children[place] ?? null);
  });
  drawWave();
}

function heard(redaction, newVersion) {
  const before = redactions.get(redaction.id);
  if (before && before.rev >= redaction.rev) return;
  redactions.set(redaction.id, redaction);
  version = Math.max(version, newVersion ?? version);
  drawRedactions();
}

let toPublish = null;
const publishDialog = document.getElementById("publish-dialog");
redactionList.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const row = button.closest("[data-id]");
  const one = redactions.get(Number(row.dataset.id));
  const path = `${base}/redactions/${one.id}`;
  if (button.dataset.do === "go") {
    choose(one.begin_s, one.end_s);
    player.seek(Math.max(0, one.begin_s - 1));
  }
  if (button.dataset.do === "preview") {
    const video = row.querySelector("video");
    video.hidden = !video.hidden;
    if (video.hidden) video.pause();
    else {
      video.src = one.previews[0];
      video.play().catch(() => {
        // its own button starts it
      });
    }
  }
  if (button.dataset.do === "publish") {
    toPublish = one;
    publishDialog.showModal();
  }
  if (button.dataset.do === "withdraw") answered(await act(() => call("POST", `${path}/withdraw`), button));
  if (button.dataset.do === "drop" && (await act(() => call("DELETE", path), button))) {
    redactions.delete(one.id);
    drawRedactions();
  }
});

publishDialog.querySelector("[data-publish-now]").addEventListener("click", async (event) => {
  const one = toPublish;
  const found = await act(() => call("POST", `${base}/redactions/${one.id}/publish`), event.currentTarget);
  publishDialog.close();
  answered(found);
  if (found?.state === "making") complain(words.again);
});

function answered(found) {
  if (found?.id) heard(found);
}

const form = root.querySelector("[data-new-redaction]");
const areaFields = form.querySelector("[data-area-fields]");
form.elements.picture.addEventListener("change", () => {
  areaFields.hidden = !form.elements.picture.value;
  drawArea();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = span();
  if (!chosen) return;
  for (const error of form.querySelectorAll("[data-error]")) error.hidden = true;
  const body = {
    begin_s: chosen.begin,
    end_s: chosen.end,
    mute: form.elements.mute.checked,
    picture: form.elements.picture.value,
    area: form.elements.picture.value ? area() : undefined,
    legal_basis: form.elements.legal_basis.value,
    reason: form.elements.reason.value,
  };
  try {
    const found = await act(() => call("POST", `${base}/redactions`, body), form.querySelector("button[type=submit]"));
    if (!found) return;
    heard(found);
    form.reset();
    areaFields.hidden = true;
    drawArea();
    root.querySelector("[data-new-redaction-box]").open = false;
  } catch (problem) {
    for (const [name, text] of Object.entries(problem.body.fields)) {
      const error = form.querySelector(`[data-error="${name.split(".")[0]}"]`);
      if (!error) spanProblem.textContent = text;
      (error ?? spanProblem).textContent = text;
      (error ?? spanProblem).hidden = false;
    }
  }
});

// the rectangle

const areaBox = root.querySelector("[data-area]");
const drawLayer = root.querySelector("[data-draw]");
const drawButton = form.querySelector("[data-draw-button]");
const { video } = player.playback;

function area() {
  const share = (name) => Math.min(Math.max(Number(form.querySelector(`[data-area-field=${name}]`).value) / 100 || 0, 0), 1);
  return { left: share("left"), top: share("top"), width: share("width"), height: share("height") };
}

function setArea(found) {
  for (const [name, share] of Object.entries(found)) form.querySelector(`[data-area-field=${name}]`).value = (share * 100).toFixed(1);
  drawArea();
}

/** Where the picture itself lies on the page, without the bars beside it. */
function pictureBox() {
  const stage = areaBox.parentElement.getBoundingClientRect();
  const box = video.getBoundingClientRect();
  const ratio = video.videoWidth / video.videoHeight || 16 / 9;
  const width = Math.min(box.width, box.height * ratio);
  const height = width / ratio;
  return { left: box.left - stage.left + (box.width - width) / 2, top: box.top - stage.top + (box.height - height) / 2, width, height };
}

function drawArea() {
  const found = area();
  const whole = found.left === 0 && found.top === 0 && found.width === 1 && found.height === 1;
  areaBox.hidden = areaFields.hidden || whole;
  if (areaBox.hidden) return;
  const box = pictureBox();
  Object.assign(areaBox.style, {
    left: `${box.left + found.left * box.width}px`,
    top: `${box.top + found.top * box.height}px`,
    width: `${found.width * box.width}px`,
    height: `${found.height * box.height}px`,
  });
}

function drawing(wanted) {
  drawLayer.hidden = !wanted;
  drawButton.setAttribute("aria-pressed", String(wanted));
}

drawButton.addEventListener("click", () => drawing(drawLayer.hidden));
form.querySelector("[data-whole]").addEventListener("click", () => setArea({ left: 0, top: 0, width: 1, height: 1 }));
areaFields.addEventListener("input", drawArea);
addEventListener("resize", drawArea);

let corner = null;
function shareUnder(event) {
  const stage = drawLayer.getBoundingClientRect();
  const box = pictureBox();
  const inside = (value) => Math.min(Math.max(value, 0), 1);
  return [inside((event.clientX - stage.left - box.left) / box.width), inside((event.clientY - stage.top - box.top) / box.height)];
}
drawLayer.addEventListener("pointerdown", (event) => {
  corner = shareUnder(event);
  drawLayer.setPointerCapture(event.pointerId);
});
drawLayer.addEventListener("pointermove", (event) => {
  if (!corner) return;
  const here = shareUnder(event);
  const [left, top] = [Math.min(corner[0], here[0]), Math.min(corner[1], here[1])];
  setArea({ left, top, width: Math.max(Math.abs(corner[0] - here[0]), 0.01), height: Math.max(Math.abs(corner[1] - here[1]), 0.01) });
});
drawLayer.addEventListener("pointerup", () => {
  corner = null;
  drawing(false);
});

// files

const fileList = root.querySelector("[data-files]");
const size = (bytes) => new Intl.NumberFormat(document.documentElement.lang || "pl", { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);

function drawFiles() {
  fileList.replaceChildren(
    ...view.assets
      .filter((one) => words.kinds[one.kind])
      .map((asset) => {
        const row = document.createElement("li");
        const text = document.createElement("span");
        text.className = "grow";
        const share = asset.state === "running" && asset.progress > 0 ? ` ${Math.round(asset.progress * 100)}%` : "";
        text.textContent = `${words.kinds[asset.kind]}: ${words.assets[asset.state]}${share}${asset.reason ? ` (${asset.reason})` : ""}`;
        row.append(text);
        for (const file of asset.files.slice(0, asset.kind === "storyboard" ? 0 : 9)) {
          const link = document.createElement("a");
          link.href = `${file.url}${file.url.includes("?") ? "&" : "?"}download`;
          link.download = "";
          link.textContent = size(file.bytes);
          row.append(link);
        }
        return row;
      }),
  );
}

root.querySelector("[data-make-files]").addEventListener("click", async (event) => taken(await act(() => call("POST", `${base}/products`), event.currentTarget)));

// live

const live = connect();
live.join(`media/recording/${streamId}`, {
  snapshot: (found) => taken(found),
  event: (event) => {
    if (event.type === "RecordingChanged") taken(event.recording);
    if (event.type === "RecordingAssetChanged") {
      const { asset } = event;
      if (asset.kind.startsWith("clip-")) loadClips();
      else {
        const before = view.assets.find((one) => one.kind === asset.kind);
        if (before && before.rev > asset.rev) return;
        view = { ...view, assets: [...view.assets.filter((one) => one.kind !== asset.kind), asset] };
        drawFiles();
        if (asset.kind === "waveform") loadWave();
      }
    }
  },
});
live.join(`media/recording/${streamId}/redactions`, {
  snapshot: (found) => {
    version = found.version;
    redactions.clear();
    for (const one of found.redactions) redactions.set(one.id, one);
    drawRedactions();
  },
  event: (event) => {
    if (event.type === "RedactionChanged") heard(event.redaction, event.version);
    if (event.type === "RedactionDropped") {
      redactions.delete(event.redaction_id);
      drawRedactions();
    }
  },
});

drawTrim();
drawClips();
drawRedactions();
drawFiles();
choose(offset(), offset() + view.duration_s);
loadWave();
