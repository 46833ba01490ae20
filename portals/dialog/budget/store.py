"""SQL of projects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from app.database import Tx
from portals.dialog.budget.model import CostItem, Project, ProjectDraft, ProjectFile, Step
from portals.dialog.budget.rules import cost_of

_PROJECT = (
    "id, block_id, participant_id, number, state, title, summary, description, district, place, lat, lng, supporters,"
    " items, cost_pln, checks, due_at, submitted_at, created_at, rev"
)
_FILE = (
    "SELECT p.id, p.project_id, p.file_id, p.what, p.title, f.bytes FROM budget_file p JOIN file f ON f.id = p.file_id"
)


def _project(row: Any) -> Project | None:
    if row is None:
        return None
    return Project(**{**dict(row), "items": [CostItem(**one) for one in row["items"]]})


async def project(tx: Tx, project_id: int, *, lock: bool = False) -> Project | None:
    sql = f"SELECT {_PROJECT} FROM budget_project WHERE id = $1" + (" FOR UPDATE" if lock else "")
    return _project(await tx.record(sql, project_id))


async def projects(tx: Tx, block_id: int, states: Sequence[str]) -> list[Project]:
    """In the order of their numbers."""
    rows = await tx.records(
        f"SELECT {_PROJECT} FROM budget_project WHERE block_id = $1 AND state = ANY($2::text[]) ORDER BY number, id",
        block_id,
        list(states),
    )
    return [found for row in rows if (found := _project(row)) is not None]


async def found_projects(
    tx: Tx, block_id: int, states: Sequence[str], district: str | None, words: Sequence[str]
) -> list[Project]:
    """The same, of one district (empty: of the city) and with all words (LIKE patterns without their ends)."""
    rows = await tx.records(
        f"SELECT {_PROJECT} FROM budget_project WHERE block_id = $1 AND state = ANY($2::text[])"
        " AND ($3::text IS NULL OR district = $3)"
        " AND (SELECT coalesce(bool_and(folded LIKE '%' || word || '%'), true) FROM unnest($4::text[]) AS word)"
        " ORDER BY number, id",
        block_id,
        list(states),
        district,
        list(words),
    )
    return [found for row in rows if (found := _project(row)) is not None]


async def own_projects(tx: Tx, block_id: int, participant_id: int) -> list[Project]:
    rows = await tx.records(
        f"SELECT {_PROJECT} FROM budget_project WHERE block_id = $1 AND participant_id = $2 ORDER BY id",
        block_id,
        participant_id,
    )
    return [found for row in rows if (found := _project(row)) is not None]


async def add_project(tx: Tx, block_id: int, participant_id: int, draft: ProjectDraft, folded: str) -> int:
    return int(
        await tx.value(
            "INSERT INTO budget_project (block_id, participant_id, title, summary, description, district, place, lat,"
            " lng, supporters, items, cost_pln, folded)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING id",
            block_id,
            participant_id,
            *_values(draft),
            folded,
        )
    )


async def change_project(tx: Tx, project_id: int, draft: ProjectDraft, folded: str) -> None:
    await tx.execute(
        "UPDATE budget_project SET title = $2, summary = $3, description = $4, district = $5, place = $6, lat = $7,"
        " lng = $8, supporters = $9, items = $10, cost_pln = $11, folded = $12, rev = rev + 1 WHERE id = $1",
        project_id,
        *_values(draft),
        folded,
    )


def _values(draft: ProjectDraft) -> tuple[object, ...]:
    return (
        draft.title,
        draft.summary,
        draft.description,
        draft.district,
        draft.place,
        draft.lat,
        draft.lng,
        draft.supporters,
        msgspec.to_builtins(draft.items),
        cost_of(draft.items),
    )


async def set_state(
    tx: Tx, project_id: int, state: str, words: str, account_id: int | None, due_at: datetime | None = None
) -> None:
    """Goes on to a state; the first time it is sent in it gets its number."""
    await tx.execute(
        "UPDATE budget_project p SET state = $2, due_at = $3, rev = rev + 1,"
        " submitted_at = CASE WHEN $2 = 'submitted' THEN coalesce(submitted_at, clock_timestamp())"
        "  ELSE submitted_at END,"
        " number = CASE WHEN $2 = 'submitted' AND number IS NULL THEN"
        "  (SELECT coalesce(max(number), 0) + 1 FROM budget_project o WHERE o.block_id = p.block_id) ELSE number END"
        " WHERE id = $1",
        project_id,
        state,
        due_at,
    )
    await tx.execute(
        "INSERT INTO budget_step (project_id, state, words, account_id) VALUES ($1, $2, $3, $4)",
        project_id,
        state,
        words,
        account_id,
    )


async def hold_numbers(tx: Tx, block_id: int) -> None:
    """Those who send in at the same moment get their numbers one after another."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('budget_project', $1))", block_id)


async def set_checks(tx: Tx, project_id: int, checks: dict[str, bool]) -> None:
    await tx.execute("UPDATE budget_project SET checks = $2, rev = rev + 1 WHERE id = $1", project_id, checks)


async def steps(tx: Tx, project_id: int) -> list[Step]:
    return await tx.all(Step, "SELECT state, words, at FROM budget_step WHERE project_id = $1 ORDER BY id", project_id)


async def was_appealed(tx: Tx, project_id: int) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM budget_step WHERE project_id = $1 AND state = 'appealed')", project_id
        )
    )


async def backdate(tx: Tx, project_id: int, at: datetime) -> None:
    """For invented history."""
    await tx.execute("UPDATE budget_project SET created_at = $2, submitted_at = $2 WHERE id = $1", project_id, at)
    await tx.execute("UPDATE budget_step SET at = $2 WHERE project_id = $1", project_id, at)


# files


async def files(tx: Tx, project_id: int) -> list[ProjectFile]:
    return await tx.all(
        ProjectFile,
        f"{_FILE} WHERE p.project_id = $1 ORDER BY p.id",
        project_id,
    )


async def project_file(tx: Tx, file_id: int) -> ProjectFile | None:
    return await tx.maybe(
        ProjectFile,
        f"{_FILE} WHERE p.id = $1",
        file_id,
    )


async def add_file(tx: Tx, project_id: int, file_id: UUID, what: str, title: str) -> None:
    await tx.execute(
        "INSERT INTO budget_file (project_id, file_id, what, title) VALUES ($1, $2, $3, $4)",
        project_id,
        file_id,
        what,
        title,
    )
    await touch(tx, project_id)


async def remove_file(tx: Tx, file_id: int, project_id: int) -> None:
    await tx.execute("DELETE FROM budget_file WHERE id = $1", file_id)
    await touch(tx, project_id)


async def touch(tx: Tx, project_id: int) -> None:
    await tx.execute("UPDATE budget_project SET rev = rev + 1 WHERE id = $1", project_id)


async def vote_blocks(tx: Tx, consultation_id: int) -> list[tuple[int, str]]:
    """Blocks of votes in the consultation: id and title."""
    rows = await tx.records(
        "SELECT id, title FROM consultation_block WHERE consultation_id = $1 AND kind = 'ballots'"
        " AND removed_at IS NULL ORDER BY ordinal, id",
        consultation_id,
    )
    return [(row["id"], row["title"]) for row in rows]
