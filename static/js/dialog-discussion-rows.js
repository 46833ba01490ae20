// Draws comments from their rows. Words of people become elements and text nodes here, never markup.

import { relative } from "./shell/times.js";

const language = document.documentElement.lang || "pl";
const timeZone = document.documentElement.dataset.timeZone || undefined;
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short", timeZone });
const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone });
const plurals = new Intl.PluralRules(language);

/** «3 nowe»: the form for `count`, whose number stands in it as a digit. */
export function counted(forms, count) {
  return (forms[plurals.select(count)] ?? forms.many).replace(/\d+/, String(count));
}

function element(name, text = "") {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  return made;
}

function runElement(run, words) {
  if (run.mention) {
    const name = element("span", `@${run.text || words.erased}`);
    name.className = "mention";
    return name;
  }
  let made = document.createTextNode(run.text ?? "");
  if (run.href && /^(https?:|mailto:)/i.test(run.href)) {
    const link = element("a");
    link.href = run.href;
    link.rel = "nofollow noopener ugc";
    link.append(made);
    made = link;
  }
  for (const [name, wanted] of [["em", run.em], ["strong", run.strong]]) {
    if (!wanted) continue;
    const around = element(name);
    around.append(made);
    made = around;
  }
  return made;
}

/** Puts words as they were taken apart by the server into `target`. */
export function drawProse(target, body, words) {
  target.replaceChildren();
  for (const piece of body) {
    const isList = piece.kind === "list" || piece.kind === "numbered";
    const around = isList ? element(piece.kind === "list" ? "ul" : "ol") : piece.kind === "quote" ? element("blockquote") : null;
    for (const row of piece.rows) {
      const line = element(isList ? "li" : "p");
      line.append(...row.map((run) => runElement(run, words)));
      (around ?? target).append(line);
    }
    if (around) target.append(around);
  }
}

export function authorName(author, words) {
  if (author.shown === "office") return author.name || words.office;
  return author.name || words[author.shown] || "";
}

export function drawTime(time, moment) {
  time.dateTime = moment;
  time.title = exact.format(new Date(moment));
  time.querySelector("[data-relative]").textContent = relative(Date.parse(moment));
}

export function minute(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function own(item, selector) {
  // of this comment, not of its replies
  return item.querySelector(":scope > .comment-card").querySelectorAll(selector);
}

/** Puts what is counted beside a comment into its element. */
export function drawFigures(item, figures) {
  for (const part of own(item, "[data-text=endorsements]")) part.textContent = figures.endorsements || "";
}

export function fillComment(item, row, mine, words) {
  Object.assign(item.dataset, { id: row.id, rev: row.rev, depth: row.depth, state: row.state, alignment: row.alignment });
  item.id = `comment-${row.id}`;
  item.toggleAttribute("data-official", row.official);
  if (row.root_id) item.dataset.place = row.place;
  const shown = row.state === "shown";
  const gone = !shown && words[row.state] ? words[row.state].replace("%", day.format(new Date(row.ended_at))) : "";
  const texts = {
    author_name: authorName(row.author, words),
    author_organisation: row.author.organisation ?? "",
    minute: row.anchor_ms === null ? "" : minute(row.anchor_ms),
    tombstone: gone,
    reason: shown ? "" : row.reason,
    endorsements: row.endorsements || "",
  };
  for (const part of own(item, "[data-text]")) part.textContent = texts[part.dataset.text] ?? "";
  const isOwn = mine.own.has(row.id);
  const true_ = {
    official: row.official,
    verified: row.author.verified && !row.official,
    for: row.alignment === 1,
    against: row.alignment === -1,
    paper: row.paper,
    edited: row.edited_at !== null,
    anchored: row.anchor_ms !== null,
    gone: !shown,
    shown,
    editable: mine.editable.has(row.id),
    own: isOwn,
    other: !isOwn,
  };
  for (const part of own(item, "[data-if]")) part.hidden = !true_[part.dataset.if];
  const body = own(item, "[data-body]")[0];
  body.hidden = !shown;
  drawProse(body, row.body, words);
  for (const link of own(item, "[data-link]")) link.href = link.dataset.link + row.id;
  for (const time of own(item, "[data-time]")) drawTime(time, row.shown_at);
  const endorse = own(item, "[data-do=endorse]")[0];
  endorse.setAttribute("aria-pressed", String(mine.endorsed.has(row.id)));
  if (isOwn) endorse.disabled = true;
  return item;
}

export function makeComment(template, row, mine, words) {
  const item = template.content.firstElementChild.cloneNode(true);
  if (row.depth > 1) {
    item.querySelector("[data-replies]")?.remove();
    item.querySelector("[data-do=more-replies]")?.remove();
  }
  return fillComment(item, row, mine, words);
}

/** Puts a reply where it belongs among its root's replies: by place, then by id. */
export function insertReply(list, item, row) {
  const after = [...list.children].find((other) => {
    const place = Number(other.dataset.place ?? NaN);
    return Number.isNaN(place) ? false : place > row.place || (place === row.place && Number(other.dataset.id) > row.id);
  });
  list.insertBefore(item, after ?? null);
}
