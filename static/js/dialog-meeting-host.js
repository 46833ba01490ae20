// The host's page: answering, opening, inviting, by pointer and by key.

import { attempt, call, complain, hands, led, ordered, part, path, polls, root, showHand, showPoll, showQuestion } from "./dialog-meeting.js";

const SOURCE_EVERY_MS = 3000;
const sources = JSON.parse(document.getElementById("meeting-sources").textContent);
const fault = part("fault");
const post = (place, body) => attempt(() => call("POST", `${path}/${place}`, body), fault);

const QUESTION = {
  take: (id) => post(`questions/${id}/take`),
  answered: (id) => post(`questions/${id}/settle`, { state: "answered" }),
  waiting: (id) => post(`questions/${id}/settle`, { state: "waiting" }),
};
const HAND = {
  invite: (id) => post(`hands/${id}/invite`),
  air: (id) => post(`hands/${id}/air`, { on_air: true }),
  solo: (id) => post(`hands/${id}/air`, { on_air: true, alone: true }),
  back: (id) => post(`hands/${id}/air`, { on_air: false }),
  lower: (id) => post(`hands/${id}/lower`),
  presenter: async (id) => {
    const named = await post("presenter", { hand_id: led?.slides.hand_id === Number(id) ? null : Number(id) });
    if (named) led?.changed(named);
    return null;
  },
};

function pressed(list, verbs, show) {
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-do]");
    const verb = button && verbs[button.dataset.do];
    if (!verb) return;
    button.disabled = true;
    const row = await verb(button.closest("[data-id]").dataset.id);
    button.disabled = false;
    if (row) show(row);
  });
}

async function drop(id) {
  const gone = await attempt(() => call("DELETE", `${path}/polls/${id}`).then(() => true), fault);
  if (gone) {
    polls.delete(Number(id));
    part("polls").querySelector(`:scope > [data-id="${id}"]`).remove();
  }
  return null;
}

pressed(part("questions"), QUESTION, showQuestion);
pressed(part("hands-list"), HAND, showHand);
pressed(part("polls"), { open: (id) => post(`polls/${id}/open`), close: (id) => post(`polls/${id}/close`), drop }, showPoll);

part("questions").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const id = form.closest("[data-id]").dataset.id;
  const body = { state: "dismissed", reason: form.elements.reason.value };
  const row = await attempt(() => call("POST", `${path}/questions/${id}/settle`, body), form.querySelector("[data-problem]"));
  if (row) {
    form.closest("details").open = false;
    showQuestion(row);
  }
});

part("new-poll")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const { text, options, several, at_close: atClose } = form.elements;
  const named = Object.fromEntries([...form.querySelectorAll("[data-field]")].map((one) => [one.dataset.field, one]));
  for (const one of Object.values(named)) complain(one, "");
  try {
    showPoll(await call("POST", `${path}/polls`, { text: text.value, options: options.value, several: several.checked, at_close: atClose.checked }));
    form.reset();
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
  } catch (problem) {
    const fields = problem.body?.fields ?? {};
    for (const [name, element] of Object.entries(named)) if (fields[name]) complain(element, fields[name]);
    if (Object.keys(fields).length === 0) complain(fault, problem.message);
  }
});

part("new-key")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const key = await post("keys", { label: event.target.elements.label.value });
  if (!key) return;
  part("fresh").hidden = false;
  part("fresh-key").value = key.key;
  part("fresh-key").select();
});
for (const button of root.querySelectorAll("[data-revoke]")) {
  button.addEventListener("click", async () => {
    const row = button.closest("[data-key-id]");
    if (await attempt(() => call("DELETE", `${path}/keys/${row.dataset.keyId}`), fault)) row.remove();
  });
}
for (const verb of ["start", "end"]) {
  part(verb)?.addEventListener("click", async () => {
    if (await post(verb)) location.reload();
  });
}

// what is sent

async function showSource() {
  const source = await call("GET", `${path}/source`).catch(() => null);
  if (source) {
    const waits = source.sending.includes("backup") && !["backup", "both"].includes(source.feeding);
    const guest = sources[source.mixing] ? `, ${sources[source.mixing]}` : waits ? `, ${sources.guest}` : "";
    const sent = source.feeding === "nothing" && source.sending.includes("primary") ? "primary" : source.feeding;
    const text = `${sources[sent] ?? sources.nothing}${guest}`;
    if (part("source").textContent !== text) part("source").textContent = text;
  }
  if (root.dataset.state !== "ended") setTimeout(showSource, SOURCE_EVERY_MS);
}
showSource();

// keys

const first = (map, state) => [...map.values()].sort((one, other) => one.id - other.id).find((one) => one.state === state);
const KEYS = {
  n: () => ordered().find((one) => one.state === "waiting") && [QUESTION.take, ordered().find((one) => one.state === "waiting"), showQuestion],
  e: () => ordered()[0]?.state === "current" && [QUESTION.answered, ordered()[0], showQuestion],
  o: () => first(polls, "draft") && [(id) => post(`polls/${id}/open`), first(polls, "draft"), showPoll],
  c: () => first(polls, "open") && [(id) => post(`polls/${id}/close`), first(polls, "open"), showPoll],
  g: () => first(hands, "up") && [HAND.invite, first(hands, "up"), showHand],
};
document.addEventListener("keydown", async (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  const found = KEYS[event.key]?.();
  if (!found) return;
  event.preventDefault();
  const [act, one, show] = found;
  const row = await act(one.id);
  if (row) show(row);
});
