// The clerk's vote: prepare from the current item, open, follow who has not voted yet, close, see the result.

import { call } from "./api.js";
import { fill } from "./rows.js";
import { keepOneTabStop, walkable } from "./council-votes-people.js";
import { drawVote, kindText, said, setText } from "./council-votes-view.js";
import { countForm } from "./council-votes-paper.js";

const KEYS = { 1: "for", 2: "against", 3: "abstain", 0: null };

export function mount({ words, live, ledger }) {
  const root = document.querySelector("[data-votes-desk]");
  const base = `/api/council/sessions/${words.session}/votes`;
  const problem = root.querySelector("[data-problem]");
  const complain = (text, place = problem) => {
    place.textContent = text;
    place.hidden = !text;
  };
  // says what went wrong beside the form it belongs to; returns what the server answered, or null
  const act = async (work, { button = null, form = null } = {}) => {
    const place = form?.querySelector("[data-field-problem]") ?? problem;
    complain("");
    complain("", place);
    if (button) button.disabled = true;
    try {
      return (await work()) ?? true;
    } catch (failure) {
      complain(failure.status ? failure.message : words.offline, failure.status === 422 ? place : problem);
      return null;
    } finally {
      if (button) button.disabled = false;
    }
  };

  const desk = { root, words, ledger, base, act };
  desk.count = countForm(desk);
  const parts = [openVote(desk), drafts(desk), lastResult(desk), withheldVotes(desk)];
  newVote(desk, live);
  const draw = () => parts.forEach((part) => part());
  ledger.addEventListener("change", draw);
  if (ledger.known) draw();
}

function newVote({ root, words, ledger, base, act }, live) {
  const form = root.querySelector("[data-new-vote]");
  if (!form) return;
  const title = form.elements.title;
  let current = null;
  let suggested = title.value;
  live.join(`council/session/${words.session}`, {
    snapshot: (view) => follow(view.items.find((item) => item.state === "current")),
    event: (event) => {
      if (event.type === "AgendaItemChanged" && event.item.state === "current") follow(event.item);
      if (event.type === "AgendaReplaced") follow(event.items.find((item) => item.state === "current"));
    },
  });
  // the title follows the agenda until somebody writes a title of their own
  function follow(item) {
    if (!item) return;
    current = item;
    if (title.value.trim() === "" || title.value === suggested) {
      suggested = item.title;
      title.value = item.title;
    }
  }
  const offerPaper = () => {
    const { secret, paper } = form.elements;
    form.querySelector("[data-paper-choice]").hidden = !secret.checked;
    form.querySelector("[data-candidates-field]").hidden = !secret.checked || !paper.checked;
  };
  form.addEventListener("change", offerPaper);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    const draft = {
      title: title.value,
      majority: form.elements.majority.value,
      secret: form.elements.secret.checked,
      item_id: current?.id ?? null,
      paper: form.elements.secret.checked && form.elements.paper.checked,
      candidates: form.elements.secret.checked && form.elements.paper.checked ? form.elements.candidates.value.split("\n") : [],
    };
    act(async () => {
      const vote = await call("POST", base, draft);
      for (const name of ["secret", "paper"]) form.elements[name].checked = false;
      form.elements.candidates.value = "";
      offerPaper();
      form.elements.majority.selectedIndex = 0;
      if (button?.value === "open") await call("POST", `${base}/${vote.id}/open`);
    }, { button, form });
  });
  ledger.addEventListener("change", () => {
    form.hidden = ledger.open() !== null;
  });
}

function drafts({ root, words, ledger, base, act }) {
  const list = root.querySelector("[data-drafts]");
  const template = root.querySelector("template[data-draft]");
  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const id = button?.closest("[data-id]").dataset.id;
    if (button?.matches("[data-open]")) act(() => call("POST", `${base}/${id}/open`), { button });
    if (button?.matches("[data-remove]")) act(() => call("DELETE", `${base}/${id}`), { button });
  });
  return () => {
    const rows = ledger.list().filter(({ vote }) => vote.state === "draft");
    list.replaceChildren(
      ...rows.map(({ vote }) => {
        const row = fill(template.content.firstElementChild.cloneNode(true), vote);
        const repeats = vote.repeats_id ? ` · ${said(words.repeats, ledger.votes.get(vote.repeats_id)?.vote.number ?? "", vote.reason)}` : "";
        setText(row.querySelector("[data-kind]"), kindText(vote, words) + repeats);
        row.querySelector("[data-open]").hidden = !words.mayOpen || ledger.open() !== null;
        return row;
      }),
    );
    list.hidden = rows.length === 0;
  };
}

