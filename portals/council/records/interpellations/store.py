"""All SQL of interpellations."""

from datetime import date
from typing import Final

from app.database import Tx
from portals.council.model import Councillor
from portals.council.records.interpellations.model import Answer, Draft, Interpellation, NewAnswer, State

_COLUMNS: Final = (
    "matter.id, matter.kind, matter.councillor_id, councillor.name AS councillor, matter.session_id, matter.title,"
    " matter.addressee, matter.submitted_on, matter.due_on, matter.state, matter.answered_on,"
    " (SELECT count(*) FROM council_answer WHERE interpellation_id = matter.id)::integer AS answers, matter.rev"
)
_JOINED: Final = " FROM council_interpellation AS matter JOIN councillor ON councillor.id = matter.councillor_id"
_ANSWER: Final = "id, interpellation_id, author, body, final, answered_on, created_at"


async def interpellation(tx: Tx, matter_id: int) -> Interpellation | None:
    return await tx.maybe(Interpellation, f"SELECT {_COLUMNS}{_JOINED} WHERE matter.id = $1", matter_id)


async def lock(tx: Tx, matter_id: int) -> bool:
    return bool(await tx.value("SELECT true FROM council_interpellation WHERE id = $1 FOR UPDATE", matter_id))


async def body(tx: Tx, matter_id: int) -> str:
    return str(await tx.value("SELECT body FROM council_interpellation WHERE id = $1", matter_id))


async def newest(
    tx: Tx, limit: int, offset: int = 0, councillor_id: int | None = None, state: str = ""
) -> list[Interpellation]:
    """`state` may be `late` too: open, and the time limit has passed."""
    return await tx.all(
        Interpellation,
        f"SELECT {_COLUMNS}{_JOINED} WHERE ($3::bigint IS NULL OR matter.councillor_id = $3)"
        " AND ($4 = '' OR matter.state = $4)"
        " ORDER BY matter.submitted_on DESC, matter.id DESC LIMIT $1 OFFSET $2",
        limit,
        offset,
        councillor_id,
        state,
    )


async def count(tx: Tx, councillor_id: int | None = None, state: str = "") -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM council_interpellation WHERE ($1::bigint IS NULL OR councillor_id = $1)"
            " AND ($2 = '' OR state = $2)",
            councillor_id,
            state,
        )
    )


async def open_ones(tx: Tx) -> list[Interpellation]:
    """Those that wait for an answer, the most urgent first."""
    return await tx.all(
        Interpellation, f"SELECT {_COLUMNS}{_JOINED} WHERE matter.state = 'open' ORDER BY matter.due_on, matter.id"
    )


async def answers(tx: Tx, matter_id: int) -> list[Answer]:
    return await tx.all(
        Answer, f"SELECT {_ANSWER} FROM council_answer WHERE interpellation_id = $1 ORDER BY id", matter_id
    )


async def councillor_of(tx: Tx, account_id: int) -> int | None:
    """Whom an account sits for in the newest term."""
    found: int | None = await tx.value(
        "SELECT councillor.id FROM councillor JOIN council_term ON council_term.id = term_id"
        " WHERE account_id = $1 ORDER BY began_on DESC LIMIT 1",
        account_id,
    )
    return found


async def councillor_known(tx: Tx, councillor_id: int) -> bool:
    return bool(await tx.value("SELECT true FROM councillor WHERE id = $1", councillor_id))


async def councillors(tx: Tx) -> list[Councillor]:
    """Of the newest term, by name."""
    return await tx.all(
        Councillor,
        "SELECT councillor.id, councillor.name, office, council_club.name AS club FROM councillor"
        " LEFT JOIN council_club ON council_club.id = club_id"
        " WHERE councillor.term_id = (SELECT id FROM council_term ORDER BY began_on DESC LIMIT 1)"
        " ORDER BY councillor.name",
    )


async def add(tx: Tx, draft: Draft, councillor_id: int, submitted_on: date, due_on: date) -> int:
    return int(
        await tx.value(
            "INSERT INTO council_interpellation (kind, councillor_id, title, body, addressee, submitted_on, due_on)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            draft.kind,
            councillor_id,
            draft.title,
            draft.body,
            draft.addressee,
            submitted_on,
            due_on,
        )
    )


async def add_answer(tx: Tx, matter_id: int, answer: NewAnswer, answered_on: date) -> None:
    await tx.execute(
        "INSERT INTO council_answer (interpellation_id, author, body, final, answered_on) VALUES ($1, $2, $3, $4, $5)",
        matter_id,
        answer.author,
        answer.body,
        answer.final,
        answered_on,
    )


async def set_state(tx: Tx, matter_id: int, state: State, answered_on: date | None) -> None:
    await tx.execute(
        "UPDATE council_interpellation SET state = $2, answered_on = $3, rev = rev + 1 WHERE id = $1",
        matter_id,
        state,
        answered_on,
    )
