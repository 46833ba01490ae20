// The page of a teacher's day: at the bell «now» becomes the next lesson, and one press opens it.

import { followDay } from "./schools-now.js";
import { Queue, keepPages } from "./schools-offline.js";
import { clockText } from "./rows.js";

const root = document.querySelector("[data-day]");
const { lessons, now, account, school } = JSON.parse(document.getElementById("day").textContent);
const words = JSON.parse(document.getElementById("day-words").textContent);
const skewMs = Date.parse(now) - Date.now();
const card = root.querySelector("[data-now]");

function set(name, text) {
  const part = card.querySelector(`[data-now-${name}]`);
  part.textContent = text;
  part.hidden = !text;
}

function when(one) {
  return `${clockText(one.starts_at)}–${clockText(one.ends_at)}${one.room ? ` · ${words.room.replace("{room}", one.room)}` : ""}${one.absent ? ` · ${words.for.replace("{name}", one.absent)}` : ""}`;
}

followDay({ school, skewMs, lessons }, ({ current, following }) => {
  const shown = current ?? following;
  card.hidden = shown === null;
  if (shown === null) return;
  card.dataset.state = current ? "now" : "next";
  set("label", current ? words.now : words.next);
  set("what", `${shown.class_name} ${shown.subject}`);
  set("when", when(shown));
  set("taken", shown.taken ? words.taken : "");
  const form = card.querySelector("form");
  form.hidden = !current;
  form.elements.entry.value = shown.entry_id;
  form.elements.day.value = shown.on_date;
  form.querySelector("[data-open-text]").textContent = shown.lesson_id ? words.to_lesson : words.open;
  for (const row of root.querySelectorAll("[data-entry]")) row.classList.toggle("current", current !== null && Number(row.dataset.entry) === current.entry_id);
});

const queue = new Queue(account);
const waiting = root.querySelector("[data-unsent]");
function drawWaiting() {
  const found = queue.lessons();
  waiting.hidden = found.length === 0;
  waiting.querySelector("ul").replaceChildren(
    ...found.map((one) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = `/schools/${one.school}/lessons/${one.lesson}`;
      link.textContent = one.title;
      item.append(link, ` – ${one.clashes ? words.clashes : words.unsent.replace("{n}", one.unsent)}`);
      return item;
    }),
  );
}
queue.addEventListener("cells", drawWaiting);
queue.addEventListener("state", drawWaiting);
await queue.load();
drawWaiting();
keepPages().catch(() => {});
