// Decisions of others: nothing moves under the finger, a line says that the list is another one by now.

import { connect } from "./live.js";

const section = document.querySelector("[data-retention]");
const news = section.querySelector("[data-news]");
let known = null;

connect().join("schools/retention", {
  snapshot({ erasures }) {
    const now = erasures.map((one) => `${one.id}.${one.rev}`).join();
    if (known !== null && known !== now) news.hidden = false;
    known = now;
  },
  event() {
    known = "";
    news.hidden = false;
  },
});
