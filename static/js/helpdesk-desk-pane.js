// The ticket beside the list: its page is fetched, its forms are sent without leaving, and what was typed is kept.

import { connect } from "./live.js";
import { beHere, companyLine, watchCompany } from "./helpdesk-company.js";
import { follow, take, touched } from "./helpdesk-parts.js";
import { askSignIn } from "./schools-sign-in.js";
import { forgetDraft, keepForm } from "./shell/forms.js";

const KEPT = 12; // panes with something unsent in them
const HTML = { credentials: "same-origin", headers: { Accept: "text/html" } };

export class Pane {
  /** `desk`: {me, words, tell(text, kind, button), opened(ticketId, number), lost(number), sent(number)}. */
  constructor(box, desk) {
    this.box = box;
    this.desk = desk;
    this.root = null;
    this.asked = 0;
    this.kept = new Map(); // by number: a pane whose forms hold what was not sent
    this.sending = new WeakSet();
    this.nothing = box.querySelector(".hd-nothing");
    box.addEventListener("submit", (event) => {
      if (event.target.method === "dialog" || event.target.method === "get") return;
      event.preventDefault();
      this.send(event.target, event.submitter);
    });
  }

  get number() {
    return this.root?.dataset.number ?? "";
  }

  get ticketId() {
    return Number(this.root?.dataset.ticket ?? 0);
  }

  heading() {
    const heading = this.root?.querySelector("[data-heading]");
    heading?.focus({ preventScroll: true });
    return Boolean(heading);
  }

  /** Takes what the server has drawn beside the list. */
  adopt() {
    const root = this.box.querySelector("[data-live=inside]");
    if (root) this.#show(root);
  }

  /** Whether it is open now; false: it could not be reached, or another one was asked for meanwhile. */
  async open(number) {
    const mine = ++this.asked;
    if (number === this.number) return true;
    const kept = this.kept.get(number);
    let root = kept;
    if (!kept) {
      this.box.setAttribute("aria-busy", "true");
      const fresh = await this.#load(`/pomoc/obsluga/${number}`);
      if (mine !== this.asked) return false;
      this.box.removeAttribute("aria-busy");
      root = fresh?.querySelector("[data-live=inside]");
      if (!root) return false;
      root = document.importNode(root, true);
    }
    this.#put(root);
    if (kept) this.following.soon();
    return true;
  }

  close() {
    this.asked += 1;
    this.#away();
    this.box.replaceChildren(...(this.nothing ? [this.nothing] : []));
    this.desk.opened(0, "");
  }

