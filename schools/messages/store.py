"""SQL of threads and messages. Run inside a school (`tenancy.enter_school`) unless said otherwise."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from app.database import Tx
from schools.messages.model import (
    Choices,
    FileRow,
    Message,
    Person,
    PersonKind,
    Receipt,
    Thread,
    ThreadKind,
    ThreadRow,
)

_THREAD: Final = "id, school_id, kind, subject, audience, to_confirm, answers_id, begun_at, reminded_at, rev"
_ROW: Final = """
SELECT * FROM (
SELECT DISTINCT ON (t.id, r.account_id) t.id, r.id AS member_id, r.account_id, t.subject, t.kind, l.at AS last_at,
       l.id AS last_id, l.id > r.read_to AS unread, r.is_author,
       t.to_confirm AND NOT r.is_author AND r.confirmed_at IS NULL AS to_confirm, t.rev + r.rev AS rev,
       CASE WHEN t.kind = 'broadcast' AND r.is_author THEN t.audience
            ELSE coalesce((SELECT string_agg(o.name, ', ' ORDER BY o.sort_key) FROM message_reader o
                            WHERE o.thread_id = t.id AND o.id <> r.id AND (t.kind = 'talk' OR o.is_author)), '')
            END AS who
  FROM message_reader r
  JOIN message_thread t ON t.id = r.thread_id
  JOIN LATERAL (SELECT m.id, m.at FROM message m WHERE m.thread_id = t.id ORDER BY m.id DESC LIMIT 1) AS l ON true
 WHERE r.present AND {where}
 ORDER BY t.id, r.account_id, r.is_author DESC, r.id
) AS found ORDER BY last_id DESC
"""
_OWN: Final = (
    "r.school_id = current_school() AND r.account_id = $1"
    " AND (r.staff_id IN (SELECT id FROM staff WHERE account_id = $1)"
    " OR r.guardian_id IN (SELECT id FROM guardian WHERE account_id = $1)"
    " OR r.pupil_id IN (SELECT id FROM pupil WHERE account_id = $1))"
)
_RECEIPT: Final = (
    "SELECT r.id, r.name, r.kind, r.present AND r.account_id IS NOT NULL AS reachable, r.read_to, r.read_at,"
    " r.confirmed_at, r.rev FROM message_reader r"
)


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A member of a thread who may read it today."""

    id: int
    kind: PersonKind
    person_id: int
    name: str
    account_id: int | None
    through: list[int]
    is_author: bool
    read_to: int
    confirmed_at: Any


_READER: Final = (
    "SELECT r.id, r.kind, coalesce(r.staff_id, r.guardian_id, r.pupil_id) AS person_id, r.name, r.account_id,"
    " r.through, r.is_author, r.read_to, r.confirmed_at FROM message_reader r"
)


async def reader(tx: Tx, thread_id: int, account_id: int | None) -> Reader | None:
    return await tx.maybe(
        Reader,
        f"{_READER} WHERE r.thread_id = $1 AND r.account_id = $2 AND r.present ORDER BY r.is_author DESC, r.id LIMIT 1",
        thread_id,
        account_id,
    )


async def readers(tx: Tx, thread_id: int) -> list[Reader]:
    """Who may read it today."""
    return await tx.all(Reader, f"{_READER} WHERE r.thread_id = $1 AND r.present ORDER BY r.id", thread_id)


async def thread(tx: Tx, thread_id: int, *, lock: bool = False) -> Thread | None:
    end = " FOR NO KEY UPDATE" if lock else ""
    return await tx.maybe(Thread, f"SELECT {_THREAD} FROM message_thread WHERE id = $1{end}", thread_id)


async def add_thread(
    tx: Tx, kind: ThreadKind, subject: str, audience: str, *, to_confirm: bool, answers_id: int | None = None
) -> int:
    found: int = await tx.value(
        "INSERT INTO message_thread (school_id, kind, subject, audience, to_confirm, answers_id)"
        " VALUES (current_school(), $1, $2, $3, $4, $5) RETURNING id",
        kind,
        subject,
        audience,
        to_confirm,
        answers_id,
    )
    return found


