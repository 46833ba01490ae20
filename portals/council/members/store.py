"""SQL of the council's people."""

from datetime import date

import asyncpg

from app.database import Tx
from app.errors import Invalid
from portals.council.members.model import (
    Club,
    ClubSpell,
    CommitteeDraft,
    CouncillorDraft,
    CouncillorRecord,
    Seat,
    TermDraft,
)
from portals.council.model import Committee, Term

_COUNCILLOR = (
    "SELECT councillor.id, councillor.term_id, councillor.name, office, club_id, council_club.name AS club, account_id,"
    " login, councillor.email, account.email AS account_email, mandate_began_on, mandate_ended_on, mandate_end_reason,"
    " councillor.rev FROM councillor LEFT JOIN council_club ON council_club.id = club_id"
    " LEFT JOIN account ON account.id = account_id"
)
_COMMITTEE = "id, term_id, name, task, dissolved_on, rev"
_CLUB = (
    "SELECT id, term_id, name, (SELECT count(*) FROM councillor WHERE club_id = council_club.id"
    " AND (mandate_ended_on IS NULL OR mandate_ended_on >= current_date)) AS members, rev FROM council_club"
)


async def terms(tx: Tx) -> list[Term]:
    """Newest first."""
    return await tx.all(Term, "SELECT id, name, began_on, ends_on FROM council_term ORDER BY began_on DESC")


async def term(tx: Tx, term_id: int) -> Term | None:
    return await tx.maybe(Term, "SELECT id, name, began_on, ends_on FROM council_term WHERE id = $1", term_id)


async def lock_terms(tx: Tx) -> None:
    """One writer of terms at a time, so that two do not overlap."""
    await tx.execute("LOCK TABLE council_term IN SHARE ROW EXCLUSIVE MODE")


async def add_term(tx: Tx, draft: TermDraft) -> Term:
    return await tx.one(
        Term,
        "INSERT INTO council_term (name, began_on, ends_on) VALUES ($1, $2, $3) RETURNING id, name, began_on, ends_on",
        draft.name,
        draft.began_on,
        draft.ends_on,
    )


async def change_term(tx: Tx, term_id: int, draft: TermDraft) -> Term:
    return await tx.one(
        Term,
        "UPDATE council_term SET name = $2, began_on = $3, ends_on = $4 WHERE id = $1"
        " RETURNING id, name, began_on, ends_on",
        term_id,
        draft.name,
        draft.began_on,
        draft.ends_on,
    )


async def clubs(tx: Tx, term_id: int) -> list[Club]:
    return await tx.all(Club, f"{_CLUB} WHERE term_id = $1 ORDER BY name", term_id)


async def club(tx: Tx, club_id: int) -> Club | None:
    return await tx.maybe(Club, f"{_CLUB} WHERE id = $1", club_id)


async def add_club(tx: Tx, term_id: int, name: str) -> int:
    """Raises Invalid where the term has a club of this name."""
    with_name = await tx.value(
        "INSERT INTO council_club (term_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id", term_id, name
    )
    if with_name is None:
        raise Invalid(fields={"name": "There is one of this name already"})
    return int(with_name)


async def rename_club(tx: Tx, club_id: int, name: str) -> None:
    try:
        await tx.execute("UPDATE council_club SET name = $2, rev = rev + 1 WHERE id = $1", club_id, name)
    except asyncpg.UniqueViolationError:
        raise Invalid(fields={"name": "There is one of this name already"}) from None


async def councillors(tx: Tx, term_id: int) -> list[CouncillorRecord]:
    """All of a term, those whose mandate ended last."""
    return await tx.all(
        CouncillorRecord,
        f"{_COUNCILLOR} WHERE councillor.term_id = $1"
        " ORDER BY mandate_ended_on < current_date IS TRUE, office = '', office, councillor.name",
        term_id,
    )