  #put(root) {
    this.#away();
    this.box.replaceChildren(root);
    this.#show(root);
  }

  #away() {
    if (!this.root) return;
    this.following.leave();
    this.company.leave();
    this.here?.leave();
    document.dispatchEvent(new CustomEvent("gryf:clocks-left", { detail: { root: this.root } }));
    this.kept.delete(this.number);
    if (touched(this.root) || fieldsTouched(this.root)) {
      this.kept.set(this.number, this.root);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    }
    this.root = null;
  }

  #show(root) {
    const again = this.kept.delete(root.dataset.number);
    this.root = root;
    this.following = follow(root, { page: () => root.dataset.page, drawn: () => this.#keep() });
    const line = root.querySelector("[data-company-line]");
    const room = `helpdesk/ticket/${root.dataset.ticket}/company`;
    this.company = watchCompany(room, this.desk.me, (_id, people) => companyLine(line, people, this.desk.words));
    this.here = root.dataset.works === "yes" ? beHere(root.dataset.number, root) : null;
    document.dispatchEvent(new CustomEvent("gryf:clocks-wanted", { detail: { root } }));
    if (!again) this.#keep();
    this.desk.opened(this.ticketId, this.number, root.dataset.title);
  }

  /** The composer's draft, in this tab, under the name of the ticket's own page. */
  #keep() {
    const form = this.root?.querySelector("[data-say]");
    if (!form || form.dataset.kept) return;
    form.dataset.kept = "1";
    keepForm(form, draftKey(form), { restored: this.desk.words.kept, discard: this.desk.words.discard }, this.desk.tell);
  }

  /** A page of the helpdesk; null: it could not be had, and that was told. */
  async #load(path) {
    let answer;
    try {
      answer = await fetch(path, HTML);
    } catch {
      this.desk.tell(this.desk.words.no_page, "warning");
      return null;
    }
    if (answer.redirected && new URL(answer.url).pathname !== new URL(path, location.href).pathname) {
      this.#signIn(() => this.desk.retry(path));
      return null;
    }
    if (!answer.ok) {
      this.desk.tell(await titleOf(answer), "warning");
      return null;
    }
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  #signIn(then) {
    askSignIn(
      { account: this.desk.me, words: this.desk.words },
      async () => {
        await renewTokens(this.root);
        then();
      },
      () => connect().renew(),
    );
  }

  async send(form, submitter, again = false) {
    if (this.sending.has(form)) return;
    this.sending.add(form);
    submitter?.setAttribute("aria-disabled", "true");
    try {
      await this.#send(form, submitter, again);
    } finally {
      this.sending.delete(form);
      submitter?.removeAttribute("aria-disabled");
    }
  }

  async #send(form, submitter, again) {
    const { root } = this;
    const isSay = form.matches("[data-say]");
    const data = new FormData(form, submitter);
    const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    const path = submitter?.getAttribute("formaction") ?? form.getAttribute("action");
    let answer;
    try {
      answer = await fetch(path, { ...HTML, method: "POST", body });
    } catch {
      stillUnsent(form);
      this.desk.tell(this.desk.words.no_network, "warning");
      return;
    }
    if (answer.status === 401 || (answer.redirected && !new URL(answer.url).pathname.startsWith("/pomoc/"))) {
      stillUnsent(form);
      this.#signIn(() => this.send(form, submitter, true));
      return;
    }
    if (answer.status === 403 && !again) {
      stillUnsent(form);
      if (await renewTokens(root)) await this.#send(form, submitter, true); // the token of a session that has ended
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live=inside]");
    const refused = answer.status === 409 || answer.status === 422;
    if (!answer.ok && !refused) {
      stillUnsent(form);
      this.desk.tell(page.querySelector("h1")?.textContent.trim() || this.desk.words.refused, "danger");
      return;
    }
    if (refused && fresh) {
      stillUnsent(form);
      if (this.root === root) this.#refused(form, fresh, isSay);
      return;
    }
    if (isSay) forgetDraft(draftKey(form));
    this.here?.sent();
    this.#told(page);
    if (this.root !== root) return; // somebody has moved on meanwhile
    if (!fresh || fresh.dataset.number !== root.dataset.number) {
      form.reset();
      this.desk.lost(root.dataset.number);
      return;
    }
    take(root, fresh, form);
    this.#keep();
    this.desk.sent(root.dataset.number, { state: submitter?.name === "state" ? submitter.value : "", isSay });
  }

  /** What was typed stays; what is wrong stands over it and is read first. */
  #refused(form, fresh, isSay) {
    if (isSay) {
      const summary = fresh.querySelector("[data-say]")?.closest("section").querySelector(".error-summary");
      form.closest("section").querySelector(".error-summary")?.remove();
      if (summary) form.before(document.importNode(summary, true));
    } else take(this.root, fresh, form);
    const place = this.root.querySelector(".error-summary") ?? this.root.querySelector(".field-error");
    place?.setAttribute("tabindex", "-1");
    place?.focus();
  }

  /** What the server has said on the page it leads to, with its way back. */
  #told(page) {
    for (const flash of page.querySelectorAll("#flashes > .flash")) {
      const undo = flash.querySelector("form");
      const text = flash.querySelector(".grow").textContent;
      this.desk.tell(text, "success", undo && { text: undo.textContent.trim(), press: () => this.send(undo, null) });
    }
  }
}

function draftKey(form) {
  const page = form.getAttribute("action").replace(/\/say$/, "");
  return `gryf:draft:${page}:${form.dataset.keep ?? form.dataset.draft}`;
}

function fieldsTouched(root) {
  const form = root.querySelector("[data-fields]");
  if (!form) return false;
  return [...form.querySelectorAll("[data-field]")].some((field) => {
    const name = field.dataset.field;
    return form.elements.namedItem(name)?.value !== form.elements.namedItem(`was_${name}`)?.value;
  });
}

/** A draft that was marked as sent is one again. */
function stillUnsent(form) {
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

async function titleOf(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("h1")?.textContent.trim() ?? "";
}

/** Forms get the token of the session of now. */
async function renewTokens(root) {
  if (!root) return false;
  try {
    const answer = await fetch(root.dataset.page, HTML);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector('[data-live=inside] [name="csrf_token"]')?.value;
    if (!token) return false;
    for (const field of root.querySelectorAll('[name="csrf_token"]')) field.value = token;
    return true;
  } catch {
    return false;
  }
}
