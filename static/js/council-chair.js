// The chair's screen: the item above, the queue's buttons, and nothing that needs the clerk's desk.

import { connect } from "./live.js";

const root = document.querySelector("[data-chair]");
const sessionId = Number(root.dataset.chair);
const now = root.querySelector("[data-item=now]");
const next = root.querySelector("[data-item=next]");
if (root.dataset.state === "live") import("./council-debate-desk.js").then(follow, reportError);
else connect().join(`council/session/${sessionId}`, { snapshot: (view) => changed(view.session), event: (event) => event.session && changed(event.session) });

function changed(session) {
  if (session.state !== root.dataset.state) location.reload();
}

async function follow() {
  const { debate } = await import("./council-debate.js");
  debate.addEventListener("items", ({ detail }) => showItems(detail));
  connect().join(`council/session/${sessionId}`, {
    snapshot: (view) => {
      changed(view.session);
      showItems(view.items);
    },
    event: (event) => event.session && changed(event.session),
  });
}

function showItems(items) {
  const place = items.findIndex((item) => item.state === "current");
  const following = items.slice(place + 1).find((item) => item.state === "waiting");
  if (place >= 0) put(now, nameOf(items[place]));
  next.hidden = !following;
  if (following) put(next.querySelector("[data-item-text]"), nameOf(following));
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function nameOf(item) {
  return `${item.number}. ${item.title}`;
}