async def councillor(tx: Tx, councillor_id: int) -> CouncillorRecord | None:
    return await tx.maybe(CouncillorRecord, f"{_COUNCILLOR} WHERE councillor.id = $1", councillor_id)


async def committee_members(tx: Tx, committee_id: int) -> list[CouncillorRecord]:
    """Who sits in it today, with addresses."""
    return await tx.all(
        CouncillorRecord,
        f"{_COUNCILLOR} JOIN council_committee_member ON councillor_id = councillor.id WHERE committee_id = $1"
        " AND since <= current_date AND (until IS NULL OR until >= current_date)"
        " AND (mandate_ended_on IS NULL OR mandate_ended_on >= current_date)"
        " ORDER BY role = 'member', role, councillor.name",
        committee_id,
    )


async def account_called(tx: Tx, login_or_email: str) -> int | None:
    found = await tx.value("SELECT id FROM account WHERE login = lower($1) OR email = lower($1)", login_or_email)
    return None if found is None else int(found)


async def add_councillor(tx: Tx, term_id: int, draft: CouncillorDraft, account_id: int | None) -> int:
    """In no club yet. Raises Invalid for a name or an account that is there."""
    try:
        return int(
            await tx.value(
                "INSERT INTO councillor (term_id, name, office, email, account_id, mandate_began_on, mandate_ended_on,"
                " mandate_end_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
                term_id,
                draft.name,
                draft.office,
                draft.email,
                account_id,
                draft.mandate_began_on,
                draft.mandate_ended_on,
                draft.mandate_end_reason,
            )
        )
    except asyncpg.UniqueViolationError as problem:
        raise _taken(problem) from None


async def change_councillor(tx: Tx, councillor_id: int, draft: CouncillorDraft, account_id: int | None) -> None:
    try:
        await tx.execute(
            "UPDATE councillor SET name = $2, office = $3, email = $4, account_id = $5, mandate_began_on = $6,"
            " mandate_ended_on = $7, mandate_end_reason = $8, rev = rev + 1 WHERE id = $1",
            councillor_id,
            draft.name,
            draft.office,
            draft.email,
            account_id,
            draft.mandate_began_on,
            draft.mandate_ended_on,
            draft.mandate_end_reason,
        )
    except asyncpg.UniqueViolationError as problem:
        raise _taken(problem) from None


async def has_chair(tx: Tx, term_id: int, but_id: int) -> bool:
    """Whether somebody else presides over the council now."""
    return bool(
        await tx.value(
            "SELECT true FROM councillor WHERE term_id = $1 AND office = 'chair' AND id <> $2"
            " AND (mandate_ended_on IS NULL OR mandate_ended_on >= current_date) LIMIT 1",
            term_id,
            but_id,
        )
    )


async def set_email(tx: Tx, councillor_id: int, email: str) -> None:
    """For demo data alone."""
    await tx.execute("UPDATE councillor SET email = $2 WHERE id = $1", councillor_id, email)


async def end_seats(tx: Tx, councillor_id: int, until: date) -> None:
    """Whoever is no councillor any more sits in no committee."""
    await tx.execute(
        "UPDATE council_committee_member SET until = greatest(since, $2::date)"
        " WHERE councillor_id = $1 AND (until IS NULL OR until > $2)",
        councillor_id,
        until,
    )


async def club_history(tx: Tx, councillor_id: int) -> list[ClubSpell]:
    """Newest first."""
    return await tx.all(
        ClubSpell,
        "SELECT since, club_id, name AS club FROM councillor_club LEFT JOIN council_club ON council_club.id = club_id"
        " WHERE councillor_id = $1 ORDER BY since DESC",
        councillor_id,
    )


async def set_club(tx: Tx, councillor_id: int, club_id: int | None, since: date) -> None:
    """The newest spell is the club of today. A second one on the same day takes the first one's place."""
    await tx.execute(
        "INSERT INTO councillor_club (councillor_id, since, club_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (councillor_id, since) DO UPDATE SET club_id = excluded.club_id",
        councillor_id,
        since,
        club_id,
    )
    await tx.execute("UPDATE councillor SET club_id = $2, rev = rev + 1 WHERE id = $1", councillor_id, club_id)