function openVote({ root, words, ledger, base, act, count }) {
  const panel = root.querySelector("[data-open-vote]");
  const entries = panel.querySelector("[data-entry-list]");
  const template = panel.querySelector("template[data-entry]");
  const cancel = panel.querySelector("[data-cancel]");
  const id = () => ledger.open()?.vote.id;
  const close = panel.querySelector("[data-close]");
  close?.addEventListener("click", () => act(() => call("POST", `${base}/${id()}/close`), { button: close }));
  cancel?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const reason = cancel.elements.reason.value;
    const done = await act(() => call("POST", `${base}/${id()}/cancel`, { reason }), { button: event.submitter, form: cancel });
    if (!done) return;
    cancel.reset();
    cancel.closest("details").open = false;
  });
  const enter = (row, choice) => act(() => call("PUT", `${base}/${id()}/ballots/${row.dataset.id}`, { choice }));
  entries?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-enter]");
    if (button) enter(button.closest("[data-id]"), button.getAttribute("aria-pressed") === "true" ? null : button.dataset.enter);
  });
  if (entries) walkable(entries, (row, key) => key in KEYS && !row.querySelector("[data-entry-buttons]").hidden && enter(row, KEYS[key]));

  return () => {
    const named = ledger.open();
    const opened = named !== null && panel.hidden;
    panel.hidden = named === null;
    if (!named) return;
    const { vote, voters } = named;
    count?.show(vote, panel.querySelector("[data-count-open]"));
    if (close) close.hidden = vote.paper;
    panel.querySelector(".vote-count").hidden = vote.paper;
    if (opened) requestAnimationFrame(() => showTop(root));
    fill(panel, vote);
    setText(panel.querySelector("[data-kind]"), kindText(vote, words));
    const progress = panel.querySelector("[data-progress]");
    progress.hidden = vote.paper;
    progress.max = Math.max(vote.entitled, 1);
    progress.value = vote.voted;
    const inRoom = (voter) => ["present", "late"].includes(ledger.members.get(voter.councillor_id)?.state);
    const missing = voters.filter((voter) => !voter.voted && inRoom(voter));
    setText(panel.querySelector("[data-not-yet]"), vote.paper ? "" : missing.length ? said(words.notYet, missing.map((voter) => voter.name).join(", ")) : words.everybody);
    if (!entries) return;
    const details = panel.querySelector("[data-entries]");
    details.hidden = vote.secret;
    const rows = voters.map((voter) => {
      const row = entries.querySelector(`:scope > [data-id="${voter.councillor_id}"]`) ?? template.content.firstElementChild.cloneNode(true);
      return drawEntry(row, voter, { words, here: inRoom(voter) });
    });
    rows.forEach((row, place) => {
      if (entries.children[place] !== row) entries.insertBefore(row, entries.children[place] ?? null);
    });
    while (entries.children.length > rows.length) entries.lastElementChild.remove();
    keepOneTabStop(entries);
  };
}

// Where the column scrolls by itself the page stays as it is.
function showTop(root) {
  const column = root.closest(".desk-column");
  if (column && column.scrollHeight > column.clientHeight) column.scrollTop += root.getBoundingClientRect().top - column.getBoundingClientRect().top;
  else root.scrollIntoView({ block: "start" });
}

