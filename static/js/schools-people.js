// Lists and cards of the office follow what a colleague changes meanwhile. A row of a list: [data-person="pupil/12"] with
// [data-rev], its name in [data-name] and its class in [data-place]; a card is [data-card="pupil/12"]. What is not on the
// page, and what a card's own forms would overwrite, is told in [data-people-news] and never changed under the hand.

import { connect } from "./live.js";

const root = document.querySelector("[data-people]");
if (root) follow(root);

function follow(place) {
  const news = place.querySelector("[data-people-news]");
  const words = news.querySelector("[data-people-words]");
  const card = document.querySelector("[data-card][data-rev]"); // the news have words of this name
  const elsewhere = new Set();

  const tell = (text) => {
    words.textContent = text;
    news.hidden = false;
  };
  const take = (person, by) => {
    const key = `${person.kind}/${person.id}`;
    if (card?.dataset.card === key) {
      if (person.rev > Number(card.dataset.rev)) tell(news.dataset.card.replace("{name}", by || "?"));
      return;
    }
    const row = document.querySelector(`[data-person="${key}"]`);
    if (row === null) {
      if (by && !card && person.kind === news.dataset.kind) {
        elsewhere.add(key);
        tell(news.dataset.list.replace("{n}", elsewhere.size));
      }
      return;
    }
    if (person.rev <= Number(row.dataset.rev)) return;
    row.dataset.rev = person.rev;
    put(row.querySelector("[data-name]"), person.name);
    put(row.querySelector("[data-place]"), person.gone ? "–" : person.place);
  };
  news.querySelector("button").addEventListener("click", () => location.reload());
  connect().join(`school/${place.dataset.people}/people`, {
    snapshot: ({ people }) => people.forEach((one) => take(one, "")),
    event: ({ person, by }) => take(person, by),
  });
}

function put(cell, text) {
  if (!cell || cell.textContent === text || (text === "" && cell.children.length > 0)) return;
  cell.textContent = text;
  cell.classList.add("news");
  setTimeout(() => cell.classList.remove("news"), 4_000);
}
