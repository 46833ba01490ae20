// The councillor's phone: presence, and a vote in one press. What was pressed is sent until the server has it; a request
// keeps its name (`op_id`) however often it is sent, so it counts once. After a cut the server's word is shown.

import { call } from "./api.js";
import { drawVote, kindText, said, setText } from "./council-votes-view.js";

const PAUSES_MS = [500, 1000, 2000, 4000];

export function mount({ words, live, ledger }) {
  const root = document.querySelector("[data-votes-phone]");
  if (words.seat === null) {
    root.hidden = true;
    return;
  }
  new Phone(root, { words, live, ledger });
}

class Phone {
  #ballots = new Map();
  #member = null;
  #sending = null; // {voteId, choice, opId}: on its way
  #asked = null; // a secret choice that waits for its confirmation
  #trouble = "";

  constructor(root, { words, live, ledger }) {
    Object.assign(this, { root, words, ledger });
    this.base = `/api/council/sessions/${words.session}`;
    live.join(`council/session/${words.session}/votes/own/${words.seat}`, {
      snapshot: (view) => {
        this.#member = view.member;
        this.#ballots = new Map(view.ballots.map((ballot) => [ballot.vote_id, ballot]));
        this.draw();
      },
      event: (event) => {
        if (event.type === "BallotCast") this.#learn(event.ballot);
        if (event.type === "OwnAttendanceChanged" && event.member.rev >= (this.#member?.rev ?? 0)) this.#member = event.member;
        this.draw();
      },
    });
    ledger.addEventListener("change", () => this.draw());
    root.querySelector("[data-here]").addEventListener("click", (event) => this.#here(event.currentTarget));
    root.querySelector("[data-choices]").addEventListener("click", (event) => {
      const button = event.target.closest("[data-choice]");
      if (button) this.#press(button.dataset.choice === "none" ? null : button.dataset.choice);
    });
    root.querySelector("[data-confirm]").addEventListener("click", () => this.#send(this.#asked.choice));
    addEventListener("beforeunload", (event) => this.#sending && event.preventDefault());
    this.draw();
  }

  #learn(ballot) {
    if (ballot.rev >= (this.#ballots.get(ballot.vote_id)?.rev ?? 0)) this.#ballots.set(ballot.vote_id, ballot);
  }

  async #here(button) {
    button.disabled = true;
    this.#trouble = "";
    try {
      this.#member = await call("POST", `${this.base}/attendance/own`);
    } catch (failure) {
      this.#trouble = failure.status ? failure.message : this.words.offline;
    }
    button.disabled = false;
    this.draw();
  }

  #press(choice) {
    const vote = this.ledger.open()?.vote;
    if (!vote) return;
    if (vote.secret && choice !== null) {
      this.#asked = { voteId: vote.id, choice };
      this.draw();
      this.root.querySelector("[data-confirm]").focus();
    } else if (!vote.secret || choice === null) this.#send(vote.secret ? null : choice);
  }

  async #send(choice) {
    const vote = this.ledger.open()?.vote;
    this.#asked = null;
    if (!vote) return;
    const op = { voteId: vote.id, choice, opId: newId() };
    this.#sending = op; // a newer press takes an older one's place
    this.#trouble = "";
    this.draw();
    for (let attempt = 0; this.#sending === op; attempt += 1) {
      try {
        this.#learn(await call("PUT", `${this.base}/votes/${op.voteId}/ballots/own`, { choice, op_id: op.opId }));
        if (this.#sending === op) this.#sending = null;
        this.#trouble = "";
        if (choice !== null) navigator.vibrate?.(60);
      } catch (failure) {
        if (failure.status && failure.status < 500) {
          if (this.#sending === op) this.#sending = null;
          this.#trouble = failure.message;
        } else {
          this.#trouble = this.words.resending;
          this.draw();
          await new Promise((done) => setTimeout(done, PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]));
        }
      }
    }
    this.draw();
  }

  draw() {
    this.#drawPresence();
    const problem = this.root.querySelector("[data-problem]");
    setText(problem, this.#trouble);
    problem.hidden = !this.#trouble;
    const named = this.ledger.latest();
    const vote = named?.vote ?? null;
    const open = vote?.state === "open";
    const here = ["present", "late"].includes(this.#member?.state);
    const ballot = vote ? this.#ballots.get(vote.id) : null;
    if (open && this.root.dataset.phase !== "open") requestAnimationFrame(() => this.root.scrollIntoView({ block: "start" }));
    this.root.dataset.phase = open ? "open" : "none";
    this.root.querySelector("[data-kicker]").hidden = !open;
    setText(this.root.querySelector("[data-phone-title]"), open ? vote.title : this.words.noVote);
    if (open) {
      setText(this.root.querySelector("[data-kicker] [data-text=number]"), String(vote.number));
      setText(this.root.querySelector("[data-kicker] [data-kind]"), kindText(vote, this.words));
    }
    const closedToMe = open && ((vote.secret && ballot?.voted) || (!this.words.mayChange && ballot?.voted));
    this.#drawChoices(open && here && !closedToMe && !vote.paper, vote, ballot);
    setText(this.root.querySelector("[data-said]"), open ? this.#spoken(vote, ballot) : "");
    this.root.querySelector("[data-said]").dataset.choice = open && ballot?.voted ? (ballot.choice ?? "voted") : "none";
    this.#drawResult(open ? null : named);
  }

  #spoken(vote, ballot) {
    const { words } = this;
    if (vote.paper) return words.paperVote;
    if (this.#sending) return words.sending;
    if (!ballot?.voted) return words.notCast;
    if (vote.secret) return `${words.castSecret}. ${words.final}.`;
    const how = `${said(words.castAs, words.choices[ballot.choice].toUpperCase())}${ballot.by_clerk ? ` (${words.byClerk})` : ""}`;
    return `${how}. ${words.mayChange ? words.mayStillChange : words.final}.`;
  }

  #drawPresence() {
    const box = this.root.querySelector("[data-presence]");
    const state = this.#member?.state ?? box.dataset.state;
    box.dataset.state = state;
    setText(box.querySelector("[data-presence-text]"), this.words.presence[state]);
    box.querySelector("[data-here]").hidden = state === "present" || state === "late";
  }

  #drawChoices(shown, vote, ballot) {
    const choices = this.root.querySelector("[data-choices]");
    choices.hidden = !shown;
    const pressed = this.#sending?.choice ?? (vote?.secret ? (this.#asked?.choice ?? "") : (ballot?.choice ?? ""));
    for (const button of choices.querySelectorAll("[data-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.choice === pressed));
      button.toggleAttribute("data-sending", this.#sending !== null && (this.#sending.choice ?? "none") === button.dataset.choice);
      if (button.dataset.choice === "none") button.hidden = Boolean(vote?.secret);
    }
    const confirm = this.root.querySelector("[data-confirm]");
    if (this.#asked && this.#asked.voteId !== vote?.id) this.#asked = null;
    confirm.hidden = !shown || this.#asked === null;
    if (this.#asked) setText(confirm, said(this.words.confirmSecret, this.words.choices[this.#asked.choice].toUpperCase()));
  }

  #drawResult(named) {
    const place = this.root.querySelector("[data-place]");
    place.hidden = named === null;
    if (!named) return;
    let card = place.querySelector(".vote-card");
    if (!card || card.dataset.id !== String(named.vote.id)) {
      const [template] = this.root.querySelectorAll(":scope > template:not([data-voter])");
      card = template.content.firstElementChild.cloneNode(true);
      place.replaceChildren(card);
    }
    drawVote(card, named, {
      words: this.words,
      voterTemplate: this.root.querySelector("template[data-voter]"),
      repeats: this.ledger.votes.get(named.vote.repeats_id)?.vote,
      repeated: this.ledger.repeatedBy(named.vote),
    });
  }
}

/** 128 random bits; `randomUUID` needs a secure context, and a chamber's network may have none. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
