// Captions on a session's page: the lines that are typed now, captions in the player, and the transcript beside it.

import { player } from "./council-session.js";
import { connect } from "./live.js";
import { Transcript } from "./council-captions-transcript.js";

const SHOWN = 12;

const root = document.querySelector("[data-session]");
const words = JSON.parse(document.getElementById("captions-words").textContent);
const sessionId = Number(root.dataset.session);
const block = root.querySelector("[data-live-captions]");
const list = block?.querySelector("[data-caption-lines]");
const template = block?.querySelector("template");

const place = root.querySelector("[data-transcript]");
const transcript = place ? new Transcript(place, { sessionId, player, words }) : null;

connect().join(`council/session/${sessionId}/captions`, {
  snapshot: (view) => {
    offer(view.track);
    for (const line of view.lines) show(line, { quiet: true });
    forget(new Set(view.lines.map((line) => line.id)));
    transcript?.refresh();
  },
  event: (event) => {
    if (event.type === "CaptionsChanged") {
      offer(event.track);
      transcript?.restart();
      if (root.dataset.state === "ended") say(words.changed);
    }
    if (event.type === "CaptionLineChanged") {
      show(event.line);
      transcript?.line(event.line);
    }
    if (event.type === "CaptionLineRemoved") {
      list?.querySelector(`[data-id="${event.line_id}"]`)?.remove();
      transcript?.removed(event.line_id);
    }
  },
});

// Captions that began after this page was opened are not in the stream that plays: choosing them opens it anew.
function offer(track) {
  if (!track || root.dataset.state !== "live" || !player) return;
  player.captions.offer(words.captions, () => player.playback.source.renew());
}

function show(line) {
  if (!list) return;
  const known = list.querySelector(`[data-id="${line.id}"]`);
  if (known && Number(known.dataset.rev) >= line.rev) return;
  const element = known ?? template.content.firstElementChild.cloneNode(true);
  element.dataset.id = line.id;
  element.dataset.rev = line.rev;
  const [speaker, text] = element.querySelectorAll("[data-text]");
  speaker.textContent = line.speaker;
  const before = (known ? known.previousElementSibling : list.lastElementChild)?.querySelector("[data-text=speaker]");
  speaker.hidden = !line.speaker || before?.textContent === line.speaker;
  text.textContent = line.text;
  if (!known) {
    const stays = list.scrollHeight - list.scrollTop - list.clientHeight > 40;
    const next = [...list.children].find((one) => Number(one.dataset.id) > line.id);
    list.insertBefore(element, next ?? null);
    while (list.children.length > SHOWN && !stays) list.firstElementChild.remove();
    if (!stays) list.scrollTop = list.scrollHeight;
  }
  block.hidden = false;
}

function forget(known) {
  for (const element of list ? [...list.children] : []) {
    if (!known.has(Number(element.dataset.id))) element.remove();
  }
  if (list) list.scrollTop = list.scrollHeight;
}

function say(text) {
  document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text } }));
}
