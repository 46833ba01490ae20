// Pages of the helpdesk that show one thing: a ticket from either side, or one's own tickets. They follow their rooms.

import { beHere, companyLine, watchCompany } from "./helpdesk-company.js";
import { hands } from "./helpdesk-hands.js";
import { follow } from "./helpdesk-parts.js";

for (const root of document.querySelectorAll("[data-live][data-room]")) {
  follow(root, { page: () => location.pathname + location.search });
}

const ticket = document.querySelector("[data-live=inside]");
if (ticket) {
  hands(ticket);
  const words = JSON.parse(document.getElementById("company-words")?.textContent ?? "null");
  if (words) {
    const me = Number(words.me);
    if (ticket.dataset.works === "yes") beHere(ticket.dataset.number, ticket);
    watchCompany(`helpdesk/ticket/${ticket.dataset.ticket}/company`, me, (_id, people) =>
      companyLine(ticket.querySelector("[data-company-line]"), people, words),
    );
  }
}
