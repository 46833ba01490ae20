// Over the agents' list: what does not work for many right now, with how many have said so.

import { connect } from "./live.js";

const list = document.querySelector("[data-outages-desk]");
const template = document.getElementById("outages-desk-line");
const rows = new Map();

function draw() {
  const words = JSON.parse(document.getElementById("outages-desk-words").textContent);
  list.hidden = rows.size === 0;
  const lines = [...rows.values()].map((one) => {
    const line = template.content.firstElementChild.cloneNode(true);
    line.querySelector("a").href = list.dataset.link + one.id;
    line.querySelector("span").textContent = words.line
      .replace("{title}", () => one.title)
      .replace("{people}", one.people)
      .replace("{tickets}", one.tickets);
    return line;
  });
  if (lines.map((one) => one.textContent).join("") === list.textContent) return;
  list.replaceChildren(...lines);
}

if (list) {
  connect().join("helpdesk/outages", {
    snapshot(data) {
      rows.clear();
      for (const one of data.running) rows.set(one.id, one);
      draw();
    },
    event({ outage }) {
      const known = rows.get(outage.id);
      if (known && (known.rev > outage.rev || (known.rev === outage.rev && known.counted > outage.counted))) return;
      if (outage.state === "running") rows.set(outage.id, outage);
      else rows.delete(outage.id);
      draw();
    },
  });
}
