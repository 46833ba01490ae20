// The captioners' queue: whatever changes in it is drawn by the server, a moment later; nothing jumps while somebody
// works in the list.

import { connect } from "./live.js";

const list = document.querySelector("[data-queue]");
let timer = 0;

connect().join("council/captions", {
  snapshot: ({ rows }) => rows.some(isNews) && redrawSoon(),
  event: ({ row }) => row && isNews(row) && redrawSoon(),
});

function isNews(row) {
  const known = list?.querySelector(`[data-id="${row.session_id}"]`);
  return !known || Number(known.dataset.rev) < row.rev;
}

function redrawSoon() {
  clearTimeout(timer);
  timer = setTimeout(redraw, 400);
}

async function redraw() {
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok) {
    timer = setTimeout(redraw, 5000);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const selector of ["[data-queue]", ".queue-finding"]) {
    const [before, after] = [document.querySelector(selector), fresh.querySelector(selector)];
    if (!before || !after) continue;
    const focused = before.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    before.replaceChildren(...after.childNodes);
    if (focused) before.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
  }
}
