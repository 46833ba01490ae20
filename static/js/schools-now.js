// What is now, by the server's clock: the page of the day changes at the bell, and a lesson's page says that the next one
// has begun.

const LOOK_MS = 1_000;
const REREAD_MS = 240_000;
const CHANCE_MS = 4_000; // at the bell all teachers ask at once: not in the same moment

/** {current, following} of a day's lessons at a moment: the same as `what_is_now` of the server. */
export function whatIsNow(lessons, moment) {
  const held = lessons.filter((one) => one.kind !== "cancellation").sort((one, other) => Date.parse(one.starts_at) - Date.parse(other.starts_at));
  const following = held.find((one) => Date.parse(one.starts_at) > moment) ?? null;
  let current = held.findLast((one) => Date.parse(one.starts_at) <= moment) ?? null;
  if (current && !following && moment >= Date.parse(current.ends_at)) current = null;
  return { current, following };
}

/** Calls `changed({current, following}, lessons)` at once, at each bell, and when the day itself has changed. */
export async function followDay({ school, skewMs, lessons = null }, changed) {
  let day = lessons;
  let known = null;
  let readAt = 0;
  const look = () => {
    if (day === null) return;
    const now = whatIsNow(day, Date.now() + skewMs);
    const state = JSON.stringify([now, day]);
    if (state === known) return;
    const bell = known !== null;
    known = state;
    changed(now, day);
    if (bell) setTimeout(read, Math.random() * CHANCE_MS); // a substitution may have come, a colleague may have opened it
  };
  const read = async () => {
    if (Date.now() - readAt < CHANCE_MS || document.visibilityState !== "visible") return;
    readAt = Date.now();
    try {
      const answer = await fetch(`/api/schools/${school}/day`, { headers: { Accept: "application/json" } });
      if (answer.ok) day = (await answer.json()).lessons;
    } catch {
      // without a network the day stays as it was
    }
    look();
  };
  if (day === null) await read();
  look();
  setInterval(look, LOOK_MS);
  setInterval(read, REREAD_MS);
  document.addEventListener("visibilitychange", read);
  return read;
}

/** On a lesson's page: another lesson of one's own has begun. */
export function announceNow({ school, lesson, words, skewMs }) {
  const bar = document.querySelector("[data-next-lesson]");
  if (!bar) return;
  followDay({ school, skewMs }, ({ current }) => {
    bar.hidden = !current || current.lesson_id === lesson;
    if (bar.hidden) return;
    bar.querySelector("[data-next-text]").textContent = words.now_is.replace("{class}", current.class_name).replace("{subject}", current.subject);
    bar.querySelector("[name=entry]").value = current.entry_id;
    bar.querySelector("[name=day]").value = current.on_date;
  });
}
