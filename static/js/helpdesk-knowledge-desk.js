// Beside a ticket: articles that fit it. A press puts a link into the reply, where it can be changed like all else. The
// desk exchanges the ticket without leaving the page, so every [data-kb-beside] that comes is filled.

import { call } from "./api.js";

function draw(root, article) {
  const item = root.querySelector("[data-kb-row]").content.firstElementChild.cloneNode(true);
  const title = item.querySelector('[data-part="title"]');
  title.textContent = article.title;
  title.href = article.path;
  item.querySelector('[data-part="lead"]').textContent = article.lead;
  item.querySelector('[data-part="inside"]').hidden = !article.inside;
  const insert = item.querySelector("[data-kb-insert]");
  if (article.inside) insert?.remove(); // the requester could not open it
  else insert?.addEventListener("click", () => put(root, article));
  return item;
}

function put(root, article) {
  const text = document.getElementById("say-text");
  if (!text) return; // the ticket was closed meanwhile
  const link = `[${article.title.replace(/[[\]\\]/g, "")}](${new URL(article.path, location.origin)})`;
  text.value = text.value.trim() ? `${text.value.trimEnd()}\n\n${link}` : link;
  text.dispatchEvent(new Event("input", { bubbles: true }));
  root.querySelector("[data-kb-told]").textContent = words(root).inserted.replace("{title}", article.title);
  text.focus();
}

const words = (root) => JSON.parse(root.querySelector("[data-kb-words]").textContent);

async function fill(root) {
  root.dataset.kbFilled = "";
  try {
    const answer = await call("GET", `/api/helpdesk/tickets/${root.dataset.kbBeside}/articles`);
    root.querySelector("[data-kb-list]").replaceChildren(...answer.articles.map((one) => draw(root, one)));
    root.querySelector("[data-kb-none]").hidden = answer.articles.length > 0;
  } catch {
    const told = root.querySelector("[data-kb-told]");
    told.textContent = words(root).failed;
    told.classList.remove("visually-hidden");
  }
}

function look() {
  for (const root of document.querySelectorAll("[data-kb-beside]:not([data-kb-filled])")) fill(root);
}

new MutationObserver(look).observe(document.querySelector("main") ?? document.body, { childList: true, subtree: true });
look();
