// «3 minuty temu» stays true while the page is open.

const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

export function setUpTimes() {
  if (!document.querySelector("[data-relative]")) return;
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  const refresh = () => {
    for (const part of document.querySelectorAll("[data-relative]")) {
      const moment = part.closest("time")?.dateTime;
      if (moment) part.textContent = say(format, (new Date(moment) - Date.now()) / 1000);
    }
  };
  setInterval(refresh, 30_000);
}

function say(format, seconds) {
  let value = seconds;
  for (const [unit, size] of STEPS) {
    if (Math.abs(value) < size) return format.format(Math.round(value), unit);
    value /= size;
  }
  return "";
}
