// What is known of a session's attendance and votes: the room's snapshot and what has happened since.
//
//   ledger.addEventListener("change", ({detail}) => …)   // detail.kind: "all", "quorum", "member", "vote"

export class Ledger extends EventTarget {
  quorum = null;
  members = new Map();
  votes = new Map();
  known = false;

  constructor(live, room) {
    super();
    live.join(room, { snapshot: (view) => this.#start(view), event: (event) => this.#hear(event) });
  }

  /** All votes as rows {vote, voters, corrections}, by number. */
  list() {
    return [...this.votes.values()].sort((one, other) => one.vote.number - other.vote.number);
  }

  open() {
    return this.list().find(({ vote }) => vote.state === "open") ?? null;
  }

  /** The vote that is open, or else the one that was opened last. */
  latest() {
    const opened = this.list().filter(({ vote }) => vote.opened_at);
    opened.sort((one, other) => Date.parse(one.vote.opened_at) - Date.parse(other.vote.opened_at));
    return this.open() ?? opened.at(-1) ?? null;
  }

  repeatedBy(vote) {
    return this.list().find((one) => one.vote.repeats_id === vote.id && one.vote.state !== "cancelled")?.vote ?? null;
  }

  #start(view) {
    this.quorum = view.quorum;
    this.members = new Map(view.members.map((member) => [member.councillor_id, member]));
    this.votes = new Map(view.votes.map((named) => [named.vote.id, named]));
    this.known = true;
    this.#tell("all");
  }

  #hear(event) {
    if (event.type === "QuorumChanged" && event.quorum.rev >= (this.quorum?.rev ?? 0)) {
      this.quorum = event.quorum;
      this.#tell("quorum");
    }
    if (event.type === "AttendanceChanged" && isNews(this.members.get(event.member.councillor_id), event.member)) {
      this.members.set(event.member.councillor_id, event.member);
      this.#tell("member", event.member);
    }
    if (event.type === "VoteChanged" && isNews(this.votes.get(event.named.vote.id)?.vote, event.named.vote)) {
      this.votes.set(event.named.vote.id, event.named);
      this.#tell("vote", event.named);
    }
    if (["VoteRemoved", "VoteWithheld"].includes(event.type) && this.votes.delete(event.vote_id)) this.#tell("all");
  }

  #tell(kind, row = null) {
    this.dispatchEvent(new CustomEvent("change", { detail: { kind, row } }));
  }
}

function isNews(known, row) {
  return known === undefined || known.rev <= row.rev;
}
