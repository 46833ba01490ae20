// A consultation's page as it changes: phases begin and end by the second, blocks come and go.
//
// States of phases and the time that is left change in place. What a phase holds is drawn by the server: the page loads
// itself anew, unless somebody is typing; then it says so and waits to be pressed. A crowd does not come back at once.

import { connect } from "./live.js";

const SPREAD_MS = 2500;
const root = document.querySelector("[data-consultation][data-live]");
const words = JSON.parse(document.getElementById("dialog-words")?.textContent ?? "{}");
const language = document.documentElement.lang || "pl";

if (root) {
  const known = new Map([[0, Number(root.dataset.rev || 0)]]);
  const skew = new Date(root.dataset.now).getTime() - Date.now(); // until the room's snapshot says it better
  let offsetMs = skew;
  let waiting = 0;

  const alone = root.dataset.live === "phase"; // one block on a page of its own: its part tells of everything but its phase
  if (alone) known.set(`phase/${root.dataset.phase}`, Number(root.dataset.phaseRev));
  for (const phase of root.querySelectorAll("[data-phase]")) known.set(`phase/${phase.dataset.phase}`, Number(phase.dataset.rev));
  for (const block of root.querySelectorAll(".dialog-block[data-block]")) known.set(`block/${block.dataset.block}`, Number(block.dataset.rev));

  const isDirty = () =>
    [...root.querySelectorAll("form")].some((form) =>
      [...form.elements].some((field) =>
        field.type === "checkbox" || field.type === "radio"
          ? field.checked !== field.defaultChecked
          : field.tagName === "SELECT"
            ? [...field.options].some((option) => option.selected !== option.defaultSelected && field.selectedIndex > 0)
            : "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue,
      ),
    ) || root.querySelector("[data-busy]") !== null;

  const bar = root.querySelector("[data-changed]");
  bar?.querySelector("[data-reload]").addEventListener("click", () => location.reload());

  const offer = (text) => {
    if (!bar) return;
    bar.querySelector("[data-changed-text]").textContent = text;
    bar.hidden = false;
  };

  /** Draws the page anew, soon; what is being typed is never taken away. */
  const renew = (text) => {
    if (isDirty() || document.activeElement?.closest?.("form textarea, form input")) {
      offer(text);
      return;
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => (isDirty() ? offer(text) : location.reload()), 300 + Math.random() * SPREAD_MS);
  };

  const now = () => Date.now() + offsetMs;

  const setState = (element, state) => {
    if (element.dataset.state === state) return false;
    element.dataset.state = state;
    for (const part of element.querySelectorAll("[data-shown-in]")) part.hidden = part.dataset.shownIn !== state;
    return true;
  };

  const stateOf = (element) => {
    if (root.dataset.state === "cancelled") return "ended";
    if (now() < Date.parse(element.dataset.starts)) return "coming";
    return now() < Date.parse(element.dataset.ends) ? "running" : "ended";
  };

  const relative = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  const left = (moment) => {
    const seconds = Math.round((Date.parse(moment) - now()) / 1000);
    const size = Math.abs(seconds);
    if (size < 90) return relative.format(seconds, "second");
    if (size < 5400) return relative.format(Math.round(seconds / 60), "minute");
    if (size < 129600) return relative.format(Math.round(seconds / 3600), "hour");
    return relative.format(Math.round(seconds / 86400), "day");
  };

  /** Every phase's words; returns the ms until the next change that is worth a look. */
  const tick = () => {
    let pause = 60_000;
    for (const phase of root.querySelectorAll(".phase")) {
      setState(phase, stateOf(phase));
      for (const part of phase.querySelectorAll("[data-count]")) part.textContent = left(phase.dataset[part.dataset.count]);
      for (const moment of [phase.dataset.starts, phase.dataset.ends]) {
        const rest = Date.parse(moment) - now();
        if (rest > 0) pause = Math.min(pause, rest < 90_000 ? 1000 - (now() % 1000) : rest);
      }
    }
    setTimeout(tick, Math.max(200, pause));
  };
  tick();

  const formatter = new Intl.DateTimeFormat(language, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: document.documentElement.dataset.timeZone || undefined,
  });

  /** Whether the phase's row is news. */
  const drawPhase = (row) => {
    const element = root.querySelector(`.phase[data-phase="${row.id}"]`);
    if (alone && Number(root.dataset.phase) === row.id) return isNews(`phase/${row.id}`, row.rev);
    if (!element || Number(element.dataset.rev) >= row.rev) return false;
    Object.assign(element.dataset, { rev: row.rev, starts: row.starts_at, ends: row.ends_at });
    element.querySelector(".phase-title").textContent = row.title;
    const end = element.querySelector("[data-end]");
    if (end.getAttribute("datetime") !== row.ends_at && Date.parse(end.getAttribute("datetime")) !== Date.parse(row.ends_at)) {
      end.setAttribute("datetime", row.ends_at);
      end.textContent = formatter.format(new Date(row.ends_at));
    }
    setState(element, stateOf(element));
    return true;
  };

  const isNews = (key, rev) => {
    if ((known.get(key) ?? 0) >= rev) return false;
    known.set(key, rev);
    return true;
  };

  connect().join(`dialog/${root.dataset.consultation}`, {
    snapshot(view) {
      offsetMs = Date.parse(view.now) - Date.now();
      const plan = view.blocks.some((row) => known.has(`block/${row.id}`) && isNews(`block/${row.id}`, row.rev));
      const phases = view.phases.filter(drawPhase).length > 0;
      const stale = view.consultation.rev > known.get(0);
      known.set(0, Math.max(known.get(0), view.consultation.rev));
      if (phases || (!alone && (plan || stale))) renew(words.changed);
    },
    event(event) {
      if (event.type === "ConsultationChanged" && isNews(0, event.consultation.rev)) {
        root.dataset.state = event.consultation.state;
        if (event.consultation.state === "cancelled") renew(words.cancelled);
        else if (!alone) renew(words.changed);
      } else if (event.type === "PlanReplaced" && isNews(0, event.consultation_rev)) {
        if (!alone) event.phases.forEach(drawPhase);
        if (!alone) renew(words.changed);
      } else if (event.type === "PhaseChanged") {
        if (!alone) drawPhase(event.phase);
      } else if (event.type === "PhaseBegun" || event.type === "PhaseEnded") {
        if (drawPhase(event.phase)) {
          renew((event.type === "PhaseBegun" ? words.begun : words.ended).replace("%", event.phase.title));
        }
      } else if (event.type === "BlockChanged") {
        const shown = root.querySelector(`[data-block="${event.block.id}"]`) !== null;
        if (isNews(`block/${event.block.id}`, event.block.rev) && shown && !alone) renew(words.changed);
      }
    },
  });
}
