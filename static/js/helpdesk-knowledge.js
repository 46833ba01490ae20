// The page of an article: prints, and tells when another version is read.

import { connect } from "./live.js";

const root = document.querySelector("[data-kb-article]");
const words = JSON.parse(document.getElementById("kb-article-words").textContent);
const news = root.querySelector("[data-kb-news]");
const shown = Number(root.dataset.number);

const print = root.querySelector("[data-kb-print]");
print.hidden = false;
print.addEventListener("click", () => window.print());

function tell(number) {
  if (number === shown) return news.replaceChildren();
  const text = Object.assign(document.createElement("span"), { textContent: number ? words.newer : words.gone });
  news.replaceChildren(text);
  if (number) news.append(Object.assign(document.createElement("a"), { href: location.pathname, textContent: words.show }));
}

connect().join(root.dataset.room, {
  snapshot: (data) => tell(data.number),
  event: (data) => tell(data.article.number),
  refused(problem) {
    if (problem.status === 404) tell(0);
  },
});
