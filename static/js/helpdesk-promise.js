// What the requester is promised: the room tells that it is another one, the server says it in words.
//
// <p data-promise-room="…" data-promise-path="…"><span data-promise-words></span></p>
//
// «Today» becomes another word at midnight, and a promise may pass while nobody presses anything: both are asked for.

import { call } from "./api.js";
import { connect } from "./live.js";

const MOST_WAIT_MS = 3_600_000;
const LITTLE_MS = 1_500;

for (const line of document.querySelectorAll("[data-promise-room]")) {
  const words = line.querySelector("[data-promise-words]");
  let waiting = 0;
  let asked = 0;

  const show = async () => {
    const mine = ++asked;
    let told;
    try {
      told = await call("GET", line.dataset.promisePath);
    } catch {
      return; // away, or not to be seen any more: the page itself says so
    }
    if (mine !== asked) return;
    if (words.textContent !== told.words) words.textContent = told.words;
    line.hidden = told.words === "";
    line.dataset.late = told.promise.late ? "yes" : "no";
    again(told.promise.due_at);
  };

  const again = (due) => {
    clearTimeout(waiting);
    const midnight = new Date();
    midnight.setHours(24, 0, 1, 0);
    const moments = [midnight.getTime(), due ? Date.parse(due) + LITTLE_MS : Infinity].map((one) => one - Date.now());
    const next = Math.min(MOST_WAIT_MS, ...moments.filter((one) => one > 0));
    waiting = setTimeout(show, next);
  };

  connect().join(line.dataset.promiseRoom, { snapshot: show, event: show });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) show();
  });
}
