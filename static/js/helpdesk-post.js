// The list of letters: a pill tells of letters that were set aside meanwhile; the list itself does not jump.

import { connect } from "./live.js";

const list = document.querySelector("[data-letters]");
const words = JSON.parse(document.getElementById("letters-words").textContent);
const shown = Number(list.dataset.newest);

function take({ newest }) {
  const news = list.querySelector("[data-news]");
  if (newest <= shown || !news.hidden) return;
  news.hidden = false;
  list.querySelector("[data-said]").textContent = words.news;
}

connect().join("helpdesk/post", { snapshot: take, event: take });
