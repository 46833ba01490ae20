// The order of the agenda on the clerk's desk: a grip for pointer and finger, ↑ and ↓ on it, and the way back.
//
// An item moves with its sub-items, among the items beside it; what was debated already stays where it is.

import { call } from "./api.js";
import { connect } from "./live.js";
import { redraw } from "./rows.js";

/** `complain(text)` shows what went wrong; "" takes it away. `drawn()` is called after rows have moved. */
export function sortAgenda(list, template, { sessionId, words, complain, drawn }) {
  let items = [];
  let agendaRev = 0;
  let dragging = null; // stops what is being dragged
  let pending = null; // the session's row of an agenda that comes next

  const rowOf = (item) => list.querySelector(`:scope > [data-id="${item.id}"]`);
  const itemOf = (row) => items.find((one) => String(one.id) === row?.dataset.id);
  const lastOf = (order, item) => {
    let place = order.indexOf(item);
    while (order[place + 1]?.depth > item.depth) place += 1;
    return place;
  };
  const branch = (item) => items.slice(items.indexOf(item), lastOf(items, item) + 1);
  const beside = (item) => items.filter((one) => one.depth === item.depth && one.parent_id === item.parent_id && one.state === "waiting");
  const may = (item) => item?.state === "waiting" && beside(item).length > 1;

  /** The order with `item` and its sub-items before or after another one beside it. */
  function moved(item, other, after) {
    const moving = branch(item);
    const rest = items.filter((one) => !moving.includes(one));
    const place = after ? lastOf(rest, other) + 1 : rest.indexOf(other);
    return [...rest.slice(0, place), ...moving, ...rest.slice(place)];
  }

  function draw(order = items) {
    if (order !== items) order.forEach((one) => list.append(rowOf(one)));
    else redraw(list, template, items);
    for (const item of items) {
      const grip = rowOf(item)?.querySelector("[data-grip]");
      if (!grip) continue;
      grip.hidden = !may(item);
      grip.setAttribute("aria-label", words.grip.replace("%", `${item.number}. ${item.title}`));
    }
    drawn();
  }

  async function send(order, { undo = true } = {}) {
    const before = items;
    complain("");
    try {
      const view = await call("PUT", `/api/council/sessions/${sessionId}/agenda`, { agenda_rev: agendaRev, items: order.map(draftOf) });
      learn(view);
      if (undo) offerUndo(before);
      return true;
    } catch (problem) {
      complain(problem.status ? problem.message : words.offline);
      draw();
      return false;
    }
  }

  function offerUndo(before) {
    const rev = agendaRev;
    const press = () => {
      // only the order goes back: what the items say is what they say now
      const known = new Map(items.map((item) => [item.id, item]));
      const order = before.map((item) => known.get(item.id)).filter(Boolean);
      if (rev !== agendaRev || order.length !== items.length) complain(words.tooLate);
      else send(order, { undo: false });
    };
    const detail = { text: words.moved, kind: "info", button: { text: words.undo, press } };
    document.dispatchEvent(new CustomEvent("gryf:say", { detail }));
  }

  function learn({ session, items: rows }) {
    if (session.agenda_rev < agendaRev) return;
    agendaRev = session.agenda_rev;
    items = rows;
    dragging?.();
    draw();
  }

  function drag(item, { pointerId }) {
    const row = rowOf(item);
    let order = items;
    row.classList.add("is-dragged");
    const follow = (event) => {
      if (event.pointerId !== pointerId) return;
      const other = beside(item).find((one) => one !== item && reaches(one, event.clientY));
      if (!other) return;
      const [top, bottom] = heightOf(other);
      const wanted = moved(item, other, event.clientY > (top + bottom) / 2);
      if (wanted.some((one, place) => one !== order[place])) draw((order = wanted));
    };
    const stop = () => {
      dragging = null;
      row.classList.remove("is-dragged");
      document.removeEventListener("pointermove", follow);
      for (const name of ["pointerup", "pointercancel"]) document.removeEventListener(name, drop);
    };
    const drop = (event) => {
      if (event.pointerId !== pointerId) return;
      stop();
      if (event.type === "pointerup" && order.some((one, place) => one !== items[place])) send(order);
      else draw();
    };
    dragging = stop; // somebody else has rewritten the agenda meanwhile: theirs stands
    document.addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, drop);
  }

  function heightOf(item) {
    const rows = branch(item).map(rowOf);
    return [rows[0].getBoundingClientRect().top, rows.at(-1).getBoundingClientRect().bottom];
  }

  function reaches(item, y) {
    const [top, bottom] = heightOf(item);
    return y > top && y < bottom;
  }

  list.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("[data-grip]") && itemOf(event.target.closest("[data-id]"));
    if (!may(item) || event.button !== 0 || dragging) return;
    event.preventDefault();
    event.target.closest("[data-grip]").focus();
    drag(item, event);
  });
  list.addEventListener("keydown", async (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const item = event.target.closest("[data-grip]") && itemOf(event.target.closest("[data-id]"));
    if (!step || !may(item)) return;
    event.preventDefault();
    const near = beside(item);
    const other = near[near.indexOf(item) + step];
    if (other && (await send(moved(item, other, step > 0)))) rowOf(item)?.querySelector("[data-grip]").focus();
  });

  connect().join(`council/session/${sessionId}`, {
    snapshot: learn,
    event: (event) => {
      if (event.type === "SessionChanged" && event.session.agenda_rev > agendaRev) pending = event.session;
      if (event.type === "AgendaItemChanged") {
        items = items.map((one) => (one.id === event.item.id && event.item.rev > one.rev ? event.item : one));
        if (!dragging) draw();
      }
      if (event.type === "AgendaReplaced") {
        learn({ session: pending?.rev === event.session_rev ? pending : { agenda_rev: agendaRev }, items: event.items });
      }
    },
  });
}

function draftOf({ id, title, depth, by_hand: byHand, number, planned_minutes: minutes }) {
  return { id, title, depth, number: byHand ? number : "", minutes };
}
