// A register that is live: resolutions, interpellations. The first page moves; older pages stay as they were opened.

import { connect } from "./live.js";
import { upsert } from "./rows.js";

const language = document.documentElement.lang || "pl";
const day = new Intl.DateTimeFormat(language, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" });
const inDays = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

for (const root of document.querySelectorAll("[data-register]")) setUp(root);
countDown();
setInterval(countDown, 60_000); // days change at midnight, and pages stay open

function setUp(root) {
  const name = root.dataset.register;
  const list = root.querySelector("[data-rows]");
  const template = root.querySelector(":scope > template");
  if (root.hasAttribute("data-still")) return;
  if (!list) {
    // an empty register: the first entry brings the table, drawn by the server
    connect().join(`council/${name}`, { event: () => location.reload(), snapshot: (view) => view[name].length > 0 && location.reload() });
    return;
  }
  const take = (row) => {
    const known = list.querySelector(`:scope > [data-id="${row.id}"]`);
    const { element, added } = upsert(list, template, shown(row), { before: known ? null : list.firstElementChild });
    if (added || known) highlight(element);
    countDown();
  };
  connect().join(`council/${name}`, {
    snapshot: (view) => {
      for (const row of [...view[name]].reverse()) {
        const known = list.querySelector(`:scope > [data-id="${row.id}"]`);
        if (!known || Number(known.dataset.rev) < row.rev) take(row);
      }
    },
    event: (event) => take(event.resolution ?? event.interpellation),
  });
}

// A row's data with the texts that depend on the reader's language.
function shown(row) {
  const texts = { path: `/council/${row.number ? "resolutions" : "interpellations"}/${row.id}` };
  for (const [field, text] of [["passed_on", "passed"], ["submitted_on", "submitted"], ["due_on", "due"], ["answered_on", "answered"]]) {
    if (row[field]) texts[text] = day.format(new Date(`${row[field]}T00:00:00Z`));
  }
  return { ...row, ...texts };
}

function highlight(element) {
  element.classList.add("changed");
  element.addEventListener("animationend", () => element.classList.remove("changed"), { once: true });
}

// «in 5 days»: calendar days in the city's zone.
function countDown() {
  const zone = document.documentElement.dataset.timeZone || undefined;
  const today = new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date());
  for (const part of document.querySelectorAll("[data-due]")) {
    const row = part.closest("[data-id]");
    if (row && row.dataset.state !== "open") continue;
    const due = part.getAttribute("data-due");
    if (!due) continue;
    const days = Math.round((Date.parse(due) - Date.parse(today)) / 86_400_000);
    const text = inDays.format(days, "day");
    if (part.textContent !== text) part.textContent = text;
    part.closest("[data-deadline]")?.classList.toggle("is-late", days < 0);
  }
}
