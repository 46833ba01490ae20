// What the grid's cells show: the mark that holds, or the change that is on its way, and which of the two it is.

export class Cells {
  #root;
  #words;
  #queue;
  #lesson;
  #types;
  #held = new Map();
  #rows = new Map();
  #seats = new Map();
  active = null;

  constructor({ root, sheet, words, queue }) {
    this.#root = root;
    this.#words = words;
    this.#queue = queue;
    this.#lesson = sheet.view.lesson.id;
    this.#types = new Map(sheet.view.types.map((one) => [one.id, one]));
    this.short = sheet.short;
    for (const pupil of sheet.view.pupils) {
      const row = root.querySelector(`[data-pupil="${pupil.pupil_id}"]`);
      this.#rows.set(pupil.pupil_id, row);
      if (pupil.mark) this.#held.set(pupil.pupil_id, pupil.mark);
    }
    const first = this.order()[0];
    if (first !== undefined) this.activate(first, { focus: false });
  }

  order() {
    return [...this.#rows.keys()];
  }

  row(pupil) {
    return this.#rows.get(pupil);
  }

  types() {
    return [...this.#types.values()];
  }

  marks() {
    return this.#held;
  }

  held(pupil) {
    return this.#held.get(pupil);
  }

  /** Whether it is news. */
  take(mark) {
    const known = this.#held.get(mark.pupil_id);
    if (!this.#rows.has(mark.pupil_id) || (known && known.rev >= mark.rev)) return false;
    this.#held.set(mark.pupil_id, mark);
    return true;
  }

  /** {type, minutes, by, state, clash, refused, op}: state is "" (unchecked), saved, sending or unsent. */
  shown(pupil) {
    const held = this.#held.get(pupil);
    const op = this.#queue.ops(this.#lesson).filter((one) => one.pupil === pupil).at(-1);
    if (!op) {
      return { type: held?.type_id ?? null, minutes: held?.minutes_late ?? null, by: held?.by ?? "", state: held?.type_id ? "saved" : "" };
    }
    const waiting = this.#queue.state === "waiting" || this.#queue.state === "stranger";
    return {
      type: op.type, minutes: op.minutes, by: "", op, clash: op.clash, refused: op.refused,
      state: op.clash ? "clash" : op.refused ? "refused" : waiting ? "unsent" : "sending",
    };
  }

  /** "12. Kos Iga: nieobecny" */
  label(pupil) {
    const { type, minutes } = this.shown(pupil);
    const kind = this.#types.get(type);
    const late = minutes ? `, ${minutes} min` : "";
    return `${this.#name(pupil)}: ${kind ? kind.name : this.#words.unchecked}${late}`;
  }

  #name(pupil) {
    const { number, name } = this.#rows.get(pupil).dataset;
    return `${number ? `${number}. ` : ""}${name}`;
  }

  /** A second view of the same cells. */
  seat(pupil, element) {
    if (element) this.#seats.set(pupil, element);
    else this.#seats.delete(pupil);
  }

  drawAll() {
    for (const pupil of this.#rows.keys()) this.draw(pupil);
    this.summary();
  }

  draw(pupil, { news = false } = {}) {
    const shown = this.shown(pupil);
    for (const element of [this.#rows.get(pupil), this.#seats.get(pupil)]) if (element) this.#fill(pupil, element, shown, news);
  }

  #fill(pupil, element, shown, news) {
    const kind = this.#types.get(shown.type);
    const cell = element.querySelector("[data-cell]");
    cell.dataset.state = shown.state;
    cell.dataset.category = kind?.category ?? "";
    cell.dataset.excused = kind?.excused ? "yes" : "";
    text(cell, "[data-code]", kind?.code ?? "·");
    text(cell, "[data-word]", kind?.name ?? this.#words.unchecked);
    text(cell, "[data-minutes]", kind?.category === "late" ? (shown.minutes ? `${shown.minutes} min` : this.#words.minutes) : "");
    text(cell, "[data-by]", shown.by && shown.by !== this.short ? shown.by : "");
    text(cell, "[data-sign]", { saved: "✓", sending: "•", unsent: "⇅", clash: "!", refused: "!" }[shown.state] ?? "");
    text(cell, "[data-whose]", `${this.#name(pupil)}:`);
    text(cell, "[data-state-word]", shown.state ? `, ${this.#words[`state_${shown.state}`]}` : "");
    for (const pick of element.querySelectorAll("[data-pick]")) {
      pick.setAttribute("aria-pressed", String(Number(pick.dataset.pick) === shown.type));
    }
    this.#clash(pupil, element, shown);
    if (!news) return;
    cell.classList.remove("changed");
    cell.addEventListener("animationend", () => cell.classList.remove("changed"), { once: true });
    requestAnimationFrame(() => cell.classList.add("changed"));
  }

  /** Both values, and a choice. */
  #clash(pupil, element, { clash, refused, op, type }) {
    const box = element.querySelector("[data-clash]");
    if (!box) return;
    box.hidden = !clash && !refused;
    if (box.hidden) return box.replaceChildren();
    const name = (id) => (this.#types.get(id) ? `${this.#types.get(id).code} ${this.#types.get(id).name}` : this.#words.unchecked);
    const said = document.createElement("span");
    if (refused) {
      said.textContent = refused === "refused" ? this.#words.refused : refused;
      box.replaceChildren(said, this.#choice(this.#words.understood, () => this.#queue.dismiss(op)));
      return;
    }
    said.textContent = this.#words.clash.replace("{by}", clash.by || "?");
    box.replaceChildren(
      said,
      this.#choice(this.#words.keep_theirs.replace("{value}", name(clash.type_id)), () => this.#queue.settle(op, false)),
      this.#choice(this.#words.write_mine.replace("{value}", name(type)), () => this.#queue.settle(op, true)),
    );
  }

  #choice(words, press) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-secondary btn-small";
    button.textContent = words;
    button.addEventListener("click", press);
    return button;
  }

  /** The one cell that the Tab key reaches and that keys mean. */
  activate(pupil, { focus = true } = {}) {
    if (!this.#rows.has(pupil)) return;
    for (const one of [this.active, pupil]) {
      for (const element of [this.#rows.get(one), this.#seats.get(one)]) {
        if (!element) continue;
        element.classList.toggle("active", one === pupil);
        element.querySelector("[data-cell]").tabIndex = one === pupil ? 0 : -1;
      }
    }
    this.active = pupil;
    if (!focus) return;
    const seated = this.#root.dataset.view === "seats" && this.#seats.get(pupil);
    const element = seated || this.#rows.get(pupil);
    element.querySelector("[data-cell]").focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest" });
  }

  /** Those of the list who come before or after. */
  step(by) {
    const order = this.order();
    const place = Math.max(0, Math.min(order.length - 1, order.indexOf(this.active) + by));
    this.activate(order[place]);
  }

  summary() {
    const counts = { present: 0, absent: 0, late: 0, away: 0, released: 0, unchecked: 0 };
    for (const pupil of this.#rows.keys()) counts[this.#types.get(this.shown(pupil).type)?.category ?? "unchecked"] += 1;
    const there = counts.present + counts.late;
    const parts = [[there, "present"], [counts.absent, "absent"], [counts.late, "late"], [counts.away, "away"], [counts.released, "released"], [counts.unchecked, "unchecked"]];
    const box = this.#root.querySelector("[data-summary]");
    box.replaceChildren(
      ...parts.filter(([count, name]) => count > 0 || name === "present" || name === "absent").map(([count, name]) => {
        const part = document.createElement("span");
        part.dataset.count = name;
        part.textContent = this.#words[`count_${name}`].replace("{n}", count);
        return part;
      }),
    );
  }

  say(said) {
    this.#root.querySelector("[data-said]").textContent = said;
  }
}

function text(element, selector, value) {
  const part = element.querySelector(selector);
  if (part && part.textContent !== value) part.textContent = value;
}
