// Dialogs of a grade book: a column (new, changed, published), a cell with its history, a pasted column, notes.

import { call } from "./api.js";

const moment = new Intl.DateTimeFormat(document.documentElement.lang || "pl", { dateStyle: "medium", timeStyle: "short" });

export function complain(form, said) {
  const problem = form.querySelector("[data-problem]");
  problem.querySelector("span").textContent = said ?? "";
  problem.hidden = !said;
}

async function attempt(form, words, act) {
  complain(form, "");
  try {
    await act();
    return true;
  } catch (fault) {
    complain(form, fault.status ? fault.message : words.needs_network);
    return false;
  }
}

const number = (text) => text.trim().replace(",", ".");

export function columnDialog({ book, words, came, paste }) {
  const dialog = document.getElementById("gr-column-dialog");
  const form = dialog.querySelector("form");
  const fields = form.elements;
  const api = `/api/schools/${book.about.school_id}/grades`;
  const publish = dialog.querySelector("[data-publish]");
  let column = null;
  let sure = false;

  function show() {
    const kind = column?.kind ?? fields.kind.value;
    const period = kind === "proposed" || kind === "settled";
    const applies = {
      new: !column, old: Boolean(column), test: !period, period, points: kind === "points" && !column,
      "hidden-period": Boolean(column) && period && !column.published_at,
    };
    for (const part of form.querySelectorAll("[data-of]")) part.hidden = !applies[part.dataset.of];
    form.querySelector("[data-save]").hidden = Boolean(column) && period;
  }

  fields.kind.addEventListener("change", show);
  fields.category.addEventListener("change", () => {
    const weight = fields.category.selectedOptions[0]?.dataset.weight;
    if (weight !== undefined) fields.weight.value = weight.replace(".", ",");
  });
  form.querySelector("[data-paste]").addEventListener("click", () => {
    dialog.close();
    paste(column);
  });
  publish.addEventListener("click", () => {
    if (!sure) {
      sure = true;
      complain(form, words.publish_ask);
      return;
    }
    attempt(form, words, async () => {
      came(await call("POST", `${api}/columns/${column.id}/publish`));
      dialog.close();
    });
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const common = {
      title: fields.title.value, category_id: Number(fields.category.value) || null, weight: number(fields.weight.value) || "1",
      on_date: fields.date.value || undefined,
    };
    await attempt(form, words, async () => {
      if (column) {
        const changed = await call("PUT", `${api}/columns/${column.id}`, { ...common, rev: column.rev });
        dialog.close();
        came(changed);
      } else {
        const kind = fields.kind.value;
        const made = { kind, semester: book.semester };
        const test = kind === "proposed" || kind === "settled" ? {} : common;
        if (kind === "points" && fields.points.value) made.points_max = number(fields.points.value);
        const added = await call("POST", `${api}/${book.about.class_id}/${book.about.subject_id}/columns`, { ...made, ...test });
        dialog.close(); // gives the focus back to where it was, so the new column takes it afterwards
        came(added, true);
      }
    });
  });

  return (shown) => {
    column = shown;
    sure = false;
    complain(form, "");
    dialog.querySelector("[data-title]").textContent = column ? book.title(column) : words.new_column;
    fields.title.value = column?.title ?? "";
    fields.category.value = column?.category_id ?? "";
    fields.weight.value = String(column?.weight ?? 1).replace(".", ",").replace(/,?0+$/, (zeros) => (zeros.startsWith(",") ? "" : zeros));
    if (column) fields.date.value = column.on_date;
    show();
    dialog.showModal();
  };
}

export function cellDialog({ book, words, name, write }) {
  const dialog = document.getElementById("gr-cell-dialog");
  const form = dialog.querySelector("form");
  const fields = form.elements;
  let place = null;
  form.hidden = !book.about.may_write;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const column = book.columns.get(place.column);
    const chosen = Number(fields.attempt.value);
    const seen = column.published_at && (column.kind === "proposed" || column.kind === "settled") && book.held(place.column, place.pupil, chosen)?.text;
    if (seen && !fields.reason.value.trim()) {
      complain(form, words.reason_needed);
      fields.reason.focus();
      return;
    }
    write(place.column, place.pupil, chosen, fields.text.value.trim(), { reason: fields.reason.value });
    dialog.close();
  });
  fields.attempt.addEventListener("change", () => {
    fields.text.value = book.held(place.column, place.pupil, Number(fields.attempt.value))?.text ?? "";
  });

  async function history() {
    const list = dialog.querySelector("[data-history]");
    list.replaceChildren();
    const { column, pupil } = place;
    try {
      const found = await call("GET", `/api/schools/${book.about.school_id}/grades/columns/${column}/history?pupil=${pupil}`);
      for (const one of found.changes.reverse()) {
        const line = document.createElement("li");
        const what = words.history_line.replace("{from}", one.from_text ?? "–").replace("{to}", one.to_text ?? "–");
        const which = one.attempt > 1 ? ` (${words.resit_n.replace("{n}", one.attempt - 1)})` : "";
        line.textContent = `${what}${which} · ${one.author}, ${moment.format(new Date(one.at))}${one.reason ? ` · ${one.reason}` : ""}`;
        list.append(line);
      }
      dialog.querySelector("[data-no-history]").hidden = found.changes.length > 0;
    } catch (fault) {
      complain(form, fault.status ? fault.message : words.needs_network);
    }
  }

  return (column, pupil, { text, reason = "", problem = "" } = {}) => {
    place = { column, pupil };
    const about = book.columns.get(column);
    dialog.querySelector("[data-title]").textContent = `${name(pupil)}, ${book.title(about)}`;
    const texts = book.texts(column, pupil);
    fields.attempt.replaceChildren();
    for (const one of texts.length ? texts : [{ attempt: 1 }]) {
      fields.attempt.append(new Option(one.attempt === 1 ? words.attempt : words.resit_n.replace("{n}", one.attempt - 1), one.attempt));
    }
    const last = texts.at(-1)?.attempt ?? 0;
    if (texts.length && last < 9 && about.kind !== "proposed" && about.kind !== "settled") fields.attempt.append(new Option(words.new_resit, last + 1));
    fields.attempt.value = String(Math.max(last, 1));
    fields.text.value = text ?? texts.at(-1)?.text ?? "";
    fields.text.rows = book.inWords(about) ? 5 : 1;
    fields.reason.value = reason;
    complain(form, problem);
    history();
    dialog.showModal();
    (problem ? fields.reason : fields.text).focus();
  };
}