async def committees(tx: Tx, term_id: int) -> list[Committee]:
    """All of a term, dissolved ones last."""
    return await tx.all(
        Committee,
        f"SELECT {_COMMITTEE} FROM council_committee WHERE term_id = $1 ORDER BY dissolved_on IS NOT NULL, name",
        term_id,
    )


async def committee(tx: Tx, committee_id: int) -> Committee | None:
    return await tx.maybe(Committee, f"SELECT {_COMMITTEE} FROM council_committee WHERE id = $1", committee_id)


async def add_committee(tx: Tx, term_id: int, draft: CommitteeDraft) -> Committee:
    row = await tx.maybe(
        Committee,
        "INSERT INTO council_committee (term_id, name, task, dissolved_on) VALUES ($1, $2, $3, $4)"
        f" ON CONFLICT DO NOTHING RETURNING {_COMMITTEE}",
        term_id,
        draft.name,
        draft.task,
        draft.dissolved_on,
    )
    if row is None:
        raise Invalid(fields={"name": "There is one of this name already"})
    return row


async def change_committee(tx: Tx, committee_id: int, draft: CommitteeDraft) -> Committee:
    try:
        return await tx.one(
            Committee,
            "UPDATE council_committee SET name = $2, task = $3, dissolved_on = $4, rev = rev + 1 WHERE id = $1"
            f" RETURNING {_COMMITTEE}",
            committee_id,
            draft.name,
            draft.task,
            draft.dissolved_on,
        )
    except asyncpg.UniqueViolationError:
        raise Invalid(fields={"name": "There is one of this name already"}) from None


async def seats(tx: Tx, committee_id: int) -> list[Seat]:
    """Chair first; seats of the past last."""
    return await tx.all(
        Seat,
        "SELECT committee_id, councillor_id, name, role, since, until FROM council_committee_member"
        " JOIN councillor ON councillor.id = councillor_id WHERE committee_id = $1"
        " ORDER BY until IS NOT NULL, role = 'member', role, name, since DESC",
        committee_id,
    )


async def take_seat(tx: Tx, committee_id: int, councillor_id: int, role: str, since: date) -> None:
    """Raises Invalid where the person sits there already, or another one is the chair."""
    try:
        await tx.execute(
            "INSERT INTO council_committee_member (committee_id, councillor_id, role, since) VALUES ($1, $2, $3, $4)",
            committee_id,
            councillor_id,
            role,
            since,
        )
    except asyncpg.UniqueViolationError as problem:
        if "one_chair" in str(problem):
            raise Invalid(fields={"role": "The committee has a chair already"}) from None
        raise Invalid(fields={"councillor": "This person sits in the committee already"}) from None


async def change_role(tx: Tx, committee_id: int, councillor_id: int, role: str) -> bool:
    try:
        done = await tx.execute(
            "UPDATE council_committee_member SET role = $3"
            " WHERE committee_id = $1 AND councillor_id = $2 AND until IS NULL",
            committee_id,
            councillor_id,
            role,
        )
    except asyncpg.UniqueViolationError:
        raise Invalid(fields={"role": "The committee has a chair already"}) from None
    return done == "UPDATE 1"


async def leave_seat(tx: Tx, committee_id: int, councillor_id: int, until: date) -> bool:
    done = await tx.execute(
        "UPDATE council_committee_member SET until = $3"
        " WHERE committee_id = $1 AND councillor_id = $2 AND until IS NULL AND since <= $3",
        committee_id,
        councillor_id,
        until,
    )
    return done == "UPDATE 1"


def _taken(problem: asyncpg.UniqueViolationError) -> Invalid:
    if "account" in str(problem):
        return Invalid(fields={"login": "This account belongs to another councillor"})
    return Invalid(fields={"name": "There is one of this name already"})
