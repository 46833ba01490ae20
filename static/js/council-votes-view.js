// Draws votes, the quorum and the attendance list: the same elements that the server's macros draw (votes/_parts.html).

import { fill } from "./rows.js";

const SVG = "http://www.w3.org/2000/svg";
const FIELDS = { for: "votes_for", against: "votes_against", abstain: "abstained", none: "absent" };

/** "%1 of %2" with its places filled. */
export function said(text, ...values) {
  return values.reduce((result, value, place) => result.replaceAll(`%${place + 1}`, String(value)), text);
}

export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** How a voter stands: "for", "against", "abstain", "present" (there, did not vote) or "none". */
export function stand(voter) {
  return voter.choice ?? (voter.present ? "present" : "none");
}

export function statusText(vote, words, { counting = true } = {}) {
  if (vote.state === "open") return vote.voted > 0 && counting ? said(words.openCount, vote.voted, vote.entitled) : words.open;
  if (vote.state === "closed") return words.outcomes[vote.outcome];
  if (vote.state === "cancelled") return said(words.cancelled, vote.cancel_reason);
  return words.draft;
}

export function kindText(vote, words) {
  return `${vote.paper ? words.onPaper : vote.secret ? words.secret : words.named} · ${words.majorities[vote.majority] ?? vote.majority}`;
}

/** A card or a line of the list. `voterTemplate` draws a row of the names; `repeated`: the vote that repeats this one. */
export function drawVote(element, named, { words, voterTemplate, repeats = null, repeated = null }) {
  const { vote, voters, corrections, recounts } = named;
  fill(element, vote);
  element.dataset.outcome = vote.outcome;
  setText(element.querySelector("[data-kind]"), kindText(vote, words));
  const tie = vote.state === "closed" && vote.tie === "chair" && vote.majority === "simple" && vote.votes_for > 0 && vote.votes_for === vote.votes_against;
  setText(element.querySelector("[data-status]"), statusText(vote, words) + (tie ? ` (${words.tieChair})` : ""));
  const history = element.querySelector("[data-history]");
  if (history) {
    const lines = [];
    if (vote.repeats_id) lines.push(said(words.repeats, repeats?.number ?? "", vote.reason));
    if (repeated) lines.push(said(words.repeated, repeated.number));
    setText(history, lines.join(" · "));
    history.hidden = lines.length === 0;
  }
  const numbers = element.querySelector("[data-numbers]");
  numbers.hidden = vote.state !== "closed" || vote.candidates.length > 0;
  drawPaper(element.querySelector("[data-paper]"), vote, words);
  drawBar(numbers.querySelector("[data-bar]"), vote);
  const progress = element.querySelector("[data-progress]");
  if (progress) {
    progress.hidden = vote.state !== "open" || vote.voted === 0;
    progress.max = Math.max(vote.entitled, 1);
    progress.value = vote.voted;
  }
  const result = element.querySelector("[data-result]");
  result.hidden = vote.state !== "closed" || voters.length === 0;
  if (!result.hidden) {
    drawVoters(element.querySelector("[data-voters]"), voterTemplate, vote, voters, words);
    const hemicycle = element.querySelector("[data-hemicycle]");
    if (hemicycle) drawHemicycle(hemicycle, voters, vote.secret);
  }
  drawCorrections(element.querySelector("[data-corrections]"), voters, corrections, recounts, words);
}

function drawPaper(list, vote, words) {
  if (!list) return;
  list.hidden = !vote.paper || vote.state !== "closed";
  if (list.hidden) return;
  const lines = vote.candidates.map((name, place) => {
    const strong = document.createElement("strong");
    strong.textContent = `${name}: ${vote.candidate_votes[place]}`;
    return strong;
  });
  lines.push(said(words.ballots, vote.ballots_given, vote.ballots_returned, vote.voted, vote.ballots_invalid));
  lines.push(said(words.committee, vote.committee.join(", ")));
  list.replaceChildren(...lines.map(lineOf));
}

function lineOf(content) {
  const line = document.createElement("li");
  line.append(content);
  return line;
}

function drawBar(bar, vote) {
  bar.setAttribute("viewBox", `0 0 ${Math.max(vote.entitled, 1)} 1`);
  let at = 0;
  for (const [choice, field] of Object.entries(FIELDS)) {
    const part = bar.querySelector(`[data-choice=${choice}]`);
    part.setAttribute("x", at);
    part.setAttribute("width", vote[field]);
    at += vote[field];
  }
}

