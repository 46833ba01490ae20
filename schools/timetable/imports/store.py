"""SQL of imports. Run inside a school (`tenancy.enter_school`)."""

import msgspec

from app.database import Tx
from schools.timetable.imports.model import Import, Known, NameKind, ReadLesson, Source

_IMPORT = "SELECT id, year_id, source, file_name, content, made_at, version_id FROM timetable_import"


async def imports(tx: Tx) -> list[Import]:
    return await tx.all(Import, f"{_IMPORT} ORDER BY id DESC LIMIT 20")


async def one_import(tx: Tx, import_id: int, *, lock: bool = False) -> Import | None:
    return await tx.maybe(Import, f"{_IMPORT} WHERE id = $1" + (" FOR UPDATE" if lock else ""), import_id)


async def add_import(
    tx: Tx, year_id: int, source: Source, file_name: str, lessons: list[ReadLesson], account_id: int | None
) -> int:
    found: int = await tx.value(
        "INSERT INTO timetable_import (school_id, year_id, source, file_name, content, made_by)"
        " VALUES (current_school(), $1, $2, $3, $4, $5) RETURNING id",
        year_id,
        source,
        file_name,
        {"lessons": msgspec.to_builtins(lessons)},
        account_id,
    )
    return found


async def set_version(tx: Tx, import_id: int, version_id: int) -> None:
    await tx.execute("UPDATE timetable_import SET version_id = $2 WHERE id = $1", import_id, version_id)


async def remembered(tx: Tx) -> dict[tuple[NameKind, str], int | None]:
    rows = await tx.records("SELECT kind, name, target_id FROM timetable_import_match")
    return {(row["kind"], row["name"]): row["target_id"] for row in rows}


async def remember(tx: Tx, kind: NameKind, name: str, target_id: int | None) -> None:
    await tx.execute(
        "INSERT INTO timetable_import_match (school_id, kind, name, target_id)"
        " VALUES (current_school(), $1, $2, $3)"
        " ON CONFLICT (school_id, kind, name) DO UPDATE SET target_id = excluded.target_id, made_at = now()",
        kind,
        name,
        target_id,
    )


async def forget(tx: Tx, kind: NameKind, name: str) -> None:
    await tx.execute("DELETE FROM timetable_import_match WHERE kind = $1 AND name = $2", kind, name)


async def known(tx: Tx, year_id: int) -> dict[NameKind, list[Known]]:
    """People, classes, groups, subjects and rooms that a name may mean."""
    return {
        "teacher": await tx.all(
            Known,
            "SELECT id, last_name || ' ' || first_name AS name, short, first_name, last_name FROM staff"
            " WHERE during @> school_today() ORDER BY sort_key, id",
        ),
        "class": await tx.all(
            Known, "SELECT id, name FROM school_class WHERE year_id = $1 ORDER BY level, letter", year_id
        ),
        "subject": await tx.all(Known, "SELECT id, name, short FROM subject ORDER BY position, name"),
        "room": await tx.all(Known, "SELECT id, name FROM room ORDER BY length(name), name"),
        "group": await tx.all(
            Known,
            "SELECT g.id, concat_ws(' ', c.name, g.name) AS name, g.class_id AS of_id FROM school_group g"
            " LEFT JOIN school_class c ON c.id = g.class_id WHERE g.year_id = $1 ORDER BY c.level, c.letter, g.name",
            year_id,
        ),
    }


async def add_group(tx: Tx, year_id: int, class_id: int | None, name: str) -> int:
    """An empty one; the same name of the same class is the same group."""
    found: int = await tx.value(
        "INSERT INTO school_group AS g (school_id, year_id, class_id, name) VALUES (current_school(), $1, $2, $3)"
        " ON CONFLICT (year_id, class_id, name) DO UPDATE SET rev = g.rev RETURNING id",
        year_id,
        class_id,
        name,
    )
    return found
