// Alerts of a school or of a class: they come and go by themselves, are settled by a press, and say who has seen them.

import { call } from "./api.js";
import { connect } from "./live.js";
import { clockText } from "./rows.js";
import { filled } from "./schools-dashboard-cells.js";

const SEEN_MS = 1_500; // what was on the screen for so long was seen

const words = JSON.parse(document.getElementById("dashboard-words").textContent);
for (const box of document.querySelectorAll("[data-alerts]")) follow(box);

function follow(box) {
  const open = box.querySelector("ul");
  const over = box.querySelector("[data-over-list]");
  const template = box.querySelector("template");
  const problem = box.querySelector("[data-alerts-problem]");
  const counter = document.querySelector("[data-open-count]");
  const address = `/api/schools/${box.dataset.school}/alerts`;
  const unseen = new Set([...open.children].map((row) => Number(row.dataset.id)));
  let timer = 0;

  const count = () => {
    const n = open.children.length;
    counter.textContent = n;
    counter.classList.toggle("danger", n > 0);
    box.querySelector("[data-no-alerts]").hidden = n > 0;
    box.querySelector("[data-over]").hidden = over.children.length === 0;
    box.querySelector("[data-over-count]").textContent = over.children.length;
  };

  const draw = (alert) => {
    const known = box.querySelector(`[data-id="${alert.id}"]`);
    if (known && Number(known.dataset.rev) >= alert.rev) return;
    const row = known ?? template.content.firstElementChild.cloneNode(true);
    const state = alert.settled_at ? "settled" : alert.gone_at ? "gone" : "open";
    const place = { class: alert.class_name, subject: alert.subject, period: alert.period, staff: alert.staff };
    const said = { settled: filled(words.settled_by, { name: alert.settled_by }), gone: words[`gone_${alert.kind}`], open: "" };
    Object.assign(row.dataset, { id: alert.id, rev: alert.rev, state });
    put(row, "text", filled(words[`alert_${alert.kind}`], { ...place, pupil: alert.pupil, time: clockText(alert.since) }));
    put(row, "state", said[state]);
    put(row, "seen", alert.seen.length ? filled(words.seen_by, { names: alert.seen.map((one) => one.name).join(", ") }) : "");
    const press = row.querySelector("[data-settle]");
    press.hidden = state === "gone";
    press.textContent = state === "settled" ? words.reopen : words.settle;
    press.classList.toggle("btn-secondary", state === "open");
    press.classList.toggle("btn-quiet", state !== "open");
    const list = state === "open" ? open : over;
    if (row.parentElement !== list) {
      const focused = row.contains(document.activeElement);
      list.prepend(row);
      if (focused) (open.querySelector("[data-settle]") ?? box.querySelector("summary")).focus();
    }
    if (state === "open" && !known) unseen.add(alert.id);
    count();
    look();
  };

  const look = () => {
    clearTimeout(timer);
    if (unseen.size === 0 || !box.dataset.room) return;
    timer = setTimeout(async () => {
      if (document.visibilityState !== "visible") return;
      const ids = [...unseen];
      unseen.clear();
      await call("POST", `${address}/seen`, { ids }).catch(() => ids.forEach((id) => unseen.add(id)));
    }, SEEN_MS);
  };
  document.addEventListener("visibilitychange", look);

  box.addEventListener("click", async (event) => {
    const press = event.target.closest("[data-settle]");
    if (!press) return;
    const row = press.closest("[data-id]");
    problem.hidden = true;
    press.disabled = true;
    try {
      draw(await call("POST", `${address}/${row.dataset.id}/settle`, { settled: row.dataset.state === "open" }));
    } catch (fault) {
      problem.textContent = fault.message;
      problem.hidden = false;
    }
    press.disabled = false;
  });

  if (box.dataset.room) {
    connect().join(box.dataset.room, {
      snapshot: (view) => [...view.alerts].reverse().forEach(draw),
      event: (data) => draw(data.alert),
    });
  }
  look();
}

function put(row, name, text) {
  row.querySelector(`[data-part="${name}"]`).textContent = text;
}
