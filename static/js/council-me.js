// A councillor's phone page: the hand that is raised, the agenda that moves. What was pressed without a connection is
// kept on the phone and sent as soon as there is one; asking twice is asking once.

import { call } from "./api.js";
import { connect } from "./live.js";
import { redraw, upsert } from "./rows.js";

const root = document.querySelector("[data-me]");
const words = JSON.parse(document.getElementById("me-words").textContent);
const sessionId = Number(root.dataset.me);
const councillorId = Number(root.dataset.councillor);
const KEPT = `gryf:hand:${sessionId}:${councillorId}`;
const agenda = root.querySelector("[data-agenda]");
const agendaRow = document.querySelector("#agenda-row");
const now = root.querySelector("[data-item=now]");

const live = connect();
live.join(`council/session/${sessionId}`, {
  snapshot: (view) => {
    changed(view.session);
    redraw(agenda, agendaRow, view.items);
    showNow(view.items.find((item) => item.state === "current"));
  },
  event: (event) => {
    if (event.type === "SessionChanged") changed(event.session);
    if (event.type === "AgendaReplaced") redraw(agenda, agendaRow, event.items);
    if (event.type === "AgendaItemChanged") {
      upsert(agenda, agendaRow, event.item);
      if (event.item.state === "current") showNow(event.item);
    }
  },
});

function changed(session) {
  if (session.state !== root.dataset.state) location.reload();
}

function showNow(item) {
  if (!now) return;
  const text = item ? `${item.number}. ${item.title}` : words.noItem;
  if (now.textContent !== text) now.textContent = text;
}

if (root.dataset.state === "live") import("./council-debate.js").then(({ debate }) => raiseHands(debate), reportError);

function raiseHands(debate) {
  const place = root.querySelector("[data-my-place]");
  const problem = root.querySelector("[data-problem]");
  const withdraw = root.querySelector("[data-withdraw]");
  const buttons = [...root.querySelectorAll("[data-ask]")];
  const path = `${debate.base}/speeches/mine`;
  let sending = false;

  function draw() {
    const mine = debate.waiting.find((one) => one.councillor_id === councillorId);
    const speaks = debate.speaking?.councillor_id === councillorId;
    root.classList.toggle("has-floor", speaks);
    const at = debate.waiting.indexOf(mine);
    const waits = mine && `${at === 0 ? words.next : words.place.replace("%", at + 1)} (${words.kinds[mine.kind]})`;
    put(place, [speaks && words.speaking, waits].filter(Boolean).join(". ") || words.none);
    place.classList.toggle("is-mine", Boolean(mine) || speaks);
    withdraw.hidden = !mine;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(mine?.kind === button.dataset.ask));
      button.disabled = mine?.kind === button.dataset.ask;
    }
  }

  function complain(text) {
    problem.textContent = text;
    problem.hidden = !text;
  }

  // the last wish counts: what waits for a connection is replaced by what is pressed after it
  function wish(kind) {
    localStorage.setItem(KEPT, JSON.stringify({ kind, at: Date.now() }));
    send();
  }

  async function send() {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "null");
    if (!kept || sending) return;
    if (Date.now() - kept.at > 10 * 60_000) {
      localStorage.removeItem(KEPT); // the debate has gone on: nobody is put into it by an old wish
      complain("");
      return;
    }
    sending = true;
    let again = false;
    try {
      const { speech } = kept.kind ? await call("PUT", path, { kind: kept.kind }) : await call("DELETE", path);
      complain("");
      if (localStorage.getItem(KEPT) === JSON.stringify(kept)) localStorage.removeItem(KEPT);
      else again = true;
      if (speech) debate.take(speech);
      navigator.vibrate?.(40);
    } catch (fault) {
      if (fault.status && fault.status < 500) {
        localStorage.removeItem(KEPT);
        complain(fault.message);
      } else complain(words.waiting);
    } finally {
      sending = false;
    }
    if (again) send();
  }

  for (const button of buttons) button.addEventListener("click", () => wish(button.dataset.ask));
  withdraw.addEventListener("click", () => wish(""));
  live.addEventListener("state", ({ detail }) => detail === "connected" && send());
  addEventListener("online", send);
  debate.addEventListener("change", draw);
  debate.addEventListener("tone", ({ detail }) => {
    if (detail !== "ok" && debate.speaking?.councillor_id === councillorId) navigator.vibrate?.(detail === "over" ? [200, 100, 200] : 200);
  });
  draw();
  send();
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
