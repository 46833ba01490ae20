// The page of what is due: warnings come to the top, and a pill tells of tickets that are not in the list yet.

import { connect } from "./live.js";
import { whenText } from "./helpdesk-clocks.js";

const words = JSON.parse(document.getElementById("sla-told").textContent);
const template = document.getElementById("sla-alarm");
const MOST = 12;

function rowOf(alarm) {
  const row = template.content.firstElementChild.cloneNode(true);
  const part = (name) => row.querySelector(`[data-part="${name}"]`);
  row.dataset.alarm = alarm.id;
  part("link").href = `/pomoc/obsluga/${alarm.number.replace(/\D/g, "")}`;
  part("number").textContent = alarm.number;
  part("subject").textContent = alarm.subject;
  part("word").textContent = words[`${alarm.measure}_${alarm.kind}`];
  part("at").dateTime = alarm.at;
  part("at").textContent = whenText(alarm.at, Date.now());
  return row;
}

function follow(section) {
  const list = section.querySelector("[data-clocks-told]");
  const queue = section.dataset.clocksQueue;
  const add = (alarm) => {
    if (list.querySelector(`[data-alarm="${alarm.id}"]`)) return;
    list.prepend(rowOf(alarm));
    while (list.children.length > MOST) list.lastElementChild.remove();
    section.querySelector("[data-clocks-calm]").hidden = true;
  };
  connect().join(`helpdesk/alarms/${queue}`, {
    snapshot(view) {
      view.alarms.slice(0, MOST).reverse().forEach(add);
    },
    event(event) {
      add(event.alarm);
    },
  });
  connect().join(`helpdesk/clocks/${queue}`, {
    event({ type, ticket }) {
      const isThere = section.querySelector(`[data-clocks-ticket="${ticket.ticket_id}"]`);
      if (!isThere && type === "ClocksChanged" && ticket.clocks.length) section.querySelector("[data-clocks-new]").hidden = false;
    },
  });
}

document.querySelectorAll("[data-clocks-queue]").forEach(follow);
