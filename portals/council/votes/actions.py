"""What people do with votes. Each verb checks, writes, publishes and leaves an audit line in one transaction.

Other parts of the portal read closed votes through `closed_votes` and `closed_vote`.
"""

from typing import Final

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.i18n import _
from app.identity.keys import Keys
from portals.council.votes import rules, store, urn, views
from portals.council.votes.access import (
    VotingDesk,
    access_opening,
    access_roll,
    access_vote,
    access_voting_desk,
)
from portals.council.votes.model import Choice, NamedVote, Vote, VoteDraft, Voter
from portals.council.votes.paper import rules as paper_rules
from portals.council.votes.reasons import checked_reason

LATE: Final = _("The vote is closed: ballots are no longer taken")


async def closed_votes(tx: Tx, actor: Actor, session_id: int) -> list[NamedVote]:
    """The closed votes of a session with choices by name, as anybody may read them (imienny wykaz głosowań)."""
    view = await views.votes_view(tx, actor, session_id)
    return [one for one in view.votes if one.vote.state == "closed"]


async def closed_vote(tx: Tx, actor: Actor, session_id: int, vote_id: int) -> NamedVote:
    """One of them. Raises `NotFound` for a vote that is not closed, or not for the public yet."""
    named = await views.public_vote(tx, actor, session_id, vote_id)
    if named.vote.state != "closed":
        raise NotFound
    return named


async def prepare_vote(database: Database, actor: Actor, session_id: int, draft: VoteDraft) -> Vote:
    """Writes a draft: residents see nothing of it until it is opened."""
    async with database.transaction() as tx:
        desk = await access_voting_desk(tx, actor, session_id)
        return await prepare_in(tx, actor, desk, draft)


async def prepare_in(tx: Tx, actor: Actor, desk: VotingDesk, draft: VoteDraft) -> Vote:
    """The same within a transaction at hand."""
    if desk.session.state == "ended":
        raise Conflict("The session has ended; its record does not change any more")
    draft = await _checked(tx, desk, draft)
    vote = await store.add_vote(
        tx,
        desk.session.id,
        title=draft.title,
        item_id=draft.item_id,
        secret=draft.secret,
        majority=draft.majority,
        abstentions_count=desk.statute.abstentions_count,
        tie=desk.statute.tie,
        paper=draft.paper,
        candidates=draft.candidates,
    )
    await views.tell_vote(tx, vote, desk.statute)
    await tx.audit(
        actor, "vote.prepare", f"vote/{vote.id}", session=desk.session.id, title=vote.title, majority=vote.majority
    )
    return vote


async def edit_draft(database: Database, actor: Actor, session_id: int, vote_id: int, draft: VoteDraft) -> Vote:
    async with database.transaction() as tx:
        desk = await access_voting_desk(tx, actor, session_id)
        before = await access_vote(tx, actor, session_id, vote_id)
        if before.state != "draft":
            raise Conflict("The vote was opened; only a draft can be changed")
        draft = await _checked(tx, desk, draft, kept=before.majority)
        vote = await store.change_draft(tx, vote_id, draft)
        await views.tell_vote(tx, vote, desk.statute)
        await tx.audit(
            actor, "vote.edit", f"vote/{vote_id}", title=vote.title, majority=vote.majority, secret=vote.secret
        )
        return vote


