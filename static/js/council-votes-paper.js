// At the desk: the counting committee's result of a vote on paper. One form closes the vote, and corrects it afterwards.

import { call } from "./api.js";

const NUMBERS = ["given", "returned", "valid", "invalid", "votes_for", "votes_against", "abstained"];
const HELD = { given: "ballots_given", returned: "ballots_returned", valid: "voted", invalid: "ballots_invalid" };

/** Null where nobody enters counts. `show(vote, place)` puts the form there; what is typed stays until it is taken. */
export function countForm({ root, words, base, act }) {
  const form = root.querySelector("[data-count]");
  if (!form) return null;
  const template = root.querySelector("template[data-candidate]");
  const marks = form.querySelector("[data-for-candidates]");
  const { elements } = form;
  let shown = null;

  const problemOf = (name) => form.querySelector(`[data-problem-of="${name}"]`);
  const complain = (fields) => {
    for (const place of form.querySelectorAll("[data-problem-of]")) {
      const text = fields[place.dataset.problemOf] ?? "";
      place.textContent = text;
      place.hidden = !text;
    }
    for (const name of [...NUMBERS, "committee", "reason"]) elements[name].setAttribute("aria-invalid", String(Boolean(fields[name])));
    const [first] = Object.keys(fields);
    if (first) (elements[first] ?? marks.querySelector("input"))?.focus();
  };

  const candidate = (name, place) => {
    const row = template.content.firstElementChild.cloneNode(true);
    const [label, input] = [row.querySelector("label"), row.querySelector("input")];
    input.id = label.htmlFor = `count-candidate-${place}`;
    label.textContent = name;
    input.value = shown.candidate_votes[place] ?? "";
    return row;
  };

  const fillFrom = (vote) => {
    const closed = vote.state === "closed";
    form.querySelector("[data-for-question]").hidden = vote.candidates.length > 0;
    marks.hidden = vote.candidates.length === 0;
    marks.replaceChildren(...vote.candidates.map(candidate));
    for (const name of NUMBERS) elements[name].value = closed ? vote[HELD[name] ?? name] : "";
    elements.committee.value = vote.committee.join("\n");
    elements.reason.value = "";
    form.querySelector("[data-count-why]").hidden = !closed;
    form.querySelector("[data-count-send]").textContent = closed ? words.correctCount : words.enterCount;
    complain({});
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = Object.fromEntries(NUMBERS.map((name) => [name, Number(elements[name].value || 0)]));
    if (shown.candidates.length) Object.assign(body, { votes_for: 0, votes_against: 0 });
    body.candidate_votes = [...marks.querySelectorAll("input")].map((input) => Number(input.value || 0));
    body.committee = elements.committee.value.split("\n");
    body.reason = elements.reason.value;
    complain({});
    act(async () => {
      try {
        await call("PUT", `${base}/${shown.id}/count`, body);
        form.closest("details")?.removeAttribute("open");
      } catch (problem) {
        if (problem.status !== 422 || !Object.keys(problem.body.fields ?? {}).some(problemOf)) throw problem;
        complain(problem.body.fields);
      }
    }, { button: event.submitter });
  });

  return {
    show(vote, place) {
      form.hidden = !vote.paper;
      if (!vote.paper) return;
      if (form.parentElement !== place) place.append(form);
      if (shown?.id === vote.id && shown.state === vote.state && shown.rev === vote.rev) return;
      shown = vote;
      fillFrom(vote);
    },
  };
}
