// A ballot that ranks: rows are dragged into the ranking, put there by buttons or the arrow keys, or numbered by hand.
// The numbers are what is sent; rows follow them, but never while somebody types.

import { dragging } from "./dialog-drag.js";

const ROW = "[data-option]";
const SETTLED_MS = 300;
const WHOLE = /^[1-9]\d{0,3}$/;

/** `say(id, values)`: a sentence for the status line. Every change ends with an `input` event of the form. */
export function ranking(form, say) {
  const zone = form.querySelector("[data-ranking]");
  const ranked = zone.querySelector("[data-rows]");
  const rows = [...form.querySelectorAll(ROW)];
  const homes = new Map(rows.map((row) => [row, row.parentElement]));
  const field = (row) => row.querySelector("input");
  const name = (row) => row.querySelector("[data-name]").textContent;
  const inOrder = () => [...ranked.querySelectorAll(ROW)];

  /** Back among the others of its district, where it stood. */
  const home = (row) => {
    const list = homes.get(row);
    const next = rows.slice(rows.indexOf(row) + 1).find((one) => one.parentElement === list);
    list.insertBefore(row, next ?? null);
  };

  /** Tools that fit where each row is. */
  const draw = () => {
    const order = inOrder();
    for (const row of rows) {
      const at = order.indexOf(row);
      row.querySelector("[data-rank=add]").hidden = at >= 0;
      for (const button of row.querySelectorAll("[data-rank=up], [data-rank=down], [data-rank=out]")) button.hidden = at < 0;
    }
    zone.toggleAttribute("data-some", order.length > 0);
  };

  /** Rows that were numbered by hand go where their numbers say. Numbers that cannot be right stay for the server to name. */
  const follow = () => {
    const numbered = rows.filter((row) => field(row).value.trim());
    const numbers = numbered.map((row) => field(row).value.trim());
    if (!numbers.every((one) => WHOLE.test(one)) || new Set(numbers).size !== numbers.length) return;
    numbered.sort((one, other) => Number(field(one).value) - Number(field(other).value));
    const order = inOrder();
    if (numbered.length !== order.length || numbered.some((row, at) => row !== order[at])) ranked.append(...numbered);
    for (const row of order) if (!numbered.includes(row)) home(row);
    draw();
  };

  /** After a row was put somewhere: numbers are written anew. What was numbered by hand and stands outside comes last. */
  const number = (moved) => {
    const waiting = rows.filter((row) => row !== moved && row.parentElement !== ranked && WHOLE.test(field(row).value.trim()));
    ranked.append(...waiting.sort((one, other) => Number(field(one).value) - Number(field(other).value)));
    if (moved.parentElement !== ranked) home(moved);
    const order = inOrder();
    for (const row of rows) field(row).value = order.includes(row) ? String(order.indexOf(row) + 1) : "";
    draw();
    const at = order.indexOf(moved);
    if (at < 0) say("out", { text: name(moved) });
    else say("placed", { text: name(moved), place: at + 1, all: order.length });
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const act = (row, what, focus) => {
    const order = inOrder();
    const at = order.indexOf(row);
    if (what === "add") ranked.append(row);
    else if (what === "out") home(row);
    else if (what === "up" && at > 0) order[at - 1].before(row);
    else if (what === "down" && at < order.length - 1) order[at + 1].after(row);
    number(row);
    (focus.hidden ? field(row) : focus).focus();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-rank]");
    if (button) act(button.closest(ROW), button.dataset.rank, button);
  });
  form.addEventListener("keydown", (event) => {
    const row = event.target.matches("input") && event.target.closest(ROW);
    if (!row || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const outside = row.parentElement !== ranked;
    if (outside && event.key === "ArrowDown") return;
    act(row, outside ? "add" : event.key === "ArrowUp" ? "up" : "down", event.target);
  });
  form.addEventListener("focusout", (event) => {
    if (!event.target.matches(`${ROW} input`)) return;
    setTimeout(() => form.querySelector(`${ROW} :focus`) ?? follow(), SETTLED_MS); // nothing moves under a press
  });
  dragging(form, { row: ROW, grip: ".drag-grip", list: "[data-rows]", zone: ".ballot-group", done: number });

  zone.hidden = false;
  for (const tools of form.querySelectorAll("[data-rank-tools], .ballot-option .drag-grip")) tools.hidden = false;
  follow();
  draw();
}
