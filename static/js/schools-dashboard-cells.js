// What a cell of the board says: the same rules as schools/dashboard/rules.py, for moments after the page was drawn.

export const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");

const language = document.documentElement.lang || "pl";
const whole = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const ORDER = ["overdue", "waiting", "partial", "checked", "later", "away", "cancelled"];

export const shareText = (share, exact = false) => (share === null ? "—" : (exact ? tenth : whole).format(share).replace(/\s%/, "%"));

export const keyOf = (lesson) => (lesson.entry_id !== null ? `e${lesson.entry_id}` : `l${lesson.lesson_id}`);

export const minutesSince = (slot, now) => Math.max(0, Math.floor((now - Date.parse(slot.starts_at)) / 60_000));

export function stateOf(slot, lesson, now, afterMin) {
  if (lesson?.taken_at) return lesson.marked >= lesson.expected ? "checked" : "partial";
  if (slot.kind === "cancellation") return "cancelled";
  if (slot.away) return "away";
  if (Date.parse(slot.starts_at) > now) return "later";
  return minutesSince(slot, now) >= afterMin ? "overdue" : "waiting";
}

export function cellOf(slots, lessons, now, afterMin) {
  const states = slots.map((slot) => stateOf(slot, lessons.get(slot.key), now, afterMin));
  const held = slots.map((slot) => lessons.get(slot.key)).filter(Boolean);
  const sum = (name) => held.reduce((total, one) => total + one[name], 0);
  const unchecked = slots.filter((_slot, place) => states[place] === "overdue" || states[place] === "waiting");
  return {
    state: ORDER.find((name) => states.includes(name)),
    minutes: Math.max(0, ...unchecked.map((slot) => minutesSince(slot, now))),
    present: sum("present"),
    counted: sum("counted"),
    absent: new Set(held.flatMap((one) => one.absent)).size,
    marked: sum("marked"),
    expected: sum("expected"),
  };
}

/** [bold, plain] words of a cell. */
export function wordsOf(cell, words) {
  if (cell.state === "overdue" || cell.state === "waiting") return [words.unchecked, filled(words.minutes, { n: cell.minutes })];
  if (cell.state === "partial") return [filled(words.of, { n: cell.marked, all: cell.expected }), words.partial];
  if (cell.state === "checked") {
    return [shareText(cell.counted ? cell.present / cell.counted : null), cell.absent ? filled(words.absent, { n: cell.absent }) : words.complete];
  }
  return ["", words[cell.state]];
}

/** Writes a cell's words where they differ; says whether they did. */
export function paint(element, state, [bold, plain]) {
  const text = [bold, plain].filter(Boolean).join(" ");
  if (element.dataset.state === state && element.textContent.trim().replace(/\s+/g, " ") === text) return false;
  element.dataset.state = state;
  element.replaceChildren();
  if (bold) {
    const strong = document.createElement("strong");
    strong.textContent = bold;
    element.append(strong, " ");
  }
  const rest = document.createElement("span");
  rest.textContent = plain;
  element.append(rest);
  return true;
}

export function highlight(element) {
  element.classList.add("changed");
  element.addEventListener("animationend", () => element.classList.remove("changed"), { once: true });
}
