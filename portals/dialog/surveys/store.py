"""SQL of surveys."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from app.database import Tx
from portals.dialog.surveys.model import Answer, AnswerFile, Answers, Question, Source, Survey, Turnout, Version

_ANSWER = (
    "id, block_id, version_id, source, participant_id, sheet, kind, district, draft, answers, page, saved_at, sent_at,"
    " hidden_at, removed_at, reason, rev"
)
_VERSION = "id, block_id, number, questions, reason, created_at"


def _questions(value: Any) -> list[Question]:
    return msgspec.convert(value, list[Question])


def _version(row: Any) -> Version:
    return Version(**{**dict(row), "questions": _questions(row["questions"])})


async def survey(tx: Tx, block_id: int, *, lock: bool = False) -> Survey:
    """What the clerk edits; made when it is first asked for in a transaction that writes."""
    sql = "SELECT block_id, working, last_key, rev FROM survey WHERE block_id = $1" + (" FOR UPDATE" if lock else "")
    row = await tx.record(sql, block_id)
    if row is None and lock:
        await tx.execute("INSERT INTO survey (block_id) VALUES ($1) ON CONFLICT DO NOTHING", block_id)
        row = await tx.record(sql, block_id)
    if row is None:
        return Survey(block_id, [], 0, 1)
    return Survey(row["block_id"], _questions(row["working"]), row["last_key"], row["rev"])


async def put_working(tx: Tx, block_id: int, questions: Sequence[Question], last_key: int) -> None:
    await tx.execute(
        "UPDATE survey SET working = $2, last_key = $3, rev = rev + 1 WHERE block_id = $1",
        block_id,
        msgspec.to_builtins(list(questions)),
        last_key,
    )


async def versions(tx: Tx, block_id: int) -> list[Version]:
    rows = await tx.records(f"SELECT {_VERSION} FROM survey_version WHERE block_id = $1 ORDER BY number", block_id)
    return [_version(row) for row in rows]


async def newest_version(tx: Tx, block_id: int) -> Version | None:
    row = await tx.record(
        f"SELECT {_VERSION} FROM survey_version WHERE block_id = $1 ORDER BY number DESC LIMIT 1", block_id
    )
    return None if row is None else _version(row)


async def add_version(
    tx: Tx, block_id: int, number: int, questions: Sequence[Question], reason: str, account_id: int | None
) -> Version:
    row = await tx.record(
        "INSERT INTO survey_version (block_id, number, questions, reason, created_by) VALUES ($1, $2, $3, $4, $5)"
        f" RETURNING {_VERSION}",
        block_id,
        number,
        msgspec.to_builtins(list(questions)),
        reason,
        account_id,
    )
    return _version(row)


async def change_version(tx: Tx, version_id: int, questions: Sequence[Question]) -> None:
    """Corrected slips, another order, or all of it while nobody has answered."""
    await tx.execute(
        "UPDATE survey_version SET questions = $2 WHERE id = $1", version_id, msgspec.to_builtins(list(questions))
    )


async def has_answers(tx: Tx, block_id: int) -> bool:
    """Begun ones too: somebody has read the questions."""
    return bool(await tx.value("SELECT EXISTS (SELECT FROM survey_answer WHERE block_id = $1)", block_id))


async def _one(tx: Tx, condition: str, *values: object) -> Answer | None:
    return await tx.maybe(Answer, f"SELECT {_ANSWER} FROM survey_answer WHERE {condition}", *values)


async def answer(tx: Tx, answer_id: int, *, lock: bool = False) -> Answer | None:
    return await _one(tx, "id = $1" + (" FOR UPDATE" if lock else ""), answer_id)


async def own_answer(tx: Tx, block_id: int, participant_id: int) -> Answer | None:
    return await _one(tx, "block_id = $1 AND participant_id = $2", block_id, participant_id)


async def browser_answer(tx: Tx, block_id: int, browser: bytes) -> Answer | None:
    return await _one(tx, "block_id = $1 AND browser = $2", block_id, browser)


async def begun_answer(
    tx: Tx,
    block_id: int,
    version_id: int,
    *,
    participant_id: int | None,
    browser: bytes | None,
    kind: str,
    district: str,
) -> Answer:
    """The answer of this person or browser, locked; made where there is none. Two tabs get the same one."""
    source: Source = "account" if participant_id is not None else "open"
    await tx.execute(
        "INSERT INTO survey_answer (block_id, version_id, source, participant_id, browser, kind, district, draft)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, '{}') ON CONFLICT DO NOTHING",
        block_id,
        version_id,
        source,
        participant_id,
        browser,
        kind,
        district,
    )
    if participant_id is not None:
        found = await _one(tx, "block_id = $1 AND participant_id = $2 FOR UPDATE", block_id, participant_id)
    else:
        found = await _one(tx, "block_id = $1 AND browser = $2 FOR UPDATE", block_id, browser)
    assert found is not None
    return found


async def put_draft(tx: Tx, answer_id: int, draft: Answers, page: int) -> Answer:
    return await tx.one(
        Answer,
        "UPDATE survey_answer SET draft = $2, page = $3, saved_at = clock_timestamp(), rev = rev + 1 WHERE id = $1"
        f" RETURNING {_ANSWER}",
        answer_id,
        draft,
        page,
    )


async def send(tx: Tx, answer_id: int, version_id: int, answers: Answers, kind: str, district: str) -> Answer:
    return await tx.one(
        Answer,
        "UPDATE survey_answer SET answers = $2, draft = NULL, version_id = $3, kind = $4, district = $5, page = 1,"
        " saved_at = clock_timestamp(), sent_at = coalesce(sent_at, clock_timestamp()), rev = rev + 1 WHERE id = $1"
        f" RETURNING {_ANSWER}",
        answer_id,
        answers,
        version_id,
        kind,
        district,
    )


async def add_paper(
    tx: Tx, block_id: int, version_id: int, sheet: str, kind: str, district: str, answers: Answers
) -> Answer | None:
    """None where a sheet of this number is there already."""
    return await tx.maybe(
        Answer,
        "INSERT INTO survey_answer (block_id, version_id, source, sheet, kind, district, answers, sent_at)"
        " VALUES ($1, $2, 'paper', $3, $4, $5, $6, clock_timestamp()) ON CONFLICT DO NOTHING"
        f" RETURNING {_ANSWER}",
        block_id,
        version_id,
        sheet,
        kind,
        district,
        answers,
    )


async def set_hidden(tx: Tx, answer_id: int, reason: str) -> None:
    """An empty reason shows it again."""
    await tx.execute(
        "UPDATE survey_answer SET hidden_at = CASE WHEN $2 = '' THEN NULL ELSE clock_timestamp() END, reason = $2,"
        " rev = rev + 1 WHERE id = $1",
        answer_id,
        reason,
    )


async def remove(tx: Tx, answer_id: int, reason: str) -> None:
    await tx.execute(
        "UPDATE survey_answer SET removed_at = clock_timestamp(), reason = $2, rev = rev + 1 WHERE id = $1",
        answer_id,
        reason,
    )


async def sent_answers(tx: Tx, block_id: int, limit: int | None = None, offset: int = 0) -> list[Answer]:
    """All that were sent, removed ones too, oldest first."""
    return await tx.all(
        Answer,
        f"SELECT {_ANSWER} FROM survey_answer WHERE block_id = $1 AND sent_at IS NOT NULL ORDER BY sent_at, id"
        " LIMIT $2 OFFSET $3",
        block_id,
        limit,
        offset,
    )


async def turnout(tx: Tx, block_id: int) -> Turnout:
    """`rev`: every change of a sent answer makes it greater."""
    row = await tx.record(
        "SELECT count(*) FILTER (WHERE removed_at IS NULL) AS sent,"
        " count(*) FILTER (WHERE removed_at IS NULL AND source = 'open') AS open,"
        " count(*) FILTER (WHERE removed_at IS NULL AND source = 'paper') AS paper,"
        " coalesce(sum(rev), 0)::bigint AS rev"
        " FROM survey_answer WHERE block_id = $1 AND sent_at IS NOT NULL",
        block_id,
    )
    assert row is not None
    return Turnout(block_id, row["sent"], row["open"], row["paper"], row["rev"] + 1)


async def count_sent(tx: Tx, block_id: int) -> int:
    """Removed ones too."""
    return int(
        await tx.value("SELECT count(*) FROM survey_answer WHERE block_id = $1 AND sent_at IS NOT NULL", block_id)
    )


async def count_unsent(tx: Tx, block_id: int) -> int:
    return int(await tx.value("SELECT count(*) FROM survey_answer WHERE block_id = $1 AND sent_at IS NULL", block_id))


async def drop_unsent(tx: Tx, block_id: int) -> list[UUID]:
    """What nobody has sent in time goes; returns files that nothing refers to any more."""
    rows = await tx.records(
        "SELECT f.file_id FROM survey_file f JOIN survey_answer a ON a.id = f.answer_id"
        " WHERE a.block_id = $1 AND a.sent_at IS NULL",
        block_id,
    )
    await tx.execute("DELETE FROM survey_answer WHERE block_id = $1 AND sent_at IS NULL", block_id)
    await tx.execute("UPDATE survey_answer SET draft = NULL WHERE block_id = $1 AND draft IS NOT NULL", block_id)
    return [row["file_id"] for row in rows]


# files


async def put_file(tx: Tx, answer_id: int, question: str, file_id: UUID) -> UUID | None:
    """The file whose place it takes."""
    old = await tx.value(
        "DELETE FROM survey_file WHERE answer_id = $1 AND question = $2 RETURNING file_id", answer_id, question
    )
    await tx.execute(
        "INSERT INTO survey_file (answer_id, question, file_id) VALUES ($1, $2, $3)", answer_id, question, file_id
    )
    return old if isinstance(old, UUID) else None


async def answer_file(tx: Tx, answer_id: int, question: str) -> AnswerFile | None:
    return await tx.maybe(
        AnswerFile,
        "SELECT s.answer_id, s.question, s.file_id, f.name FROM survey_file s JOIN file f ON f.id = s.file_id"
        " WHERE s.answer_id = $1 AND s.question = $2",
        answer_id,
        question,
    )


async def participant_files(tx: Tx, participant_id: int) -> list[AnswerFile]:
    return await tx.all(
        AnswerFile,
        "SELECT s.answer_id, s.question, s.file_id, f.name FROM survey_file s JOIN file f ON f.id = s.file_id"
        " JOIN survey_answer a ON a.id = s.answer_id WHERE a.participant_id = $1",
        participant_id,
    )


async def forget_file(tx: Tx, answer_id: int, question: str) -> None:
    await tx.execute(
        "UPDATE survey_answer SET answers = answers - $2, draft = draft - $2, rev = rev + 1 WHERE id = $1",
        answer_id,
        question,
    )


# demonstration


async def backdated(tx: Tx, block_id: int, version_id: int, participant_id: int | None, row: Answer) -> None:
    """An answer of the demonstration, sent at `row.saved_at`."""
    await tx.execute(
        "INSERT INTO survey_answer (block_id, version_id, source, participant_id, browser, sheet, kind, district,"
        " answers, started_at, saved_at, sent_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::timestamptz - interval '4 minutes', $10, $10)"
        " ON CONFLICT DO NOTHING",
        block_id,
        version_id,
        row.source,
        participant_id,
        f"demo {row.id}".encode() if row.source == "open" else None,
        row.sheet,
        row.kind,
        row.district,
        row.answers,
        row.saved_at,
    )
