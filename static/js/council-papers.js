// Papers on a session's page and on the councillor's phone: each item's list, live.

import { connect } from "./live.js";
import { redraw } from "./rows.js";

const root = document.querySelector("[data-papers]");
const words = JSON.parse(document.getElementById("papers-words").textContent);
const template = document.getElementById("paper-line");
const language = document.documentElement.lang || "pl";
const papers = new Map();

// As app.i18n.Locale.format_bytes: decimal units, one place below a hundred.
function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const places = unit === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: places }).format(value)} ${units[unit]}`;
}

function kind(type) {
  if (type === "application/pdf") return "PDF";
  if (type.includes("wordprocessing") || type.endsWith("opendocument.text")) return words.kinds.document;
  if (type.includes("spreadsheet")) return words.kinds.spreadsheet;
  if (type.includes("presentation")) return words.kinds.presentation;
  return words.kinds[type.split("/")[0]] ?? words.kinds.text;
}

function line(paper) {
  const about = [kind(paper.type), size(paper.bytes)];
  if (paper.version > 1) about.push(words.version.replace("%", paper.version));
  return {
    ...paper,
    state: paper.removed_at ? "removed" : "there",
    address: `${root.dataset.address}${paper.id}`,
    about: about.join(", "),
  };
}

function draw(list, rows) {
  redraw(list, template, rows.map(line));
  for (const paper of rows) {
    const badge = list.querySelector(`:scope > [data-id="${paper.id}"] [data-closed]`);
    if (badge) badge.hidden = paper.audience === "public" || Boolean(paper.removed_at);
  }
}

function show() {
  const inOrder = [...papers.values()].sort((one, other) => one.position - other.position || one.id - other.id);
  for (const list of document.querySelectorAll("[data-item-papers]")) {
    const item = Number(list.closest("[data-id]")?.dataset.id);
    draw(list, inOrder.filter((paper) => paper.item_id === item));
  }
  for (const list of document.querySelectorAll("[data-loose-papers]")) draw(list, inOrder.filter((paper) => paper.item_id === null));
  for (const total of document.querySelectorAll("[data-papers-total]")) total.textContent = inOrder.length;
  for (const link of document.querySelectorAll("[data-papers-all]")) link.hidden = inOrder.length === 0;
  for (const text of document.querySelectorAll("[data-papers-none]")) text.hidden = inOrder.length > 0;
}

connect().join(root.dataset.room, {
  snapshot: (view) => {
    papers.clear();
    for (const paper of view.papers) papers.set(paper.id, paper);
    show();
  },
  event: (event) => {
    if (event.type === "PaperHidden") papers.delete(event.paper_id);
    if (event.type === "PaperChanged") {
      const known = papers.get(event.paper.id);
      if (known && known.rev > event.paper.rev) return;
      papers.set(event.paper.id, event.paper);
    }
    show();
  },
});

// A session that is still to come: another time or place, called off or held after all, is drawn by the server.
let plan = null;
function replanned(session) {
  const now = [session.planned_at, session.place, session.called_off_reason].join(" ");
  if (plan !== null && plan !== now && session.state === "planned") location.reload();
  plan = now;
}
connect().join(`council/session/${root.dataset.papers}`, {
  snapshot: (view) => replanned(view.session),
  event: (event) => {
    if (event.type === "SessionChanged") replanned(event.session);
  },
});

// Rows that the agenda's script draws anew get their papers back.
const agenda = document.querySelector("[data-agenda]");
if (agenda) new MutationObserver(show).observe(agenda, { childList: true });