async def add_members(tx: Tx, thread_id: int, people: Sequence[Person], author: Person) -> int:
    """Id of the author's member; who is the author is not a recipient too."""
    everybody = [author, *(one for one in people if one.key != author.key)]
    rows = await tx.records(
        "INSERT INTO message_member (school_id, thread_id, staff_id, guardian_id, pupil_id, through, is_author)"
        " SELECT current_school(), $1, CASE WHEN w.kind = 'staff' THEN w.id END,"
        " CASE WHEN w.kind = 'guardian' THEN w.id END, CASE WHEN w.kind = 'pupil' THEN w.id END,"
        " coalesce((SELECT array_agg(x::bigint) FROM unnest(string_to_array(w.through, ',')) AS x), '{}'), w.place = 1"
        " FROM unnest($2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY AS w (kind, id, through, place)"
        " ORDER BY w.place RETURNING id, is_author",
        thread_id,
        [one.kind for one in everybody],
        [one.id for one in everybody],
        [",".join(str(pupil) for pupil in one.through) or None for one in everybody],
    )
    return next(int(row["id"]) for row in rows if row["is_author"])


async def add_message(tx: Tx, thread_id: int, member_id: int, text: str, files: Sequence[UUID]) -> Message:
    """The author has read it."""
    message_id: int = await tx.value(
        "INSERT INTO message (school_id, thread_id, member_id, text) VALUES (current_school(), $1, $2, $3)"
        " RETURNING id",
        thread_id,
        member_id,
        text,
    )
    await tx.execute(
        "INSERT INTO message_file (school_id, message_id, file_id, place)"
        " SELECT current_school(), $1, f.id, f.place FROM unnest($2::uuid[]) WITH ORDINALITY AS f (id, place)",
        message_id,
        list(files),
    )
    await tx.execute("UPDATE message_thread SET rev = rev + 1 WHERE id = $1", thread_id)
    await tx.execute(
        "UPDATE message_member SET read_to = $2, read_at = now(), rev = rev + 1 WHERE id = $1", member_id, message_id
    )
    return next(one for one in await messages(tx, thread_id) if one.id == message_id)


async def messages(tx: Tx, thread_id: int) -> list[Message]:
    """Oldest first, the newest 500."""
    rows = await tx.records(
        "SELECT * FROM (SELECT m.id, m.thread_id, m.member_id, r.name AS author, r.kind AS author_kind, m.text, m.at"
        " FROM message m JOIN message_reader r ON r.id = m.member_id WHERE m.thread_id = $1"
        " ORDER BY m.id DESC LIMIT 500) AS newest ORDER BY id",
        thread_id,
    )
    files: dict[int, list[FileRow]] = {}
    for row in await tx.records(
        "SELECT x.message_id, f.id, f.name, f.type, f.bytes FROM message_file x JOIN message m ON m.id = x.message_id"
        " JOIN file f ON f.id = x.file_id WHERE m.thread_id = $1 ORDER BY x.message_id, x.place",
        thread_id,
    ):
        files.setdefault(row["message_id"], []).append(
            FileRow(id=row["id"], name=row["name"], type=row["type"], bytes=row["bytes"])
        )
    return [Message(**dict(row), files=files.get(row["id"], [])) for row in rows]


async def has_file(tx: Tx, thread_id: int, file_id: UUID) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM message_file x JOIN message m ON m.id = x.message_id"
            " WHERE m.thread_id = $1 AND x.file_id = $2)",
            thread_id,
            file_id,
        )
    )


async def threads_of(tx: Tx, account_id: int, words: str = "", most: int = 200) -> list[ThreadRow]:
    """Newest first; `words`: plain letters that stand in the subject, in a message, in the author's name."""
    pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" if words else None
    search = (
        " AND ($2::text IS NULL OR t.folded LIKE $2 OR EXISTS (SELECT FROM message m WHERE m.thread_id = t.id"
        " AND m.folded LIKE $2) OR EXISTS (SELECT FROM message_reader a WHERE a.thread_id = t.id"
        " AND (t.kind = 'talk' OR a.is_author) AND plain_letters(a.name) LIKE $2))"
    )
    sql = _ROW.format(where=_OWN + search)
    return await tx.all(ThreadRow, f"{sql} LIMIT $3", account_id, pattern, most)


async def unread_of(tx: Tx, account_id: int) -> list[int]:
    rows = await tx.records(
        f"SELECT DISTINCT r.thread_id FROM message_reader r WHERE {_OWN} AND r.present"
        " AND EXISTS (SELECT FROM message m WHERE m.thread_id = r.thread_id AND m.id > r.read_to) ORDER BY 1",
        account_id,
    )
    return [row["thread_id"] for row in rows]