async def remove_draft(database: Database, actor: Actor, session_id: int, vote_id: int) -> None:
    """Throws a draft away; what was opened once is cancelled with a reason instead."""
    async with database.transaction() as tx:
        await access_voting_desk(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if vote.state != "draft":
            raise Conflict("The vote was opened; only a draft can be removed")
        await store.remove_vote(tx, vote_id)
        views.tell_removed(tx, vote)
        await tx.audit(actor, "vote.remove", f"vote/{vote_id}", session=session_id, title=vote.title)


async def _checked(tx: Tx, desk: VotingDesk, draft: VoteDraft, kept: str = "") -> VoteDraft:
    """The draft as it is kept. Raises `Invalid` that names each field that is wrong."""
    fields: dict[str, str] = {}
    title = " ".join(draft.title.split())
    majority = draft.majority or kept or desk.statute.majorities[0]
    if not title:
        fields["title"] = _("A vote needs a title: what is decided")
    elif len(title) > rules.MAX_TITLE:
        fields["title"] = _("This is too long: 500 characters at most")
    if majority not in desk.statute.majorities and majority != kept:
        fields["majority"] = _("The statute does not know this majority")
    if draft.item_id is not None and not await store.item_exists(tx, desk.session.id, draft.item_id):
        fields["item_id"] = _("This item is not on the agenda any more")
    candidates = paper_rules.clean_names(draft.candidates)
    if draft.paper and not draft.secret:
        fields["paper"] = _("Only a secret vote is held on paper")
    if candidates and not draft.paper:
        fields["candidates"] = _("Candidates are voted on secretly, on paper")
    elif problem := paper_rules.candidate_faults(candidates):
        fields["candidates"] = problem
    if fields:
        raise Invalid(fields=fields)
    return VoteDraft(title, majority, draft.secret, draft.item_id, draft.paper, candidates)


async def open_vote(database: Database, actor: Actor, session_id: int, vote_id: int) -> Vote:
    """From this moment ballots are taken. One vote at a time, and only while there is a quorum."""
    async with database.transaction() as tx:
        desk = await access_opening(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if desk.session.state != "live":
            raise Conflict("The session is not on air")
        other = await store.open_vote(tx, session_id)
        if other is not None:
            if other.id == vote_id:
                raise Conflict("The vote is open already")
            raise Conflict("Another vote is open: close it first")
        if vote.state != "draft":
            raise Conflict("The vote is over; it can only be repeated")
        quorum, members = await views.attendance_of(tx, desk.session, desk.statute)
        if not quorum.met:
            raise Conflict(
                "There is no quorum: %(present)s are present and %(needed)s are needed",
                present=quorum.present,
                needed=quorum.needed,
            )
        vote = await store.begin_vote(
            tx,
            vote,
            entitled=len(members),
            present=quorum.present,
            statutory=quorum.statutory,
            quorum=quorum.needed,
        )
        views.tell_ballots(tx, await views.tell_vote(tx, vote, desk.statute))
        await tx.audit(actor, "vote.open", f"vote/{vote_id}", session=session_id, present=quorum.present)
        return vote


async def close_vote(database: Database, keys: Keys, actor: Actor, session_id: int, vote_id: int) -> Vote:
    """Counts, and tells the result by name at once. Ballots that come after this moment are refused."""
    async with database.transaction() as tx:
        desk = await access_opening(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if vote.state != "open":
            raise Conflict("The vote is not open")
        if vote.paper:
            raise Conflict("This vote is on paper: enter what the counting committee has counted")
        vote = await count_in(tx, keys, vote)
        views.tell_ballots(tx, await views.tell_vote(tx, vote, desk.statute))
        await tx.audit(actor, "vote.close", f"vote/{vote_id}", session=session_id, outcome=vote.outcome)
        return vote


async def count_in(tx: Tx, keys: Keys, vote: Vote) -> Vote:
    """Counts an open vote and writes its result, within a transaction that holds the vote."""
    secret = await urn.count(tx, keys, vote) if vote.secret else []
    await store.note_presence(tx, vote.id)
    voters = (await store.voters(tx, [vote.id]))[vote.id]
    choices = secret if vote.secret else [voter.choice for voter in voters]
    return await _result(tx, vote, voters, rules.tally(choices), closed=True)


async def _result(tx: Tx, vote: Vote, voters: list[Voter], votes: rules.Tally, *, closed: bool) -> Vote:
    present = sum(voter.present or voter.voted for voter in voters)
    decided = rules.outcome(
        votes,
        rules.Counting(
            majority=vote.majority,
            statutory=vote.statutory,
            quorum=vote.quorum,
            present=present,
            abstentions_count=vote.abstentions_count,
            tie=vote.tie,
            chair_choice=rules.chair_choice(voters),
        ),
    )
    return await store.finish_vote(
        tx, vote.id, votes, present=present, absent=len(voters) - votes.cast, outcome=decided, closed=closed
    )


async def cancel_vote(database: Database, actor: Actor, session_id: int, vote_id: int, reason: str) -> Vote:
    """Breaks a vote off: nothing of how people voted is kept."""
    reason = checked_reason(reason)
    async with database.transaction() as tx:
        desk = await access_opening(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if vote.state != "open":
            raise Conflict("The vote is not open")
        if vote.secret:
            await store.empty_urn(tx, vote_id)
        vote = await store.cancel_vote(tx, vote_id, reason)
        views.tell_ballots(tx, await views.tell_vote(tx, vote, desk.statute))
        await tx.audit(actor, "vote.cancel", f"vote/{vote_id}", session=session_id, reason=reason)
        return vote


async def repeat_vote(database: Database, actor: Actor, session_id: int, vote_id: int, reason: str) -> Vote:
    """Prepares a re-vote (reasumpcja), which names the first vote and why."""
    reason = checked_reason(reason)
    async with database.transaction() as tx:
        desk = await access_opening(tx, actor, session_id)
        first = await access_vote(tx, actor, session_id, vote_id)
        return await repeat_in(tx, actor, desk, first, reason)


async def repeat_in(tx: Tx, actor: Actor, desk: VotingDesk, first: Vote, reason: str) -> Vote:
    """The same within a transaction at hand."""
    if desk.session.state == "ended":
        raise Conflict("The session has ended; its record does not change any more")
    if first.state not in {"closed", "cancelled"}:
        raise Conflict("Only a vote that is over can be repeated")
    if await store.repetition_of(tx, first.id) is not None:
        raise Conflict("This vote was repeated already")
    vote = await store.add_vote(
        tx,
        desk.session.id,
        title=first.title,
        item_id=first.item_id,
        secret=first.secret,
        majority=first.majority,
        abstentions_count=first.abstentions_count,
        tie=first.tie,
        repeats_id=first.id,
        reason=reason,
        paper=first.paper,
        candidates=first.candidates,
    )
    await views.tell_vote(tx, vote, desk.statute)
    await tx.audit(actor, "vote.repeat", f"vote/{vote.id}", session=desk.session.id, first=first.id, reason=reason)
    return vote


async def correct_vote(
    database: Database,
    actor: Actor,
    session_id: int,
    vote_id: int,
    councillor_id: int,
    choice: Choice | None,
    reason: str,
) -> NamedVote:
    """Puts one named ballot right after the close, with a reason that everybody can read. The result follows."""
    reason = checked_reason(reason)
    async with database.transaction() as tx:
        desk = await access_roll(tx, actor, session_id)
        vote = await access_vote(tx, actor, session_id, vote_id)
        if vote.secret:
            raise Conflict("A secret ballot cannot be corrected: nobody knows whose it is")
        if vote.state != "closed":
            raise Conflict("The vote is not closed")
        before = await store.voter(tx, vote_id, councillor_id)
        if before is None:
            raise NotFound
        if before.choice == choice:
            raise Invalid(fields={"choice": "This is what is written already"})
        await store.add_correction(tx, before, choice, reason, actor.account_id)
        after = await store.set_choice(tx, vote_id, councillor_id, choice, by_clerk=True)
        voters = (await store.voters(tx, [vote_id]))[vote_id]
        votes = rules.tally(voter.choice for voter in voters)
        vote = await _result(tx, vote, voters, votes, closed=False)
        named = await views.tell_vote(tx, vote, desk.statute)
        views.tell_ballot(tx, vote, after)
        await tx.audit(
            actor,
            "vote.correct",
            f"vote/{vote_id}",
            session=session_id,
            councillor=before.name,
            before=before.choice,
            after=choice,
            reason=reason,
            outcome=vote.outcome,
        )
        return views.shown(named, desk.statute)
