// Fills a row's markup from a row's data: the same element comes from the page's macro or from its <template>.
// data-text="field" sets the text, data-clock="field" the time of day, data-value="field:attribute" an attribute;
// the row itself gets data-id, data-rev, data-state and, where it nests, data-depth.

const zone = document.documentElement.dataset.timeZone || undefined;
const language = document.documentElement.lang || "pl";
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: zone });

export function clockText(moment) {
  return moment ? clock.format(new Date(moment)) : "";
}

export function fill(element, row) {
  for (const [name, value] of Object.entries({ id: row.id, rev: row.rev, state: row.state, depth: row.depth })) {
    if (value !== undefined && value !== null) element.dataset[name] = value;
  }
  for (const part of element.querySelectorAll("[data-text]")) {
    const text = String(row[part.dataset.text] ?? "");
    if (part.textContent !== text) part.textContent = text;
  }
  for (const part of element.querySelectorAll("[data-clock]")) {
    const moment = row[part.dataset.clock];
    part.textContent = clockText(moment);
    if (moment) part.setAttribute("datetime", moment);
    else part.removeAttribute("datetime");
  }
  for (const part of element.querySelectorAll("[data-value]")) {
    const [field, attribute] = part.dataset.value.split(":");
    part.setAttribute(attribute, row[field]);
  }
  for (const part of element.querySelectorAll("[data-shown-in]")) {
    part.hidden = !part.dataset.shownIn.split(" ").includes(String(row.state));
  }
  return element;
}

export function clone(template, row) {
  return fill(template.content.firstElementChild.cloneNode(true), row);
}

// Puts a row into a list: replaces what an older revision drew, adds what is new, keeps what is newer.
export function upsert(list, template, row, { before } = {}) {
  const known = list.querySelector(`:scope > [data-id="${row.id}"]`);
  if (known) {
    if (Number(known.dataset.rev || 0) < row.rev) fill(known, row);
    return { element: known, added: false };
  }
  const element = clone(template, row);
  list.insertBefore(element, before ?? null);
  return { element, added: true };
}

// Draws a whole list in order, keeping elements that are there so that focus and selection survive.
export function redraw(list, template, rows) {
  const wanted = new Set(rows.map((row) => String(row.id)));
  for (const element of [...list.querySelectorAll(":scope > [data-id]")]) {
    if (!wanted.has(element.dataset.id)) element.remove();
  }
  let previous = null;
  for (const row of rows) {
    const { element } = upsert(list, template, row);
    const place = previous ? previous.nextElementSibling : list.firstElementChild;
    if (place !== element) list.insertBefore(element, place);
    previous = element;
  }
}
