// The header's counter of unread messages: one room for each school of the account. [data-messages]: the link, with the
// words in data-words ("{n} unread").

import { call } from "./api.js";
import { connect } from "./live.js";

const link = document.querySelector("[data-messages]");
if (link) follow(link);

async function follow(place) {
  let schools;
  try {
    ({ schools } = await call("GET", "/api/schools"));
  } catch {
    return; // signed out meanwhile, or no network: the page says so itself
  }
  const unread = new Map(schools.map((one) => [one.school_id, new Set()]));
  const draw = () => {
    const all = [...unread.values()].reduce((sum, one) => sum + one.size, 0);
    const first = [...unread].find(([, one]) => one.size > 0)?.[0] ?? schools[0]?.school_id;
    place.hidden = schools.length === 0;
    if (first) place.href = `/schools/${first}/messages`;
    const number = place.querySelector("[data-unread]");
    number.textContent = all > 99 ? "99+" : String(all);
    number.hidden = all === 0;
    place.setAttribute("aria-label", place.dataset.words.replace("{n}", all));
  };
  const live = connect();
  for (const { school_id: id } of schools) {
    const revs = new Map();
    live.join(`school/${id}/inbox/${place.dataset.messages}`, {
      snapshot(data) {
        unread.set(id, new Set(data.unread));
        revs.clear();
        draw();
      },
      event({ thread }) {
        if ((revs.get(thread.id) ?? 0) > thread.rev) return;
        revs.set(thread.id, thread.rev);
        if (thread.unread) unread.get(id).add(thread.id);
        else unread.get(id).delete(thread.id);
        draw();
      },
      refused() {
        unread.get(id).clear();
        draw();
      },
    });
  }
  draw();
}