async def rows_of(tx: Tx, thread_id: int) -> list[ThreadRow]:
    """The thread as it stands in each reader's list who signs in."""
    return await tx.all(ThreadRow, _ROW.format(where="r.thread_id = $1 AND r.account_id IS NOT NULL"), thread_id)


async def mark_read(tx: Tx, member_id: int, message_id: int) -> bool:
    done = await tx.execute(
        "UPDATE message_member SET read_to = $2, read_at = now(), rev = rev + 1 WHERE id = $1 AND read_to < $2",
        member_id,
        message_id,
    )
    return done == "UPDATE 1"


async def confirm(tx: Tx, member_id: int) -> bool:
    done = await tx.execute(
        "UPDATE message_member SET confirmed_at = now(), rev = rev + 1 WHERE id = $1 AND confirmed_at IS NULL",
        member_id,
    )
    return done == "UPDATE 1"


async def remind(tx: Tx, thread_id: int) -> int:
    """Whoever has not confirmed has it unread again; how many they are."""
    await tx.execute("UPDATE message_thread SET reminded_at = now(), rev = rev + 1 WHERE id = $1", thread_id)
    done = await tx.execute(
        "UPDATE message_member SET read_to = 0, rev = rev + 1"
        " WHERE thread_id = $1 AND NOT is_author AND confirmed_at IS NULL",
        thread_id,
    )
    return int(done.split()[1])


async def receipts(tx: Tx, thread_id: int) -> list[Receipt]:
    """Of everybody but the author of a broadcast, in Polish order."""
    return await tx.all(
        Receipt,
        f"{_RECEIPT} JOIN message_thread t ON t.id = r.thread_id"
        " WHERE r.thread_id = $1 AND (t.kind = 'talk' OR NOT r.is_author) ORDER BY r.sort_key, r.id",
        thread_id,
    )


async def receipt(tx: Tx, member_id: int) -> Receipt:
    return await tx.one(Receipt, f"{_RECEIPT} WHERE r.id = $1", member_id)


async def talk_about(tx: Tx, thread_id: int, reader: Reader) -> int | None:
    """The talk in which this reader has answered a broadcast."""
    found: int | None = await tx.value(
        "SELECT t.id FROM message_thread t JOIN message_reader r ON r.thread_id = t.id AND r.kind = $2"
        " AND coalesce(r.staff_id, r.guardian_id, r.pupil_id) = $3 WHERE t.answers_id = $1 ORDER BY t.id LIMIT 1",
        thread_id,
        reader.kind,
        reader.person_id,
    )
    return found


async def name_of(tx: Tx, kind: str, one_id: int) -> str:
    """Of a class or a group."""
    sql = {
        "class": "SELECT name FROM school_class WHERE id = $1",
        "group": "SELECT concat_ws(' ', c.name, g.name) FROM school_group g"
        " LEFT JOIN school_class c ON c.id = g.class_id WHERE g.id = $1",
    }[kind]
    found: str | None = await tx.value(sql, one_id)
    return found or ""


async def choices(tx: Tx, account_id: int | None) -> Choices:
    """Outside of schools."""
    found = await tx.maybe(Choices, "SELECT push, mail FROM message_choice WHERE account_id = $1", account_id)
    return found or Choices()


async def set_choices(tx: Tx, account_id: int, wanted: Choices) -> None:
    """Outside of schools."""
    await tx.execute(
        "INSERT INTO message_choice (account_id, push, mail) VALUES ($1, $2, $3)"
        " ON CONFLICT (account_id) DO UPDATE SET push = excluded.push, mail = excluded.mail",
        account_id,
        wanted.push,
        wanted.mail,
    )


async def to_tell(tx: Tx, account_ids: Sequence[int]) -> list[Any]:
    """Outside of schools: (id, email, language, push, mail) of accounts that are in use."""
    return await tx.records(
        "SELECT a.id, a.email, a.language, coalesce(c.push, true) AS push, coalesce(c.mail, false) AS mail"
        " FROM account a LEFT JOIN message_choice c ON c.account_id = a.id"
        " WHERE a.id = ANY($1::bigint[]) AND a.disabled_at IS NULL ORDER BY a.id",
        list(account_ids),
    )
