"""What the office writes of terms, clubs, councillors and committees; each verb is audited."""

from datetime import date

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound
from app.i18n import _
from app.mail import checked_address
from portals.council import rules as council_rules
from portals.council import store as council_store
from portals.council.members import rules, store
from portals.council.members.model import (
    Club,
    CommitteeDraft,
    CommitteeRole,
    CouncillorDraft,
    CouncillorRecord,
    TermDraft,
)
from portals.council.model import Committee, Session, Term


def check_office(actor: Actor) -> None:
    """Raises NotFound for whoever does not keep these lists."""
    if not council_rules.can_run(actor) and actor != SYSTEM:
        raise NotFound


async def access_term(tx: Tx, actor: Actor, term_id: int) -> Term:
    check_office(actor)
    term = await store.term(tx, term_id)
    if term is None:
        raise NotFound
    return term


async def access_councillor(tx: Tx, actor: Actor, councillor_id: int) -> CouncillorRecord:
    check_office(actor)
    councillor = await store.councillor(tx, councillor_id)
    if councillor is None:
        raise NotFound
    return councillor


async def access_committee(tx: Tx, actor: Actor, committee_id: int) -> Committee:
    check_office(actor)
    committee = await store.committee(tx, committee_id)
    if committee is None:
        raise NotFound
    return committee


async def access_club(tx: Tx, actor: Actor, club_id: int) -> Club:
    check_office(actor)
    club = await store.club(tx, club_id)
    if club is None:
        raise NotFound
    return club


async def people_of(tx: Tx, session: Session) -> list[CouncillorRecord]:
    """Who is invited to a session: the committee's members, or the whole council, with addresses."""
    if session.committee_id is not None:
        return await store.committee_members(tx, session.committee_id)
    term = await council_store.newest_term(tx)
    sitting = {one.id for one in await council_store.councillors(tx, term.id)} if term else set()
    return [one for one in (await store.councillors(tx, term.id) if term else []) if one.id in sitting]


async def add_term(database: Database, actor: Actor, draft: TermDraft) -> Term:
    async with database.transaction() as tx:
        check_office(actor)
        await store.lock_terms(tx)
        _raise(rules.term_faults(draft, await store.terms(tx)))
        term = await store.add_term(tx, draft)
        await tx.audit(actor, "term.add", f"term/{term.id}", name=term.name)
        return term


async def change_term(database: Database, actor: Actor, term_id: int, draft: TermDraft) -> Term:
    async with database.transaction() as tx:
        term = await access_term(tx, actor, term_id)
        await store.lock_terms(tx)
        _raise(rules.term_faults(draft, [one for one in await store.terms(tx) if one.id != term.id]))
        term = await store.change_term(tx, term_id, draft)
        await tx.audit(actor, "term.change", f"term/{term.id}", name=term.name)
        return term


async def add_club(database: Database, actor: Actor, term_id: int, name: str) -> int:
    name = " ".join(name.split())
    async with database.transaction() as tx:
        await access_term(tx, actor, term_id)
        _raise(rules.name_faults(name))
        club_id = await store.add_club(tx, term_id, name)
        await tx.audit(actor, "club.add", f"club/{club_id}", name=name)
        return club_id


async def rename_club(database: Database, actor: Actor, club_id: int, name: str) -> None:
    name = " ".join(name.split())
    async with database.transaction() as tx:
        club = await access_club(tx, actor, club_id)
        _raise(rules.name_faults(name))
        await store.rename_club(tx, club.id, name)
        await tx.audit(actor, "club.rename", f"club/{club.id}", before=club.name, name=name)


async def add_councillor(
    database: Database, actor: Actor, term_id: int, draft: CouncillorDraft, club_id: int | None = None
) -> int:
    """Joins the club on the first day of the mandate."""
    async with database.transaction() as tx:
        term = await access_term(tx, actor, term_id)
        draft, account_id = await _checked(tx, draft, term)
        await _check_club(tx, term, club_id)
        councillor_id = await store.add_councillor(tx, term_id, draft, account_id)
        await store.set_club(tx, councillor_id, club_id, draft.mandate_began_on or term.began_on)
        await tx.audit(actor, "councillor.add", f"councillor/{councillor_id}", name=draft.name)
        return councillor_id


async def change_councillor(database: Database, actor: Actor, councillor_id: int, draft: CouncillorDraft) -> None:
    """A mandate that ends takes the seats in committees along."""
    async with database.transaction() as tx:
        before = await access_councillor(tx, actor, councillor_id)
        term = await access_term(tx, actor, before.term_id)
        draft, account_id = await _checked(tx, draft, term, councillor_id)
        await store.change_councillor(tx, councillor_id, draft, account_id)
        if draft.mandate_ended_on is not None:
            await store.end_seats(tx, councillor_id, draft.mandate_ended_on)
        await tx.audit(
            actor,
            "councillor.change",
            f"councillor/{councillor_id}",
            name=draft.name,
            office=draft.office,
            mandate_ended_on=draft.mandate_ended_on,
        )


