// A vote: counts what is chosen, keeps it in this tab until it is confirmed, and says so while it is not.
//
// The draft never leaves the browser: a draft on the server would tell who chooses what. It stays in this tab
// (sessionStorage), so that the next person at a shared computer does not find it.

import { ranking } from "./dialog-ballots-ranking.js";
import { connect } from "./live.js";

const element = document.getElementById("ballots-words");
const words = JSON.parse(element?.textContent ?? "{}");
const filled = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, name) => values[name]);
const key = (block) => `gryf:ballot:${block}`;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("gryf-ballots") : null;
const number = new Intl.NumberFormat(document.documentElement.lang || "pl");

const read = (block) => {
  try {
    return JSON.parse(sessionStorage.getItem(key(block)));
  } catch {
    return null;
  }
};

const keep = (block, draft) => {
  try {
    if (draft === null) sessionStorage.removeItem(key(block));
    else sessionStorage.setItem(key(block), JSON.stringify(draft));
  } catch {
    // full or forbidden: voting goes on
  }
};

for (const root of document.querySelectorAll("[data-ballot]")) {
  const block = root.dataset.ballot;
  const form = root.querySelector("[data-ballot-form]");
  const confirm = root.querySelector("[data-ballot-confirm]");

  if ("ballotDone" in root.dataset) {
    keep(block, null);
    channel?.postMessage(block);
  } else if (form) choosing(root, block, form);
  else if (!confirm && read(block)) remind(root, block, read(block).path);

  if (form || confirm) {
    let leaving = false;
    (form ?? confirm).addEventListener("submit", () => (leaving = true));
    addEventListener("pageshow", () => (leaving = false));
    addEventListener("beforeunload", (event) => {
      if (!leaving && read(block)) event.preventDefault();
    });
    channel?.addEventListener("message", (event) => {
      if (event.data !== block) return;
      keep(block, null);
      const told = root.querySelector("[data-elsewhere]");
      told.querySelector("[data-elsewhere-text]").textContent = words.elsewhere;
      told.hidden = false;
      for (const button of (form ?? confirm).querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    });
  }
}

function choosing(root, block, form) {
  const method = form.dataset.method;
  const most = Number(form.dataset.most);
  const count = form.querySelector("[data-count]");
  const inputs = [...form.querySelectorAll("[data-option] input")];
  const isChoice = method === "single" || method === "approval";
  const values = () =>
    inputs.filter((one) => (isChoice ? one.checked : one.value.trim())).map((one) => [one.id, isChoice ? "1" : one.value.trim()]);

  const draft = read(block);
  if (draft && values().length === 0) {
    for (const [id, value] of draft.values) {
      const input = document.getElementById(id);
      if (!input || !form.contains(input)) continue;
      if (isChoice) input.checked = true;
      else input.value = value;
    }
    if (values().length) {
      document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: words.restored, kind: "info" } }));
    }
  }

  const tell = () => {
    const chosen = values();
    const sum = method === "points" ? chosen.reduce((all, [, value]) => all + (Number(value) || 0), 0) : chosen.length;
    const text = { points: words.given, ranked: words.ranked }[method] ?? words.chosen;
    count.textContent = filled(text, { n: number.format(sum), most: number.format(most) });
    count.dataset.over = sum > most ? "1" : "0";
  };
  const changed = () => {
    tell();
    const chosen = values();
    keep(block, chosen.length ? { values: chosen, path: location.pathname } : null);
  };
  form.addEventListener("input", changed);
  if (method === "ranked") {
    const said = form.querySelector("[data-ranking-said]");
    ranking(form, (id, about) => (said.textContent = filled(words[id], about)));
  }
  tell();
  if (values().length) changed();
  filtering(form);
}

/** Narrows a long ballot down; what is chosen stays in sight. */
function filtering(form) {
  const bar = form.querySelector("[data-ballot-filter]");
  if (!bar) return;
  bar.hidden = false;
  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/ł/gi, "l").toLowerCase();
  const typed = bar.querySelector("input");
  const district = bar.querySelector("select");
  const draw = () => {
    const wanted = plain(typed.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of form.querySelectorAll(".ballot-group[data-district]")) {
      const here = !district || district.value === "*" || district.value === group.dataset.district;
      let some = false;
      for (const row of group.querySelectorAll("[data-option]")) {
        const input = row.querySelector("input");
        const chosen = input.type === "text" ? input.value.trim() !== "" : input.checked;
        row.hidden = !(chosen || (here && wanted.every((word) => plain(row.textContent).includes(word))));
        some ||= !row.hidden;
        shown += row.hidden ? 0 : 1;
      }
      group.hidden = !some;
    }
    bar.querySelector("[data-shown]").textContent = filled(words.shown, { n: number.format(shown) });
  };
  bar.addEventListener("input", draw);
  typed.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it would send the ballot
  });
}

function remind(root, block, path) {
  const vote = root.querySelector(`a[href="${path}"]`);
  if (!vote) return keep(block, null); // the vote is over, or this person has voted
  const bar = document.createElement("p");
  bar.className = "alert warning ballot-reminder";
  bar.setAttribute("role", "status");
  const text = document.createElement("span");
  text.className = "grow";
  text.textContent = words.unconfirmed;
  const link = document.createElement("a");
  link.className = "btn btn-primary btn-small";
  link.href = path;
  link.textContent = words.go;
  bar.append(text, link);
  root.append(bar);
}

for (const counter of document.querySelectorAll("[data-ballot-room]")) {
  const shown = counter.querySelector("[data-voted]");
  let known = -1; // nothing yet
  const draw = (turnout) => {
    if (turnout.rev <= known) return;
    if (known >= 0 && shown.textContent !== number.format(turnout.voted)) shown.classList.add("changed");
    if (known >= 0) redraw(counter.closest("[data-ballot]"));
    known = turnout.rev;
    shown.textContent = number.format(turnout.voted);
  };
  shown.addEventListener("animationend", () => shown.classList.remove("changed"));
  connect().join(`dialog/ballots/${counter.dataset.ballotRoom}`, {
    snapshot: draw,
    event(event) {
      draw(event.turnout);
    },
  });
}

/** Totals that are shown while people vote: drawn anew by the server, a few seconds later and not all at once. */
function redraw(root) {
  const results = root?.querySelector("[data-ballot-results][data-moving]");
  if (!results || results.dataset.waiting) return;
  results.dataset.waiting = "1";
  setTimeout(async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const fresh = page?.getElementById(root.id)?.querySelector("[data-ballot-results]");
    if (fresh) results.replaceWith(document.adoptNode(fresh));
    else delete results.dataset.waiting; // the next ballot tries again
  }, 2000 + Math.random() * 4000);
}
