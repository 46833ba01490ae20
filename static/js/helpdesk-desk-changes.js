// One choice for one ticket or many: a dialog, the API, and the way back.

import { call } from "./api.js";
import { counted } from "./helpdesk-desk-list.js";

const PATH = "/api/helpdesk/desk/changes";

function wantedOf(name, value) {
  if (name === "assign") return { assignee_id: value ? Number(value) : null };
  if (name === "queue") return { queue_id: Number(value) };
  if (name === "priority") return { priority: value ? Number(value) : null };
  const [state, reason] = value.split(":");
  return reason ? { state, pending_reason: reason } : { state };
}

/** What is chosen in the dialog `choose-name`; null: nothing. The focus goes back by itself. */
export function ask(name, many = "") {
  const dialog = document.getElementById(`choose-${name}`);
  dialog.querySelector("[data-how-many]").textContent = many;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => resolve(dialog.returnValue === "yes" ? dialog.querySelector("[name=value]:checked").value : null),
      { once: true },
    );
  });
}

/** `tickets`: [{digits, number, rev}] as they were seen. Resolves to the digits of those that are as it was wanted now. */
export async function change(name, value, tickets, { words, tell }) {
  const numbers = new Map(tickets.map((one) => [one.digits, one.number]));
  const listed = (reasons) => Object.entries(reasons).map(([digits, why]) => `${numbers.get(digits) ?? digits}: ${why}`).join("; ");
  const sent = { tickets: tickets.map(({ digits, rev }) => ({ number: digits, rev })), wanted: wantedOf(name, value) };
  let made;
  try {
    made = await call("POST", PATH, sent);
  } catch (problem) {
    tell(problem.status ? problem.message : words.no_network, "danger");
    return { done: [], signIn: problem.status === 401 };
  }
  const parts = [made.changed.length ? counted(words.changed, made.changed.length) : words.nothing_changed];
  if (!made.changed.length && made.same.length) parts.push(words.same);
  const failed = Object.keys(made.refused).length > 0;
  if (failed) parts.push(`${words.not_changed} ${listed(made.refused)}`);
  const undo = async () => {
    try {
      const done = await call("POST", `${PATH}/${made.change_id}/undo`);
      const said = [counted(words.back, done.back.length)];
      const kept = Object.keys(done.kept).length > 0;
      if (kept) said.push(`${words.not_back} ${listed(done.kept)}`);
      tell(said.join(" "), kept ? "warning" : "success");
    } catch (problem) {
      tell(problem.status ? problem.message : words.no_network, "danger");
    }
  };
  tell(parts.join(" "), failed ? "warning" : "success", made.change_id ? { text: words.undo, press: undo } : null);
  return { done: [...made.changed, ...made.same], signIn: false };
}
