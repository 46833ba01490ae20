// A discussion as it goes on. What one reads or types is never moved: new comments wait behind «3 nowe», new replies behind
// «1 nowa odpowiedź», unless they come where nobody looks. Screen readers get one polite sentence every few seconds.

import { call } from "./api.js";
import { Composer, complain, question, said, say } from "./dialog-discussion-forms.js";
import { counted, drawFigures, drawProse, fillComment, insertReply, makeComment } from "./dialog-discussion-rows.js";
import { connect } from "./live.js";

const SUMMARY_MS = 5000;
const MOST_WAITING = 40; // more than that: the list is read anew
const MOST = { comment: 3000, answer: 10000 };
const COMMENTS = "/api/dialog/discussion/comments";

class Discussion {
  constructor(root) {
    this.root = root;
    this.words = JSON.parse(root.querySelector("script[data-words]").textContent);
    const mine = JSON.parse(root.dataset.mine);
    this.mine = { endorsed: new Set(mine.endorsed), own: new Set(mine.own), editable: new Set(mine.editable) };
    this.list = root.querySelector("[data-list]");
    this.pinned = root.querySelector("[data-pinned]");
    this.template = root.querySelector("template[data-row]");
    this.pill = root.querySelector("[data-new]");
    this.api = `/api/dialog/blocks/${root.dataset.block}/discussion`;
    this.rev = Number(root.dataset.rev);
    this.at = Date.parse(root.dataset.at);
    this.threadRev = this.rev;
    this.waiting = new Map(); // new roots that are not drawn yet, by id
    this.stale = false;
    this.heard = 0;
    this.composers = new Set();
    root.addEventListener("click", (event) => this.#pressed(event));
    root.addEventListener("discussion:at", (event) => this.main?.at(event.detail.ms));
    root.querySelector("[data-sorts]")?.addEventListener("change", (event) => this.#read(event.target.value));
    root.querySelector("[data-next-page]")?.addEventListener("click", () => this.#further());
    this.pill?.addEventListener("click", () => this.#showNew());
    root.querySelector("[data-pin]")?.addEventListener("click", (event) => this.#pin(event.currentTarget));
    const form = root.querySelector("[data-main-composer] form");
    if (form) this.main = this.#composer(form, "", { asks: true, send: (values) => this.#post(values, null) });
    if (this.list) this.#join();
  }

  get typing() {
    return [...this.composers].some((one) => one.form.isConnected && one.dirty);
  }

  #join() {
    connect().join(this.root.dataset.room, {
      snapshot: (view) => {
        this.#figures(view.thread);
        const news = view.changed.filter((row) => row.rev > this.rev).sort((one, other) => one.rev - other.rev);
        for (const row of news) this.#take(row, Date.parse(row.shown_at) > this.at);
        const oldest = Math.min(...view.changed.map((row) => row.rev));
        if (!view.whole && oldest > this.rev + 1) this.#outOfDate();
        this.rev = Math.max(this.rev, view.thread.rev);
      },
      event: (event) => {
        this.#figures(event.thread);
        if (event.figures) this.#count(event.figures);
        if (event.comment) this.#take(event.comment, event.type === "CommentPosted");
        if (event.root) this.#count(event.root);
        this.rev = Math.max(this.rev, event.thread.rev);
      },
    });
  }

  #find(id) {
    return this.root.querySelector(`.comment[data-id="${id}"]`);
  }

  #figures(thread) {
    if (thread.rev < this.threadRev) return;
    this.threadRev = thread.rev;
    const set = (name, text) => {
      const part = this.root.querySelector(`[data-${name}]`);
      if (part) part.textContent = text;
    };
    set("count", counted(this.words.count, thread.comments));
    set("agree", thread.agree);
    set("against", thread.against);
  }

  #count(figures) {
    const waits = this.waiting.get(figures.id);
    if (waits && waits.rev < figures.rev) this.waiting.set(figures.id, { ...waits, ...figures });
    const item = this.#find(figures.id);
    if (!item || Number(item.dataset.rev) > figures.rev) return;
    item.dataset.rev = figures.rev;
    drawFigures(item, figures);
  }

  /** A row of the server: news, or another state of what is there. */
  #take(row, isNew) {
    const item = this.#find(row.id);
    if (item) {
      if (Number(item.dataset.rev) < row.rev) fillComment(item, row, this.mine, this.words);
      return;
    }
    if (this.waiting.has(row.id)) {
      if (row.state === "shown") this.waiting.set(row.id, row);
      else this.waiting.delete(row.id);
      this.#drawPill();
      return;
    }
    if (!isNew || row.state !== "shown") return;
    this.root.querySelector(`[data-own="${row.id}"]`)?.remove();
    if (row.root_id) this.#newReply(row);
    else if (!this.root.dataset.single) this.#newRoot(row);
  }