export function pasteDialog({ book, words, write, say }) {
  const dialog = document.getElementById("gr-paste-dialog");
  const form = dialog.querySelector("form");
  const content = form.elements.content;
  const save = form.querySelector("[data-save]");
  let column = null;
  let lines = [];

  function draw() {
    const body = dialog.querySelector("tbody");
    body.replaceChildren();
    for (const one of lines) {
      const row = body.insertRow();
      row.insertCell().textContent = one.line;
      row.insertCell().textContent = one.name || one.said;
      const last = row.insertCell();
      last.textContent = one.problem ? `⚠ ${one.said}: ${one.problem}` : one.text === null ? "–" : book.shown(one.text);
    }
    const fine = lines.filter((one) => !one.problem && one.text !== null);
    const faults = lines.filter((one) => one.problem).length;
    dialog.querySelector("[data-preview-sum]").textContent = words.preview_sum.replace("{n}", fine.length).replace("{faults}", faults);
    dialog.querySelector("[data-preview]").hidden = lines.length === 0;
    save.disabled = fine.length === 0;
  }

  const look = () =>
    attempt(form, words, async () => {
      const answer = await call("POST", `/api/schools/${book.about.school_id}/grades/columns/${column.id}/pasted`, { content: content.value });
      lines = answer.lines;
      draw();
    });

  content.addEventListener("input", () => {
    lines = [];
    draw();
  });
  form.querySelector("[data-look]").addEventListener("click", look);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fine = lines.filter((one) => !one.problem && one.text !== null);
    for (const one of fine) write(column.id, one.pupil_id, 1, one.text);
    dialog.close();
    say(words.wrote.replace("{n}", fine.length));
  });

  return (shown, text = "") => {
    column = shown;
    content.value = text;
    lines = [];
    complain(form, "");
    draw();
    dialog.showModal();
    content.focus();
    if (text) look();
  };
}

export function behaviourNotes({ book, words, name, counted }) {
  const form = document.querySelector("[data-new-note]");
  if (!form) return () => {};
  const list = document.querySelector("[data-notes]");
  const dialog = document.getElementById("withdraw-note");
  const api = `/api/schools/${book.about.school_id}/grades/notes`;
  let withdrawn = 0;

  function draw(note) {
    let row = list.querySelector(`[data-note="${note.id}"]`);
    if (!row) {
      row = document.createElement("li");
      row.dataset.note = note.id;
      list.prepend(row);
      document.querySelector("[data-no-notes]")?.remove();
    }
    const body = document.createElement("div");
    body.className = "grow";
    const who = document.createElement("strong");
    who.textContent = name(note.pupil_id);
    const points = `${note.points > 0 ? "+" : ""}${note.points}`;
    body.append(who, ` ${words[note.kind]} ${points} ${note.text} · ${note.author}`);
    if (note.withdrawn_at) body.append(` · ${words.withdrawn}: ${note.withdrawn_reason}`);
    row.replaceChildren(body);
    if (!note.withdrawn_at) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-quiet btn-small";
      button.dataset.withdraw = note.id;
      button.textContent = document.querySelector("#withdraw-note button:last-child").textContent;
      row.append(button);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { pupil, kind, points, text } = form.elements;
    attempt(form, words, async () => {
      draw(await call("POST", api, { pupil_id: Number(pupil.value), kind: kind.value, points: Number(points.value) || 0, text: text.value }));
      text.value = "";
    });
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-withdraw]");
    if (!button) return;
    withdrawn = button.dataset.withdraw;
    dialog.showModal();
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(event.target, words, async () => {
      draw(await call("POST", `${api}/${withdrawn}/withdraw`, { reason: event.target.elements.reason.value }));
      dialog.close();
    });
  });
  return (note, points) => {
    draw(note);
    counted(note.pupil_id, points);
  };
}
