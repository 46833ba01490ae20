// The clerk's plan: blocks and phases move by buttons (keyboard) and by dragging (mouse, finger). Each move is saved at once.

import { call } from "./api.js";
import { dragging } from "./dialog-drag.js";

const plan = document.querySelector("[data-plan]");
const words = JSON.parse(document.getElementById("plan-words").textContent);
const said = plan.querySelector("[data-said]");

const phases = () => [...plan.querySelectorAll(".plan-phase")];
const title = (element) => element.querySelector("a, h3")?.textContent.trim() ?? "";

function order() {
  return {
    phases: phases().map((one) => Number(one.dataset.phase)).filter(Boolean),
    blocks: phases().flatMap((phase) =>
      [...phase.querySelectorAll(".plan-block")].map((block) => ({
        block_id: Number(block.dataset.block),
        phase_id: Number(phase.dataset.phase),
      })),
    ),
  };
}

async function save(element, undo) {
  try {
    await call("PUT", plan.dataset.order, order());
    said.textContent = words.moved.replace("%", title(element));
  } catch (problem) {
    undo();
    document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: problem.message, kind: "danger" } }));
  }
}

/** Remembers where an element stands; the function puts it back. */
function place(element) {
  const [parent, next] = [element.parentElement, element.nextElementSibling];
  return () => parent.insertBefore(element, next);
}

function moveBlock(block, up) {
  const undo = place(block);
  const neighbour = up ? block.previousElementSibling : block.nextElementSibling;
  if (neighbour) {
    if (up) neighbour.before(block);
    else neighbour.after(block);
  } else {
    const all = phases();
    const next = all[all.indexOf(block.closest(".plan-phase")) + (up ? -1 : 1)];
    if (!next) {
      said.textContent = words.edge;
      return;
    }
    const list = next.querySelector("[data-blocks]");
    if (up) list.append(block);
    else list.prepend(block);
  }
  save(block, undo);
}

function movePhase(phase, up) {
  const undo = place(phase);
  const neighbour = up ? phase.previousElementSibling : phase.nextElementSibling;
  if (!neighbour?.matches(".plan-phase") || neighbour.dataset.phase === "0") {
    said.textContent = words.edge;
    return;
  }
  if (up) neighbour.before(phase);
  else neighbour.after(phase);
  save(phase, undo);
}

plan.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move], [data-move-phase]");
  if (!button) return;
  const up = (button.dataset.move ?? button.dataset.movePhase) === "up";
  if (button.dataset.move) moveBlock(button.closest(".plan-block"), up);
  else movePhase(button.closest(".plan-phase"), up);
  button.focus();
});

dragging(plan, { row: ".plan-block", grip: ".plan-grip", list: "[data-blocks]", zone: ".plan-phase", done: save });