  #newRoot(row) {
    this.#tell();
    const place = row.official ? this.pinned : this.list;
    if (!this.#seen(place) && !this.typing) this.#draw(row, place);
    else {
      this.waiting.set(row.id, row);
      this.#drawPill();
    }
  }

  /** Whether something put on top of this list would move what is looked at: nothing can that comes below the window. */
  #seen(list) {
    return list.getBoundingClientRect().top < innerHeight;
  }

  #newReply(row) {
    const root = this.#find(row.root_id);
    if (!root) return;
    this.#tell();
    const more = root.querySelector("[data-do=more-replies]");
    if (Number(more.dataset.more) > 0) {
      this.#setMore(more, Number(more.dataset.more) + 1);
      return;
    }
    const list = root.querySelector("[data-replies]");
    if (list.getBoundingClientRect().bottom > innerHeight && !this.typing) {
      insertReply(list, makeComment(this.template, row, this.mine, this.words), row);
      return;
    }
    root.waiting ??= [];
    root.waiting.push(row);
    more.textContent = counted(this.words.replies, root.waiting.length);
    more.classList.add("comment-new-replies");
    more.hidden = false;
  }

  #drawPill() {
    if (!this.pill) return;
    const count = this.waiting.size;
    this.pill.hidden = count === 0 && !this.stale;
    this.pill.querySelector("[data-new-text]").textContent = this.stale ? this.words.stale : counted(this.words.new, count);
  }

  #outOfDate() {
    this.stale = true;
    this.#drawPill();
  }

  async #showNew() {
    if (this.stale || this.waiting.size > MOST_WAITING) await this.#read(this.root.dataset.sort);
    const rows = [...this.waiting.values()].sort((one, other) => one.rev - other.rev);
    this.waiting.clear();
    let first = null;
    for (const row of rows) {
      if (!this.#find(row.id)) first = this.#draw(row, row.official ? this.pinned : this.list);
    }
    this.#drawPill();
    first?.scrollIntoView({ block: "nearest" });
    first?.querySelector(".comment-card").focus({ preventScroll: true });
  }

  #draw(row, list) {
    const item = makeComment(this.template, row, this.mine, this.words);
    item.classList.add("comment-fresh");
    list.prepend(item);
    this.#emptiness();
    return item;
  }

  #emptiness() {
    const empty = this.root.querySelector("[data-empty]");
    if (empty) empty.hidden = this.list.children.length + this.pinned.children.length > 0;
  }

  /** One sentence for screen readers, however many come. */
  #tell() {
    this.heard += 1;
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      this.root.querySelector("[data-summary]").textContent = counted(this.words.said, this.heard);
      this.heard = 0;
    }, SUMMARY_MS);
  }

  // pages of the list

  #address(sort, after) {
    return `${this.api}?${new URLSearchParams({ subject: this.root.dataset.subject, sort, after })}`;
  }

  #branch(branch) {
    this.#know(branch.mine);
    const item = makeComment(this.template, branch.comment, this.mine, this.words);
    const list = item.querySelector("[data-replies]");
    for (const row of branch.replies) list.append(makeComment(this.template, row, this.mine, this.words));
    list.dataset.last = branch.replies.at(-1)?.id ?? 0;
    this.#setMore(item.querySelector("[data-do=more-replies]"), branch.more);
    return item;
  }

  #know(mine) {
    for (const name of ["endorsed", "own", "editable"]) for (const id of mine?.[name] ?? []) this.mine[name].add(id);
  }

  async #page(sort, after) {
    complain(this.root.querySelector("[data-list-problem]"), "");
    this.list.setAttribute("aria-busy", "true");
    try {
      const page = await call("GET", this.#address(sort, after));
      this.#know(page.mine);
      this.#figures(page.thread);
      Object.assign(this.root.dataset, { sort: page.sort, next: page.next });
      this.root.querySelector("[data-next-page]").hidden = !page.next;
      return page;
    } catch (problem) {
      complain(this.root.querySelector("[data-list-problem]"), problem.status ? problem.message : this.words.failed);
      return null;
    } finally {
      this.list.removeAttribute("aria-busy");
    }
  }

  /** The first page anew; forms in which somebody types keep their comment where it is. */
  async #read(sort) {
    const page = await this.#page(sort, "");
    if (!page) return;
    const kept = [...this.list.children].filter((item) => item.querySelector("form"));
    const keptIds = new Set(kept.map((item) => item.dataset.id));
    this.list.replaceChildren(...kept, ...page.branches.filter((one) => !keptIds.has(String(one.comment.id))).map((one) => this.#branch(one)));
    if (![...this.pinned.children].some((item) => item.querySelector("form"))) {
      this.pinned.replaceChildren(...page.pinned.map((one) => this.#branch(one)));
    }
    this.waiting.clear();
    this.stale = false;
    this.rev = Math.max(this.rev, page.thread.rev);
    this.#drawPill();
    this.#emptiness();
  }

  async #further() {
    const page = await this.#page(this.root.dataset.sort, this.root.dataset.next);
    if (!page) return;
    const added = page.branches.filter((one) => !this.#find(one.comment.id)).map((one) => this.#branch(one));
    this.list.append(...added);
    added[0]?.querySelector(".comment-card").focus({ preventScroll: true });
  }

  #setMore(button, count) {
    button.dataset.more = count;
    button.hidden = count === 0;
    button.classList.remove("comment-new-replies");
    button.textContent = counted(this.words.more, count);
  }

  async #moreReplies(item, button) {
    const list = item.querySelector("[data-replies]");
    if (item.waiting?.length) {
      for (const row of item.waiting) if (!this.#find(row.id)) insertReply(list, makeComment(this.template, row, this.mine, this.words), row);
      item.waiting = [];
      this.#setMore(button, 0);
      return;
    }
    button.disabled = true;
    try {
      // replies that came live may stand behind ones that were never read: only what pages brought counts
      const page = await call("GET", `${COMMENTS}/${item.dataset.id}/replies?after=${list.dataset.last ?? 0}`);
      this.#know(page.mine);
      list.dataset.last = page.replies.at(-1)?.id ?? list.dataset.last;
      const added = page.replies.filter((row) => !this.#find(row.id)).map((row) => {
        const reply = makeComment(this.template, row, this.mine, this.words);
        insertReply(list, reply, row);
        return reply;
      });
      this.#setMore(button, page.more);
      added[0]?.querySelector(".comment-card").focus({ preventScroll: true });
    } catch (problem) {
      say(said(problem, this.words), "danger");
    } finally {
      button.disabled = false;
    }
  }

  // writing

  #composer(form, parent, options) {
    const { block, subject } = this.root.dataset;
    const composer = new Composer(form, {
      name: `gryf:discussion:${block}:${subject}:${parent}`,
      words: this.words,
      most: MOST.comment,
      people: (q) => call("GET", `${this.api}/people?${new URLSearchParams({ q, subject })}`),
      ...options,
    });
    this.composers.add(composer);
    return composer;
  }

  async #post({ text, alignment, anchor_ms, sent_key }, parent) {
    const draft = { text, alignment, anchor_ms, sent_key, parent_id: parent };
    this.#posted(await call("POST", this.api, { draft, subject: this.root.dataset.subject }));
  }

  #posted({ comment, own }) {
    if (own) {
      this.#ownRow(own);
      say(this.words.held, "info");
      return;
    }
    this.mine.own.add(comment.id);
    this.mine.editable.add(comment.id);
    this.#place(comment);
  }

  #place(row) {
    this.waiting.delete(row.id);
    this.#drawPill();
    let item = this.#find(row.id);
    if (item) {
      fillComment(item, row, this.mine, this.words);
      return;
    }
    if (row.root_id) {
      const list = this.#find(row.root_id)?.querySelector("[data-replies]");
      if (!list) return;
      item = makeComment(this.template, row, this.mine, this.words);
      const root = list.closest(".comment");
      root.waiting = root.waiting?.filter((one) => one.id !== row.id);
      insertReply(list, item, row);
    } else item = this.#draw(row, row.official ? this.pinned : this.list);
    item.classList.add("comment-fresh");
    item.scrollIntoView({ block: "nearest" });
  }

  #ownRow(own) {
    const box = this.root.querySelector("[data-own-box]");
    const item = document.createElement("li");
    item.className = "own-comment";
    item.dataset.own = own.id;
    const state = document.createElement("p");
    state.className = "small";
    state.append(Object.assign(document.createElement("strong"), { textContent: this.words.waits }));
    const body = document.createElement("div");
    body.className = "comment-body";
    drawProse(body, own.body, this.words);
    item.append(state, body);
    box.querySelector("[data-own-list]").prepend(item);
    box.hidden = false;
  }

  /** A form below a comment; pressed again it gets the focus. */
  #formAt(item, kind, options) {
    const card = item.querySelector(":scope > .comment-card");
    const open = card.querySelector(":scope > form");
    if (open?.dataset.kind === kind) {
      open.elements.text.focus();
      return;
    }
    open?.querySelector("[data-cancel]").click();
    const form = this.root.querySelector("template[data-form]").content.firstElementChild.cloneNode(true);
    form.dataset.kind = kind;
    card.append(form);
    const close = () => {
      this.composers.delete(composer);
      form.remove();
      card.querySelector(`[data-do=${kind}]`)?.focus();
    };
    const composer = this.#composer(form, `${kind}-${item.dataset.id}`, {
      ...options,
      cancel: close,
      send: async (values) => {
        await options.send(values);
        composer.forget();
        close();
      },
    });
    composer.field.focus();
  }

  #reply(item, kind) {
    const name = item.querySelector("[data-text=author_name]").textContent;
    const id = Number(item.dataset.id);
    if (kind === "reply") {
      const deep = Number(item.dataset.depth) >= 3;
      this.#formAt(item, kind, {
        title: this.words.reply_to.replace("%", name),
        text: deep && name !== this.words.anonymous && name !== this.words.erased ? `@${name} ` : "",
        send: (values) => this.#post(values, id),
      });
    } else {
      this.#formAt(item, kind, {
        title: this.words.answer_to.replace("%", name),
        office: this.root.dataset.officeName,
        most: MOST.answer,
        send: (values) => this.#answer(values, id),
      });
    }
  }

  async #answer({ text, office }, parent) {
    const row = await call("POST", `${this.api}/answers`, { office, text, parent_id: parent, subject: this.root.dataset.subject });
    this.#place(row);
  }

  #pin(button) {
    const place = this.root.querySelector("[data-office-composer]");
    if (place.firstElementChild) {
      place.querySelector("textarea").focus();
      return;
    }
    const form = this.root.querySelector("template[data-form]").content.firstElementChild.cloneNode(true);
    place.append(form);
    const close = () => {
      this.composers.delete(composer);
      form.remove();
      button.focus();
    };
    const composer = this.#composer(form, "office", {
      title: this.words.answer,
      office: this.root.dataset.officeName,
      most: MOST.answer,
      cancel: close,
      send: async (values) => {
        await this.#answer(values, null);
        composer.forget();
        close();
      },
    });
    composer.field.focus();
  }

  async #edit(item) {
    const id = item.dataset.id;
    const source = await call("GET", `${COMMENTS}/${id}/source`);
    this.#formAt(item, "edit", {
      title: this.words.change,
      text: source.text,
      asks: Number(item.dataset.depth) === 1,
      alignment: source.alignment,
      send: async ({ text, alignment }) => this.#posted(await call("PUT", `${COMMENTS}/${id}`, { text, alignment })),
    });
  }

  // what one does with a comment

  async #pressed(event) {
    const button = event.target.closest("button[data-do], button[data-own-do]");
    if (!button || button.disabled) return;
    if (button.dataset.ownDo) {
      this.#ownPressed(button.closest("[data-own]"), button.dataset.ownDo);
      return;
    }
    const item = button.closest(".comment");
    const path = `${COMMENTS}/${item.dataset.id}`;
    try {
      switch (button.dataset.do) {
        case "endorse":
          await this.#endorse(item, button, path);
          break;
        case "reply":
        case "answer":
          this.#reply(item, button.dataset.do);
          break;
        case "edit":
          await this.#edit(item);
          break;
        case "more-replies":
          await this.#moreReplies(item, button);
          break;
        case "moment":
          this.#moment(button);
          break;
        case "history":
          await this.#history(path);
          break;
        case "withdraw":
          question(this.root, "withdraw", this.words, () => call("DELETE", path));
          break;
        case "report":
          question(this.root, "report", this.words, async (form) => {
            await call("POST", `${path}/reports`, { reason: form.elements.reason.value, note: form.elements.note.value });
            say(this.words.reported);
          });
          break;
        case "remove":
          question(this.root, "remove", this.words, (form) => call("POST", `${path}/refuse`, { reason: form.elements.reason.value }));
          break;
      }
    } catch (problem) {
      say(said(problem, this.words), "danger");
    }
  }

  async #endorse(item, button, path) {
    const given = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(given));
    try {
      const figures = await call(given ? "PUT" : "DELETE", `${path}/endorsement`);
      this.mine.endorsed[given ? "add" : "delete"](figures.id);
      this.#count(figures);
    } catch (problem) {
      button.setAttribute("aria-pressed", String(!given));
      throw problem;
    }
  }

  #moment(button) {
    const [minutes, seconds] = button.querySelector("[data-text=minute]").textContent.split(":").map(Number);
    this.root.dispatchEvent(new CustomEvent("discussion:moment", { bubbles: true, detail: { ms: (minutes * 60 + seconds) * 1000 } }));
  }

  async #history(path) {
    const { versions } = await call("GET", `${path}/history`);
    const dialog = this.root.querySelector("[data-dialog=history]");
    const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short", timeZone: document.documentElement.dataset.timeZone || undefined });
    dialog.querySelector("[data-versions]").replaceChildren(
      ...versions.map((version) => {
        const item = document.createElement("li");
        const when = Object.assign(document.createElement("p"), { className: "small muted", textContent: this.words.until.replace("%", moment.format(new Date(version.until_at))) });
        const body = Object.assign(document.createElement("div"), { className: "comment-body" });
        drawProse(body, version.body, this.words);
        item.append(when, body);
        return item;
      }),
    );
    dialog.showModal();
  }

  #ownPressed(item, what) {
    const path = `${COMMENTS}/${item.dataset.own}`;
    if (what === "withdraw") {
      question(this.root, "withdraw", this.words, async () => {
        await call("DELETE", path);
        item.remove();
      });
      return;
    }
    question(this.root, "appeal", this.words, async (form) => {
      await call("POST", `${path}/appeal`, { text: form.elements.text.value });
      item.querySelector("[data-own-do=appeal]").remove();
      say(this.words.appealed);
    });
  }
}

for (const root of document.querySelectorAll("[data-discussion]")) new Discussion(root);

// a lasting link to a comment of a long thread: its own page marks it
const single = document.querySelector("[data-single]");
if (single) document.getElementById(`comment-${single.dataset.single}`)?.classList.add("comment-target");