function drawVoters(body, template, vote, voters, words) {
  const rows = voters.map((voter) => {
    const row = body.querySelector(`[data-id="${voter.councillor_id}"]`) ?? template.content.firstElementChild.cloneNode(true);
    row.dataset.id = voter.councillor_id;
    row.dataset.choice = vote.secret ? (voter.voted ? "voted" : "none") : stand(voter);
    setText(row.querySelector("[data-name]"), voter.name);
    setText(row.querySelector("[data-club]"), voter.club ?? words.unaffiliated);
    const word = vote.secret ? words.tookPart[voter.voted] : words.choices[stand(voter)];
    setText(row.querySelector("[data-choice-word]"), word);
    return row;
  });
  body.replaceChildren(...rows);
}

function drawCorrections(list, voters, corrections, recounts, words) {
  if (!list) return;
  const name = (id) => voters.find((voter) => voter.councillor_id === id)?.name ?? "";
  const choice = (value) => words.choices[value ?? "present"];
  const lines = (corrections ?? []).map((fix) => said(words.corrected, name(fix.councillor_id), choice(fix.choice_before), choice(fix.choice_after), fix.reason));
  lines.push(...(recounts ?? []).map((fix) => said(words.recounted, fix.reason)));
  list.hidden = lines.length === 0;
  list.replaceChildren(...lines.map(lineOf));
}

/** Seats in half rings, from left to right: [[x, y], …] in a box of 200 × 112. */
export function seats(count) {
  const rings = count <= 7 ? 1 : count <= 18 ? 2 : count <= 42 ? 3 : 4;
  const radii = Array.from({ length: rings }, (_, ring) => 88 - ring * 24);
  const whole = radii.reduce((sum, radius) => sum + radius, 0);
  const share = radii.map((radius) => Math.floor((count * radius) / whole));
  for (let left = count - share.reduce((sum, one) => sum + one, 0), ring = 0; left > 0; left -= 1, ring = (ring + 1) % rings) share[ring] += 1;
  const places = [];
  radii.forEach((radius, ring) => {
    for (let place = 0; place < share[ring]; place += 1) {
      const angle = share[ring] === 1 ? 0.5 : place / (share[ring] - 1);
      places.push([angle, 100 - radius * Math.cos(angle * Math.PI), 100 - radius * Math.sin(angle * Math.PI)]);
    }
  });
  places.sort((one, other) => one[0] - other[0]);
  return places.map(([, x, y]) => [x, y]);
}

const SIGNS = { for: "✓", against: "✕", abstain: "–", present: "·", none: "", voted: "●" };

/** Clubs sit together, the largest on the left; colour, sign and initials say who voted how. The table says it in words. */
export function drawHemicycle(svg, voters, secret) {
  const size = new Map();
  for (const { club } of voters) size.set(club, (size.get(club) ?? 0) + 1);
  const seated = [...voters].sort((one, other) => (one.club === null) - (other.club === null) || size.get(other.club) - size.get(one.club) || String(one.club).localeCompare(String(other.club)));
  const places = seats(seated.length);
  svg.replaceChildren(
    ...seated.map((voter, index) => {
      const [x, y] = places[index];
      const how = secret ? (voter.voted ? "voted" : "none") : stand(voter);
      const seat = node("g", { class: "seat", "data-choice": how, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
      seat.append(node("circle", { r: 8.4 }), node("text", { class: "seat-sign", y: 0.4 }, SIGNS[how]), node("text", { class: "seat-name", y: 5.6 }, initials(voter.name)));
      seat.append(node("title", {}, voter.name));
      return seat;
    }),
  );
}

function initials(name) {
  return name.split(/[\s-]+/).map((word) => word[0] ?? "").join("").slice(0, 3);
}

function node(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

export function drawQuorum(element, quorum, words) {
  if (!element || !quorum) return;
  const met = quorum.present >= quorum.needed;
  element.dataset.met = met;
  setText(element.querySelector("[data-quorum-text]"), said(met ? words.quorumMet : words.quorumMissing, quorum.present, quorum.statutory, quorum.needed));
}

export function drawMember(row, member, words) {
  fill(row, { ...member, id: member.councillor_id, club: member.club ?? "" });
  setText(row.querySelector("[data-word]"), words.states[member.state]);
  for (const button of row.querySelectorAll("[data-set]")) {
    button.setAttribute("aria-pressed", String(button.dataset.set === member.state));
    button.setAttribute("aria-label", `${member.name}: ${button.textContent.trim()}`);
  }
}

/** All lines of the attendance list, keeping those that are there so that focus survives. */
export function drawMembers(list, template, members, words) {
  const rows = [...members].map((member) => {
    const row = list.querySelector(`:scope > [data-id="${member.councillor_id}"]`) ?? template.content.firstElementChild.cloneNode(true);
    drawMember(row, member, words);
    return row;
  });
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
  while (list.children.length > rows.length) list.lastElementChild.remove();
}
