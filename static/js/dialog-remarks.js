// A draft with remarks: its text, the remarks beside it, live. One `Draft` for each block of the page.
//
// Rows are drawn from the page's <template>; what others write while somebody reads waits behind «New remarks: 3».

import { call } from "./api.js";
import { Composer, Hiding } from "./dialog-remarks-forms.js";
import { drawMarks } from "./dialog-remarks-text.js";
import { connect } from "./live.js";
import { clone, fill } from "./rows.js";

const words = JSON.parse(document.getElementById("remarks-words")?.textContent ?? "{}");
const language = document.documentElement.lang || "pl";
const timeZone = document.documentElement.dataset.timeZone || undefined;
const moments = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", timeZone });
const days = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone });
const SPREAD_MS = 2500; // a crowd does not come back at once
const KINDS = { accepted: "success", partly: "warning", rejected: "danger", explained: "info" };

const say = (text, kind = "success") => document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text, kind } }));

class Draft {
  constructor(root) {
    this.root = root;
    this.id = Number(root.dataset.draft);
    this.version = Number(root.dataset.version);
    this.isLive = "live" in root.dataset;
    this.mine = new Set(root.dataset.mine.split(" ").filter(Boolean).map(Number));
    this.text = root.querySelector("[data-text-of]");
    this.list = root.querySelector("[data-remarks-list]");
    this.template = root.querySelector("template[data-row]");
    this.marks = new Map(); // id → {id, ordinal, starts, ends, rev, state}
    this.known = new Map(); // id → rev of rows that came
    this.waiting = new Map(); // rows that came while somebody read
    this.shown = ""; // the paragraph whose remarks are shown; "": the newest of all, "lost": those without a place
    this.changedOnes = new Set();
    this.frame = 0;
    root.addEventListener("click", (event) => this.pressed(event));
    this.composer = root.querySelector("[data-composer]") ? new Composer(this, words, say) : null;
    this.hiding = root.querySelector("[data-hiding]") ? new Hiding(this, say) : null;
    if (this.isLive) this.join();
    else this.takeMarks(JSON.parse(document.getElementById(`remarks-marks-${this.id}`).textContent));
    addEventListener("hashchange", () => this.openAddressed());
    this.openAddressed();
  }

  // what comes

  join() {
    connect().join(`dialog/remarks/${this.id}`, {
      snapshot: (view) => {
        if (view.version > this.version) this.newer();
        else this.takeMarks(view.marks);
      },
      event: (event) => {
        if (event.type === "RemarkChanged") this.take(event.remark);
        else if (event.version > this.version) this.newer();
      },
    });
  }

  /** There is a newer version. The consultation's page draws itself anew; where the block stands alone, this does. */
  newer() {
    if (this.composer?.isOpen) this.composer.newer();
    else if (!document.querySelector("[data-changed]") || document.querySelector('[data-live="phase"]')) setTimeout(() => location.reload(), 300 + Math.random() * SPREAD_MS);
  }

  takeMarks(marks) {
    const fresh = this.marks.size > 0;
    for (const [id, ordinal, starts, ends, rev, state] of marks) {
      const known = this.marks.get(id);
      if (known && known.rev >= rev) continue;
      if (fresh && (known ? this.rowOf(id) : true)) this.fetch(id); // it happened while the link was cut
      this.setMark({ id, ordinal, starts, ends, rev, state });
    }
  }

  setMark(mark) {
    const before = this.marks.get(mark.id);
    if (before) this.changedOnes.add(before.ordinal);
    this.marks.set(mark.id, mark);
    this.changedOnes.add(mark.ordinal);
    this.frame ||= requestAnimationFrame(() => this.drawChanged());
  }

  drawChanged() {
    this.frame = 0;
    const by = new Map();
    for (const mark of this.marks.values()) {
      if (mark.state !== "shown" || !this.changedOnes.has(mark.ordinal)) continue;
      by.set(mark.ordinal, [...(by.get(mark.ordinal) ?? []), mark]);
    }
    for (const ordinal of this.changedOnes) {
      const paragraph = this.text.querySelector(`[data-ordinal="${ordinal}"]`);
      if (!paragraph) continue;
      const marks = by.get(ordinal) ?? [];
      const button = paragraph.querySelector("[data-show]");
      button.hidden = marks.length === 0;
      button.querySelector("[data-count]").textContent = marks.length;
      button.setAttribute("aria-label", words.count.replace("%", marks.length).replace("%", paragraph.dataset.place));
      drawMarks(paragraph, marks);
    }
    this.changedOnes.clear();
  }

