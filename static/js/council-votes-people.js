// The attendance list at the desk: arrows choose a councillor, a digit marks; quorum is counted live.

import { call } from "./api.js";
import { drawMember, drawMembers, drawQuorum } from "./council-votes-view.js";

const KEYS = { 1: "present", 2: "late", 3: "left", 4: "absent" };

export function mount({ words, ledger }) {
  const root = document.querySelector("[data-votes-people]");
  const list = root.querySelector("[data-members]");
  const template = root.querySelector("template[data-member]");
  const problem = root.querySelector("[data-problem]");
  const base = `/api/council/sessions/${words.session}/attendance`;

  const complain = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };
  const draw = ({ kind, row }) => {
    drawQuorum(root.querySelector("[data-quorum]"), ledger.quorum, words);
    if (!list) return;
    const known = kind === "member" && list.querySelector(`:scope > [data-id="${row.councillor_id}"]`);
    if (known) drawMember(known, row, words);
    else if (kind === "all" || kind === "member") drawMembers(list, template, ledger.members.values(), words);
    else return;
    keepOneTabStop(list);
  };
  ledger.addEventListener("change", ({ detail }) => draw(detail));
  if (ledger.known) draw({ kind: "all" });
  if (!list || !words.mayMark) return;

  const mark = async (row, state) => {
    complain("");
    row.setAttribute("aria-busy", "true");
    try {
      const member = await call("PUT", `${base}/${row.dataset.id}`, { state });
      if (member.rev >= Number(row.dataset.rev || 0)) drawMember(row, member, words);
    } catch (failure) {
      complain(failure.status ? failure.message : words.offline);
    } finally {
      row.removeAttribute("aria-busy");
    }
  };
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set]");
    if (!button) return;
    const row = button.closest("[data-id]");
    makeTabStop(list, row);
    mark(row, button.dataset.set);
  });
  walkable(list, (row, key) => KEYS[key] && mark(row, KEYS[key]));
  root.querySelector("[data-all]")?.addEventListener("click", async (event) => {
    const button = event.currentTarget;
    complain("");
    button.disabled = true;
    try {
      await call("POST", `${base}/all`);
    } catch (failure) {
      complain(failure.status ? failure.message : words.offline);
    } finally {
      button.disabled = false;
    }
  });
  // opened by its key or by hand: the first line has the focus
  const details = root.querySelector("[data-list]");
  details?.querySelector("summary").addEventListener("click", (event) => {
    if (!event.isTrusted && details.open) event.preventDefault(); // its key leads into the list and closes nothing
    setTimeout(() => details.open && focusRow(list, list.querySelector("[data-id]")));
  });
}

/** Rows of `list` are one stop of the tab key; arrows, Home and End walk between them; other keys act on the row. */
export function walkable(list, act) {
  keepOneTabStop(list);
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("[data-id]");
    if (!row) return;
    const rows = [...list.querySelectorAll(":scope > [data-id]")];
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      focusRow(list, rows[Math.max(0, Math.min(rows.length - 1, to))]);
    } else if (act(row, event.key)) {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

function focusRow(list, row) {
  if (!row) return;
  makeTabStop(list, row);
  const buttons = visibleButtons(row);
  (buttons.find((button) => button.getAttribute("aria-pressed") === "true") ?? buttons[0] ?? row).focus();
}

function visibleButtons(row) {
  return [...row.querySelectorAll("button")].filter((button) => !button.closest("[hidden]"));
}

function makeTabStop(list, row) {
  for (const button of list.querySelectorAll("button")) button.tabIndex = button.closest("[data-id]") === row ? 0 : -1;
}

/** Where the tab key enters: the row that has the focus or had it, else the first that can be acted on. */
export function keepOneTabStop(list) {
  const rows = [...list.querySelectorAll(":scope > [data-id]")];
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("[data-id]") : null;
  const usable = (row) => row && visibleButtons(row).length > 0;
  const before = list.querySelector("button[tabindex='0']")?.closest("[data-id]");
  const stop = focused ?? (usable(before) ? before : rows.find(usable));
  if (stop) makeTabStop(list, stop);
}
