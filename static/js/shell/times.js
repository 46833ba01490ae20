// «3 minuty temu» stays true while the page is open. The exact time stands beside it in the markup.

const EVERY_MS = 20_000;
const STEPS = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [7 * 86_400, "day", 86_400],
  [30 * 86_400, "week", 7 * 86_400],
  [365 * 86_400, "month", 30 * 86_400],
  [Infinity, "year", 365 * 86_400],
];

const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "pl", { numeric: "auto" });

/** How far `moment` (ms) lies from `now`, in words. */
export function relative(moment, now = Date.now()) {
  const seconds = (moment - now) / 1000;
  const [, unit, size] = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  return format.format(Math.round(seconds / size), unit);
}

export function relativeTimes() {
  const refresh = () => {
    for (const element of document.querySelectorAll("time[datetime] [data-relative]")) {
      const text = relative(Date.parse(element.closest("time").dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  };
  refresh();
  setInterval(refresh, EVERY_MS);
}