  async fetch(id) {
    try {
      this.take(await call("GET", `/api/dialog/remarks/${id}`));
    } catch {
      // it comes with the next snapshot
    }
  }

  /** A remark as it is now, from the room or from an answer. `own`: shown at once. */
  take(row, own = false) {
    if ((this.known.get(row.id) ?? 0) >= row.rev && !own) return;
    this.known.set(row.id, row.rev);
    const { id, ordinal, starts, ends, rev, state } = row;
    if ((this.marks.get(id)?.rev ?? 0) < rev) this.setMark({ id, ordinal, starts, ends, rev, state });
    const element = this.rowOf(id);
    if (element) {
      if (Number(element.dataset.rev) < rev) this.draw(element, row);
      return;
    }
    if (!this.belongs(row)) return;
    if (own || this.mine.has(id)) this.put(row);
    else {
      this.waiting.set(id, row);
      this.drawNews();
    }
  }

  belongs(row) {
    if (this.shown === "") return true;
    if (this.shown === "lost") return row.ordinal === 0;
    return row.paragraph_id === this.shown;
  }

  // the rows

  rowOf(id) {
    return this.list.querySelector(`:scope > [data-id="${id}"]`);
  }

  draw(element, row) {
    fill(element, {
      ...row,
      author_name: this.authorName(row.author),
      author_organisation: row.author?.organisation ?? "",
      ordinal: undefined,
    });
    element.id = `remark-${row.id}`;
    element.dataset.ordinal = row.ordinal;
    for (const part of element.querySelectorAll("[data-optional]")) part.hidden = !row[part.dataset.optional];
    for (const part of element.querySelectorAll("[data-moment]")) {
      part.dateTime = row[part.dataset.moment];
      part.textContent = (row.paper ? days : moments).format(new Date(row[part.dataset.moment])); // paper: the day counts
    }
    const badge = element.querySelector("[data-position-badge]");
    badge.className = `badge ${KINDS[row.position] ?? ""}`;
    badge.textContent = words[row.position] ?? "";
    element.querySelector("[data-orphan]").hidden = row.how !== "orphan";
    element.querySelector("[data-moved]").hidden = !["context", "fuzzy"].includes(row.how);
    element.querySelector("[data-paper]").hidden = !row.paper;
    element.querySelector("[data-history]").hidden = !row.edited_at;
    element.querySelector("[data-history-list]").hidden = true;
    const verified = element.querySelector("[data-verified]");
    if (verified) verified.hidden = !row.author?.verified;
    const editable = this.mine.has(row.id) && "may" in this.root.dataset && !row.position;
    for (const part of element.querySelectorAll("[data-edit], [data-withdraw]")) part.hidden = !editable;
    return element;
  }

  authorName(author) {
    if (!author) return "";
    return words[author.shown] ?? author.name;
  }

  put(row) {
    this.waiting.delete(row.id);
    this.list.prepend(this.draw(clone(this.template, row), row));
    this.root.querySelector("[data-empty]").hidden = true;
    this.drawNews();
  }

  drawNews() {
    const button = this.root.querySelector("[data-news]");
    button.hidden = this.waiting.size === 0;
    button.querySelector("[data-news-text]").textContent = this.waiting.size ? words.news.replace("%", this.waiting.size) : "";
  }

  /** Shows the remarks of a paragraph (its id), those without a place ("lost"), or the newest of all (""). */
  async show(which, title) {
    const page = await this.load(which);
    if (!page) return;
    this.shown = which;
    this.waiting.clear();
    this.drawNews();
    this.list.replaceChildren(...page.remarks.map((row) => this.draw(clone(this.template, row), row)));
    this.after(page);
    this.root.querySelector("[data-side-title]").textContent = title;
    this.root.querySelector("[data-all]").hidden = which === "";
    this.root.querySelector("[data-back]").hidden = which === "" || which === "lost";
    for (const one of this.text.querySelectorAll("[data-paragraph]")) one.classList.toggle("is-current", one.dataset.paragraph === which);
  }

  async load(which, before) {
    const query = new URLSearchParams();
    if (which) query.set("paragraph", which);
    if (before) query.set("before", before);
    if (!this.isLive) query.set("version", this.version);
    try {
      return await call("GET", `/api/dialog/blocks/${this.id}/remarks?${query}`);
    } catch (problem) {
      say(problem.message, "danger");
      return null;
    }
  }

  after(page) {
    for (const id of page.mine) this.mine.add(id);
    for (const row of page.remarks) this.known.set(row.id, Math.max(row.rev, this.known.get(row.id) ?? 0));
    this.root.querySelector("[data-more]").hidden = !page.more;
    this.root.querySelector("[data-empty]").hidden = this.list.children.length > 0;
  }