function drawEntry(row, voter, { words, here }) {
  row.dataset.id = voter.councillor_id;
  row.dataset.choice = voter.choice ?? (voter.voted ? "voted" : "none");
  setText(row.querySelector("[data-text=name]"), voter.name);
  const own = voter.voted && !voter.by_clerk;
  setText(row.querySelector("[data-entry-state]"), own ? words.votedOwn : here ? "" : words.states.absent);
  const buttons = row.querySelector("[data-entry-buttons]");
  buttons.hidden = own || !here;
  for (const button of buttons.querySelectorAll("[data-enter]")) {
    button.setAttribute("aria-pressed", String(voter.by_clerk && voter.choice === button.dataset.enter));
    button.setAttribute("aria-label", `${voter.name}: ${button.textContent.trim()}`);
  }
  return row;
}

// Results of a part that is closed to the public: each may be made public before the part ends.
function withheldVotes({ root, ledger, base, act }) {
  const box = root.querySelector("[data-withheld]");
  if (!box) return () => {};
  const choice = box.querySelector("[data-withheld-vote]");
  const button = box.querySelector("[data-publish]");
  button.addEventListener("click", () => act(() => call("POST", `${base}/${choice.value}/publish`), { button }));
  return () => {
    const votes = ledger.list().filter(({ vote, withheld }) => withheld && vote.state === "closed").map(({ vote }) => vote);
    box.hidden = votes.length === 0;
    if (votes.map((vote) => vote.id).join() === [...choice.options].map((option) => option.value).join()) return;
    const chosen = choice.value;
    choice.replaceChildren(...votes.map((vote) => new Option(`${vote.number}. ${vote.title}`, vote.id)));
    if (votes.some((vote) => String(vote.id) === chosen)) choice.value = chosen;
  };
}

function lastResult({ root, words, ledger, base, act, count }) {
  const panel = root.querySelector("[data-last]");
  const place = panel.querySelector("[data-place]");
  const [template] = panel.querySelectorAll(":scope > template:not([data-voter])");
  const voterTemplate = panel.querySelector("template[data-voter]");
  const repeat = panel.querySelector("[data-repeat]");
  const correct = panel.querySelector("[data-correct]");
  let shown = null;
  repeat?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const done = await act(() => call("POST", `${base}/${shown.vote.id}/repeat`, { reason: repeat.elements.reason.value }), { button: event.submitter, form: repeat });
    if (done) {
      repeat.reset();
      repeat.closest("details").open = false;
    }
  });
  correct?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { councillor_id, choice, reason } = correct.elements;
    const body = { councillor_id: Number(councillor_id.value), choice: choice.value || null, reason: reason.value };
    const done = await act(() => call("POST", `${base}/${shown.vote.id}/corrections`, body), { button: event.submitter, form: correct });
    if (done) {
      correct.reset();
      correct.closest("details").open = false;
    }
  });
  return () => {
    const over = ledger.list().filter(({ vote }) => vote.opened_at && vote.closed_at);
    over.sort((one, other) => Date.parse(one.vote.closed_at) - Date.parse(other.vote.closed_at));
    const before = shown?.vote.id;
    shown = over.at(-1) ?? null;
    panel.hidden = shown === null || ledger.open() !== null;
    if (!shown) return;
    const { vote } = shown;
    const recount = panel.querySelector("[data-recount-menu]");
    if (recount) recount.hidden = !vote.paper || vote.state !== "closed";
    if (recount && !recount.hidden && ledger.open() === null) count?.show(vote, recount.querySelector("[data-count-closed]"));
    let card = place.querySelector(".vote-card");
    if (!card || card.dataset.id !== String(vote.id)) {
      card = template.content.firstElementChild.cloneNode(true);
      place.replaceChildren(card);
    }
    const repeated = ledger.repeatedBy(vote);
    drawVote(card, shown, { words, voterTemplate, repeats: ledger.votes.get(vote.repeats_id)?.vote, repeated });
    const menu = panel.querySelector("[data-repeat-menu]");
    if (menu) {
      menu.hidden = repeated !== null;
      if (before !== vote.id && vote.outcome === "no_quorum") repeat.elements.reason.value = words.noQuorumRepeat;
    }
    const corrections = panel.querySelector("[data-correct-menu]");
    if (corrections) {
      corrections.hidden = vote.secret || vote.state !== "closed";
      if (before !== vote.id) {
        correct.elements.councillor_id.replaceChildren(...shown.voters.map((voter) => new Option(voter.name, voter.councillor_id)));
      }
    }
  };
}
