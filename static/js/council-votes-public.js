// Votes for whoever watches: below the picture, in the tab beside it, and on the chamber's big screen.

import { drawMembers, drawQuorum, drawVote } from "./council-votes-view.js";

const SHOWN_AFTER_MS = 60_000; // a result stays on the chamber's screen for so long

export function mount({ words, ledger }) {
  const parts = [now, tab, screen].map((make) => make(words, ledger)).filter(Boolean);
  const draw = () => parts.forEach((part) => part());
  ledger.addEventListener("change", draw);
  if (ledger.known) draw();
  setInterval(draw, 10_000); // results leave the screen, positions come with the recording
}

function extras(ledger, { vote }) {
  return { repeats: vote.repeats_id ? ledger.votes.get(vote.repeats_id)?.vote : null, repeated: ledger.repeatedBy(vote) };
}

function card(root, words, ledger) {
  const place = root.querySelector("[data-place]");
  const [template] = root.querySelectorAll(":scope > template:not([data-voter])");
  const voterTemplate = root.querySelector("template[data-voter]");
  return (named) => {
    let element = place.querySelector(".vote-card");
    if (!element || element.dataset.id !== String(named.vote.id)) {
      element = template.content.firstElementChild.cloneNode(true);
      place.replaceChildren(element);
    }
    drawVote(element, named, { words, voterTemplate, ...extras(ledger, named) });
  };
}

function now(words, ledger) {
  const root = document.querySelector("[data-votes-now]");
  if (!root) return null;
  const live = document.querySelector("[data-session]")?.dataset.state === "live";
  const draw = card(root, words, ledger);
  return () => {
    const named = live && ledger.known ? ledger.latest() : null;
    if (!ledger.known) return;
    root.hidden = named === null;
    if (named) draw(named);
  };
}

function screen(words, ledger) {
  const root = document.querySelector("[data-votes-screen]");
  if (!root) return null;
  const draw = card(root, words, ledger);
  return () => {
    const named = ledger.latest();
    const fresh = named && (named.vote.state === "open" || Date.now() - Date.parse(named.vote.closed_at) < SHOWN_AFTER_MS);
    root.hidden = !fresh;
    if (fresh) draw(named);
  };
}

function tab(words, ledger) {
  const root = document.querySelector("[data-votes-tab]");
  if (!root) return null;
  const list = root.querySelector("[data-lines]");
  const template = root.querySelector("template[data-line]");
  const voterTemplate = root.querySelector("template[data-voter]");
  const memberTemplate = root.querySelector("template[data-member]");
  const attendance = root.querySelector("[data-attendance]");
  let player = null;
  if (document.querySelector("[data-session][data-state=live] [data-player]")) {
    import("./council-session.js").then((session) => (player = session.player)).catch(reportError);
  }
  return () => {
    if (!ledger.known) return;
    const opened = ledger.list().filter(({ vote }) => vote.opened_at);
    root.querySelector("[data-none]").hidden = opened.length > 0;
    for (const line of [...list.children]) if (!opened.some(({ vote }) => String(vote.id) === line.dataset.id)) line.remove();
    for (const named of opened) {
      let line = list.querySelector(`:scope > [data-id="${named.vote.id}"]`);
      if (!line) {
        line = template.content.firstElementChild.cloneNode(true);
        list.append(line);
      }
      drawVote(line, named, { words, voterTemplate, ...extras(ledger, named) });
      const jump = line.querySelector(".vote-jump");
      jump.dataset.moment = named.vote.opened_at;
      const position = player?.playback.timeline.positionAt(Date.parse(named.vote.opened_at));
      if (position !== null && position !== undefined) jump.href = `#t=${position.toFixed(2)}`;
    }
    drawQuorum(root.querySelector("[data-quorum]"), ledger.quorum, words);
    attendance.hidden = ledger.members.size === 0;
    drawMembers(root.querySelector("[data-members]"), memberTemplate, ledger.members.values(), words);
  };
}