async def change_club(
    database: Database, actor: Actor, councillor_id: int, club_id: int | None, since: date, today: date
) -> None:
    """Since that day the councillor is in this club, or unaffiliated."""
    async with database.transaction() as tx:
        councillor = await access_councillor(tx, actor, councillor_id)
        term = await access_term(tx, actor, councillor.term_id)
        await _check_club(tx, term, club_id)
        history = await store.club_history(tx, councillor_id)
        _raise(rules.club_faults(history, club_id, since, term, today))
        await store.set_club(tx, councillor_id, club_id, since)
        await tx.audit(
            actor,
            "councillor.club",
            f"councillor/{councillor_id}",
            before=councillor.club_id,
            club=club_id,
            since=since,
        )


async def add_committee(database: Database, actor: Actor, term_id: int, draft: CommitteeDraft) -> Committee:
    async with database.transaction() as tx:
        await access_term(tx, actor, term_id)
        _raise(rules.committee_faults(draft))
        committee = await store.add_committee(tx, term_id, draft)
        await tx.audit(actor, "committee.add", f"committee/{committee.id}", name=committee.name)
        return committee


async def change_committee(database: Database, actor: Actor, committee_id: int, draft: CommitteeDraft) -> Committee:
    async with database.transaction() as tx:
        await access_committee(tx, actor, committee_id)
        _raise(rules.committee_faults(draft))
        committee = await store.change_committee(tx, committee_id, draft)
        await tx.audit(actor, "committee.change", f"committee/{committee.id}", name=committee.name)
        return committee


async def take_seat(
    database: Database, actor: Actor, committee_id: int, councillor_id: int, role: CommitteeRole, since: date
) -> None:
    async with database.transaction() as tx:
        committee = await access_committee(tx, actor, committee_id)
        term = await access_term(tx, actor, committee.term_id)
        councillor = await store.councillor(tx, councillor_id)
        if councillor is None or councillor.term_id != term.id:
            raise Invalid(fields={"councillor": "This person is not in the council of this term"})
        _raise(rules.seat_faults(since, None, term))
        await store.take_seat(tx, committee_id, councillor_id, role, since)
        await tx.audit(actor, "committee.seat", f"committee/{committee_id}", councillor=councillor_id, role=role)


async def change_role(
    database: Database, actor: Actor, committee_id: int, councillor_id: int, role: CommitteeRole
) -> None:
    async with database.transaction() as tx:
        await access_committee(tx, actor, committee_id)
        if not await store.change_role(tx, committee_id, councillor_id, role):
            raise NotFound
        await tx.audit(actor, "committee.role", f"committee/{committee_id}", councillor=councillor_id, role=role)


async def leave_seat(database: Database, actor: Actor, committee_id: int, councillor_id: int, until: date) -> None:
    async with database.transaction() as tx:
        await access_committee(tx, actor, committee_id)
        if not await store.leave_seat(tx, committee_id, councillor_id, until):
            raise Invalid(fields={"until": "A seat ends after it was taken"})
        await tx.audit(actor, "committee.leave", f"committee/{committee_id}", councillor=councillor_id, until=until)


async def _checked(
    tx: Tx, draft: CouncillorDraft, term: Term, councillor_id: int = 0
) -> tuple[CouncillorDraft, int | None]:
    """The draft with a clean name and address, and the account that is named."""
    fields = rules.councillor_faults(draft, term)
    email, account_id = "", None
    if draft.email.strip():
        try:
            email = checked_address(draft.email, "email")
        except Invalid as problem:
            fields |= problem.fields
    if draft.login.strip():
        account_id = await store.account_called(tx, draft.login.strip())
        if account_id is None:
            fields["login"] = _("There is no such account")
    if draft.office == "chair" and await store.has_chair(tx, term.id, councillor_id):
        fields["office"] = _("The council has a chair already")
    _raise(fields)
    clean = msgspec.structs.replace(
        draft,
        name=" ".join(draft.name.split()),
        email=email,
        mandate_end_reason=" ".join(draft.mandate_end_reason.split()),
    )
    return clean, account_id


async def _check_club(tx: Tx, term: Term, club_id: int | None) -> None:
    if club_id is None:
        return
    club = await store.club(tx, club_id)
    if club is None or club.term_id != term.id:
        raise Invalid(fields={"club": "There is no such club in this term"})


def _raise(fields: dict[str, str]) -> None:
    if fields:
        raise Invalid(fields=fields)
