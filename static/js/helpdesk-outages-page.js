// Pages of outages follow their room: what it tells makes the page's parts be drawn anew by the server.
//
//   <div data-outage-live data-room="…" data-weight="revs it was drawn from" [data-outage="7"] [data-notice="7"]>
//     <div data-part="log"> … </div>

import { redrawn } from "./helpdesk-outages-parts.js";
import { connect } from "./live.js";

const root = document.querySelector("[data-outage-live]");

/** The sum of revs and counts of what a snapshot holds, as the page's template sums them; null: it says nothing of it. */
function weigh(data) {
  const lists = ["running", "announced", "past", "current", "planned", "notices"].flatMap((name) => data[name] ?? []);
  const id = root.dataset.outage ?? root.dataset.notice;
  const own = id ? lists.filter((one) => String(one.id) === id) : lists;
  if (id && own.length === 0) return root.dataset.notice ? 0 : null;
  return own.reduce((sum, one) => sum + one.rev + (one.counted ?? 0), 0);
}

function concerns(data) {
  const told = data.outage ?? data.notice;
  const id = root.dataset.outage ?? root.dataset.notice;
  return !id || String(told?.id) === id;
}

if (root?.dataset.room) {
  const soon = redrawn(root);
  let first = true;
  connect().join(root.dataset.room, {
    snapshot(data) {
      const weight = weigh(data);
      if (!first || (weight !== null && weight !== Number(root.dataset.weight))) soon();
      first = false;
    },
    event: (data) => concerns(data) && soon(),
  });
}

document.querySelector("dialog[data-open]")?.showModal();
