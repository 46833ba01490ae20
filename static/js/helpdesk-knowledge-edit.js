// The editors' page of an article: pictures go into the text, and whoever writes hears at once of another's version.

import { connect } from "./live.js";

const root = document.querySelector("[data-kb-editing]");
const words = JSON.parse(document.getElementById("kb-edit-words").textContent);
const news = root.querySelector("[data-kb-news]");
const others = root.querySelector("[data-kb-others]");
const base = Number(root.dataset.number);
let published;

for (const button of root.querySelectorAll("[data-kb-picture]")) {
  button.addEventListener("click", () => {
    const text = document.getElementById("text");
    const at = text.selectionStart;
    const words = text.value.slice(at, text.selectionEnd) || button.closest("li").querySelector("img").alt;
    text.setRangeText(`![${words}](${button.dataset.kbPicture})`, at, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  });
}

function tell(article) {
  const parts = [];
  if (base && article.latest > base) {
    parts.push(words.newer.replace("{name}", article.author_name).replace("{number}", article.latest));
  } else if (published !== undefined && article.published && article.published !== published) {
    parts.push(words.published.replace("{number}", article.published));
  }
  published = article.published;
  if (!parts.length) return;
  news.replaceChildren(...parts.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  const path = `${location.pathname}/historia?new=${article.latest}`;
  news.append(Object.assign(document.createElement("a"), { href: path, target: "_blank", rel: "noopener", textContent: words.look }));
}

connect().join(root.dataset.room, {
  snapshot: tell,
  event: (data) => tell(data.article),
  presence(_sockets, { accounts } = {}) {
    others.hidden = !(accounts > 1);
    others.textContent = accounts > 1 ? words.others : "";
  },
});