  async more() {
    const last = this.list.lastElementChild;
    const page = await this.load(this.shown, last?.dataset.id);
    if (!page) return;
    const first = page.remarks[0];
    this.list.append(...page.remarks.map((row) => this.draw(clone(this.template, row), row)));
    this.after(page);
    if (first) this.rowOf(first.id)?.focus();
  }

  async openAddressed() {
    const found = /^#remark-(\d+)$/.exec(location.hash);
    if (!found) return;
    if (!this.rowOf(found[1])) {
      let row;
      try {
        row = await call("GET", `/api/dialog/remarks/${found[1]}`);
      } catch {
        return; // of another block, or gone
      }
      if (row.paragraph_id && !this.paragraph(row.paragraph_id)) return;
      await this.show(row.paragraph_id ?? "lost", row.paragraph_id ? words.on.replace("%", row.place) : words.lost);
      if (!this.rowOf(row.id)) this.put(row); // older than the first page
    }
    this.rowOf(found[1])?.scrollIntoView({ block: "center" });
    this.rowOf(found[1])?.focus();
  }

  paragraph(id) {
    return this.text.querySelector(`[data-paragraph="${id}"]`);
  }

  // what people press

  async pressed(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const paragraph = button.closest("[data-paragraph]");
    const element = button.closest("[data-id]");
    const has = (name) => button.hasAttribute(`data-${name}`);
    if (has("show")) await this.showOf(paragraph);
    else if (has("add")) this.composer?.open(paragraph, null, button);
    else if (has("all")) await this.show("", words.newest);
    else if (has("back")) this.paragraph(this.shown)?.querySelector("[data-show]")?.focus();
    else if (has("more")) await this.more();
    else if (has("news")) {
      for (const row of [...this.waiting.values()].sort((a, b) => a.id - b.id)) this.put(row);
      this.list.firstElementChild?.focus();
    } else if (element) await this.pressedRow(button, element, has);
  }

  async pressedRow(button, element, has) {
    const id = Number(element.dataset.id);
    if (has("goto")) {
      const paragraph = this.text.querySelector(`[data-ordinal="${element.dataset.ordinal}"]`);
      paragraph?.scrollIntoView({ block: "center" });
      (paragraph?.querySelector("[data-show]:not([hidden])") ?? paragraph?.querySelector("[data-add]"))?.focus({ preventScroll: true });
      paragraph?.classList.add("changed");
      paragraph?.addEventListener("animationend", () => paragraph.classList.remove("changed"), { once: true });
    } else if (has("history")) await this.history(element, id);
    else if (has("edit")) this.composer?.edit(await this.fresh(id), button);
    else if (has("withdraw")) await this.act(`/api/dialog/remarks/${id}/withdraw`, words.withdrawn);
    else if (has("restore")) await this.act(`/api/dialog/remarks/${id}/restore`, words.saved);
    else if (has("hide")) this.hiding?.open(id, button);
  }

  async showOf(paragraph) {
    await this.show(paragraph.dataset.paragraph, words.on.replace("%", paragraph.dataset.place));
    const title = this.root.querySelector("[data-side-title]");
    title.focus({ preventScroll: true });
    const { top } = title.getBoundingClientRect(); // below the text on a telephone, beside it elsewhere
    if (top < 0 || top > innerHeight - 200) title.scrollIntoView({ block: "start" });
  }

  async fresh(id) {
    return call("GET", `/api/dialog/remarks/${id}`);
  }

  async act(path, said) {
    try {
      this.take(await call("POST", path, {}), true);
      say(said);
    } catch (problem) {
      say(problem.message, "danger");
    }
  }

  async history(element, id) {
    const place = element.querySelector("[data-history-list]");
    if (!place.hidden) {
      place.hidden = true;
      return;
    }
    try {
      const { wordings } = await call("GET", `/api/dialog/remarks/${id}/history`);
      place.replaceChildren(
        ...wordings.flatMap((one) => {
          const when = Object.assign(document.createElement("p"), { className: "muted", textContent: words.until.replace("%", moments.format(new Date(one.until))) });
          const text = Object.assign(document.createElement("p"), { className: "remark-text", textContent: [one.text, one.proposal].filter(Boolean).join("\n") });
          return [when, text];
        }),
      );
      place.hidden = false;
    } catch (problem) {
      say(problem.message, "danger");
    }
  }
}

for (const root of document.querySelectorAll("[data-draft]")) new Draft(root);
