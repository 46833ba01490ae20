// In the form of a new ticket: articles that may help, while somebody is typing. They never take the focus; the form
// stays as it is until somebody says that an article has helped.

import { call } from "./api.js";

const PAUSE_MS = 450;
const SHORTEST = 4;
const LONGEST = 4000;
const root = document.querySelector("[data-kb-offers]");
const form = root.closest("form");
const list = root.querySelector("[data-kb-list]");
const told = document.querySelector("[data-kb-told]");
const words = JSON.parse(document.getElementById("kb-words").textContent);
const row = document.getElementById("kb-offer");
let timer = 0;
let asked = 0;
let before = "";
let said = "";

const value = (name) => form.elements.namedItem(name)?.value?.trim() ?? "";

function described() {
  const body = { text: value("text").slice(0, LONGEST), subject: value("subject").slice(0, 300) };
  const category = root.dataset.category || value("category_id");
  if (category) body.category_id = Number(category);
  const label = root.dataset.label || value("device_label");
  if (label) body.label = label.slice(0, 40);
  return body;
}

async function ask() {
  const body = described();
  const key = JSON.stringify(body);
  if (key === before) return;
  before = key;
  const mine = ++asked;
  if (body.text.length + body.subject.length < SHORTEST && !body.label) return show([]);
  try {
    const answer = await call("POST", "/api/helpdesk/knowledge/suggestions", body);
    if (mine === asked) show(answer.articles);
  } catch {
    before = ""; // without the network the form is the same as ever
  }
}

function show(articles) {
  const open = list.contains(document.activeElement) || list.querySelector("details[open]");
  if (open) return; // somebody reads: nothing moves under their eyes
  const ids = articles.map((one) => one.id).join();
  if (ids === list.dataset.ids) return;
  list.dataset.ids = ids;
  list.replaceChildren(...articles.map(draw));
  root.hidden = articles.length === 0;
  say(articles.length ? [words.one, words.two, words.three][articles.length - 1] : said ? words.none : "");
}

function say(text) {
  if (text === said) return;
  said = text;
  told.textContent = text;
}

function draw(article) {
  const item = row.content.firstElementChild.cloneNode(true);
  const part = (name) => item.querySelector(`[data-part="${name}"]`);
  part("title").textContent = article.title;
  part("lead").textContent = article.lead;
  part("link").href = article.path;
  const details = item.querySelector("details");
  details.addEventListener("toggle", () => details.open && read(article, part("text")), { once: true });
  item.querySelector("[data-kb-helped]").addEventListener("click", () => end(article));
  return item;
}

/** The article as its page shows it; whoever opens it has read it. */
async function read(article, place) {
  try {
    const answer = await fetch(article.path, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const text = page.querySelector("[data-kb-text]");
    for (const one of text.querySelectorAll("[id]")) one.removeAttribute("id");
    for (const link of text.querySelectorAll("a")) link.target = "_blank"; // the form stays
    place.tabIndex = 0;
    place.replaceChildren(...text.childNodes);
  } catch {
    place.textContent = words.failed;
  }
}

async function end(article) {
  const key = value("sent_key");
  const body = { form_key: key };
  if (root.dataset.category) body.category_id = Number(root.dataset.category);
  try {
    await call("POST", `/api/helpdesk/knowledge/${article.id}/spared`, body);
  } catch (problem) {
    document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: problem.message, kind: "warning" } }));
    return;
  }
  const panel = document.getElementById("kb-ended").content.firstElementChild.cloneNode(true);
  form.hidden = true;
  form.after(panel);
  panel.querySelector("[data-kb-back]").addEventListener("click", () => {
    call("DELETE", `/api/helpdesk/knowledge/spared/${encodeURIComponent(key)}`).catch(() => {}); // a sent ticket takes it back too
    panel.remove();
    form.hidden = false;
    form.elements.namedItem("text").focus();
  });
  panel.focus();
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

form.addEventListener("input", soon);
form.addEventListener("change", soon);
soon();
