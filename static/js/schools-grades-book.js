// What a grade book holds, what it is worth and how its cells look. Averages are counted in whole numbers, as the server
// counts them in decimals: nothing is rounded before it is shown.

const GRADE = /^([+\-=]{0,2})([1-6])([+\-=]{0,2})$/;
const POINTS = /^\d{1,5}(\.\d{1,2})?$/;
const SCALE = 10_000n;

function scaled(text) {
  const [whole, rest = ""] = String(text).replace("-", "").split(".");
  const value = BigInt(whole) * SCALE + BigInt((rest + "0000").slice(0, 4));
  return String(text).startsWith("-") ? -value : value;
}

/** A fraction with two places, rounded half up. */
function shownFraction(top, bottom) {
  const sign = top < 0n ? "−" : "";
  const hundredths = ((top < 0n ? -top : top) * 200n + bottom) / (bottom * 2n);
  return `${sign}${hundredths / 100n},${String(hundredths % 100n).padStart(2, "0")}`;
}

export class Book {
  constructor(book, words, semester) {
    this.words = words;
    this.semester = semester;
    this.pending = new Map(); // key → {state, text}
    this.notes = new Map();
    this.take(book);
  }

  take(book) {
    this.about = book;
    this.settings = book.settings;
    this.columns = new Map(book.columns.map((one) => [one.id, one]));
    this.entries = new Map();
    for (const one of book.entries) this.put(one);
  }

  static key = (column, pupil, attempt) => `${column}/${pupil}/${attempt}`;

  put(entry) {
    const key = Book.key(entry.column_id, entry.pupil_id, entry.attempt);
    const known = this.entries.get(key);
    if (known && known.rev >= entry.rev) return false;
    this.entries.set(key, entry);
    return true;
  }

  held(column, pupil, attempt) {
    return this.entries.get(Book.key(column, pupil, attempt));
  }

  /** Columns of this class in the shown semester, in order. */
  shownColumns() {
    const rank = { proposed: 1, settled: 2 };
    return [...this.columns.values()]
      .filter((one) => one.class_id === this.about.class_id && one.semester === this.semester)
      .sort((a, b) => (rank[a.kind] ?? 0) - (rank[b.kind] ?? 0) || a.on_date.localeCompare(b.on_date) || a.id - b.id);
  }

  title(column) {
    return column.title || this.words[column.kind];
  }

  /** Texts of a cell in the order of attempts, with what is still on its way. */
  texts(column, pupil) {
    const found = [];
    for (let attempt = 1; attempt <= 9; attempt += 1) {
      const key = Book.key(column, pupil, attempt);
      const text = this.pending.has(key) ? this.pending.get(key).text : this.entries.get(key)?.text;
      if (text) found.push({ attempt, text });
    }
    return found;
  }

  lastAttempt(column, pupil) {
    return this.texts(column, pupil).at(-1)?.attempt ?? 1;
  }

  shown(text) {
    const found = GRADE.exec(text);
    if (!found) return POINTS.test(text) ? text.replace(".", ",") : text;
    const sign = (found[1] || found[3]).replaceAll("-", "−");
    return this.settings.prefix ? sign + found[2] : found[2] + sign;
  }

  worth(text) {
    const found = GRADE.exec(text);
    if (!found) return null;
    const sign = found[1] || found[3];
    return scaled(found[2]) + (sign && this.settings.modifiers[sign] ? scaled(this.settings.modifiers[sign]) : 0n);
  }

  #counting(values) {
    if (values.length === 0 || this.settings.resit === "both") return values;
    if (this.settings.resit === "last") return [values.at(-1)];
    return [values.reduce((best, one) => (one > best ? one : best))];
  }

  /** As shown; «—» where nothing counts. */
  average(pupil) {
    const marks = [];
    for (const column of this.columns.values()) {
      if (column.kind !== "mark" || column.semester !== this.semester) continue;
      const values = this.texts(column.id, pupil).map((one) => this.worth(one.text)).filter((one) => one !== null);
      for (const value of this.#counting(values)) marks.push([value, scaled(column.weight)]);
    }
    if (marks.length === 0) return this.#percent(pupil);
    const weights = marks.reduce((sum, [, weight]) => sum + weight, 0n);
    if (weights === 0n) {
      return shownFraction(marks.reduce((sum, [value]) => sum + value, 0n), BigInt(marks.length) * SCALE);
    }
    return shownFraction(marks.reduce((sum, [value, weight]) => sum + value * weight, 0n), weights * SCALE);
  }

  #percent(pupil) {
    let got = 0n;
    let most = 0n;
    for (const column of this.columns.values()) {
      if (column.kind !== "points" || column.semester !== this.semester) continue;
      const said = this.texts(column.id, pupil).filter((one) => POINTS.test(one.text)).map((one) => scaled(one.text));
      for (const value of this.#counting(said)) {
        got += value;
        most += scaled(column.points_max);
      }
    }
    return most === 0n ? "—" : `${shownFraction(got * 100n, most)} %`;
  }

  /** Grades that a pupil brought from another class of the year. */
  elsewhere(pupil) {
    const found = new Map();
    for (const column of this.columns.values()) {
      if (column.class_id === this.about.class_id || column.semester !== this.semester) continue;
      const texts = this.texts(column.id, pupil).map((one) => this.shown(one.text));
      if (texts.length === 0) continue;
      found.set(column.class_name, [...(found.get(column.class_name) ?? []), texts.join("→")]);
    }
    return [...found].map(([name, grades]) => this.words.other_class.replace("{name}", name).replace("{grades}", grades.join(", "))).join("; ");
  }

  inWords(column) {
    const period = column.kind === "proposed" || column.kind === "settled";
    return column.kind === "descriptive" || (period && this.about.level <= this.settings.descriptive_to_level);
  }
}
