"""A school year of long ago with everything that a register holds, put into the stage's school A."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
from asyncpg import Range


class OldYear(msgspec.Struct, frozen=True):
    """Ids. `leaver` was there for the last time; `stayer` is in a class of the stage's own year too."""

    id: int
    ends_on: date
    class_id: int
    leaver: int
    stayer: int
    guardian: int
    """Of the leaver alone."""
    final: int
    """Column of final grades."""
    thread: int
    files: tuple[UUID, UUID]


async def old_year(stage, begins: int, *, leaver: int | None = None) -> OldYear:
    """`begins`: the calendar year in which it begins. With `leaver` somebody of an older year goes on into this one."""
    async with stage.database.transaction() as tx:
        year_id = await tx.value(
            "INSERT INTO school_year (school_id, name, starts_on, second_starts_on, ends_on)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING id",
            stage.school_id, f"{begins}/{begins + 1}", date(begins, 9, 1), date(begins + 1, 2, 1), date(begins + 1, 8, 31),
        )  # fmt: skip
        files = (uuid4(), uuid4())
        for one in files:
            await tx.execute(
                "INSERT INTO file (id, name, type, bytes, sha256) VALUES ($1, 'a.pdf', 'application/pdf', 1, $2)",
                one,
                "0" * 64,
            )
    first, after = date(begins, 9, 1), date(begins + 1, 9, 1)
    day, at = date(begins, 10, 5), datetime(begins, 10, 5, 8, tzinfo=UTC)
    async with stage.inside() as tx:

        async def add(table, **values):
            places = ", ".join(f"${place}" for place in range(2, len(values) + 2))
            back = (
                ""
                if table in {"attendance_mark", "lesson_sheet", "grade", "message_file", "seating_plan"}
                else " RETURNING id"
            )
            return await tx.value(
                f"INSERT INTO {table} (school_id, {', '.join(values)}) VALUES ($1, {places}){back}",
                stage.school_id, *values.values(),
            )  # fmt: skip

        class_id = await add("school_class", year_id=year_id, level=8, letter="x")
        group_id = await add("school_group", year_id=year_id, class_id=class_id, name="gr. 1")
        if leaver is None:
            leaver = await add("pupil", first_name="Olga", last_name="Dawna", email="olga@x.example", left_on=after)
            guardian = await add("guardian", first_name="Jan", last_name="Dawny", email="jan@x.example", phone="600")
            await add("guardianship", guardian_id=guardian, pupil_id=leaver)
        else:
            await tx.execute("UPDATE pupil SET left_on = $2 WHERE id = $1", leaver, after)
            guardian = await tx.value("SELECT guardian_id FROM guardianship WHERE pupil_id = $1", leaver)
        stayer = stage.a.classes["4a"].pupils[0]
        for pupil in (leaver, stayer):
            await add("class_membership", pupil_id=pupil, class_id=class_id, during=Range(first, after))
            await add("group_membership", pupil_id=pupil, group_id=group_id, during=Range(first, after))
        subject, staff = stage.a.subjects["Matematyka"], stage.a.mathematicians[0]
        lesson = await add(
            "lesson", year_id=year_id, on_date=day, period=1, starts_at=at, ends_at=at + timedelta(minutes=45),
            class_id=class_id, subject_id=subject, staff_id=staff,
        )  # fmt: skip
        for pupil in (leaver, stayer):
            await add("attendance_mark", lesson_id=lesson, pupil_id=pupil, type_id=stage.a.types["●"], rev=1)
            await add(
                "attendance_history", lesson_id=lesson, pupil_id=pupil, author="EN", to_code="●", op_id="a", rev=1
            )
        await add("homework", lesson_id=lesson, text="Zadanie 4", due_on=day, author_id=staff)
        await add("lesson_sheet", lesson_id=lesson, note="Rozmowa")
        columns = {}
        for kind, semester in (("mark", 2), ("settled", 1), ("settled", 2)):
            columns[kind, semester] = await add(
                "grade_column", year_id=year_id, class_id=class_id, subject_id=subject, semester=semester, kind=kind,
                on_date=day,
            )  # fmt: skip
            for pupil in (leaver, stayer):
                await add("grade", column_id=columns[kind, semester], pupil_id=pupil, attempt=1, text="5", rev=1)
                await add(
                    "grade_history", column_id=columns[kind, semester], pupil_id=pupil, attempt=1, author="EN",
                    to_text="5", op_id="a", rev=1,
                )  # fmt: skip
        await add(
            "behaviour_note", year_id=year_id, pupil_id=leaver, on_date=day, kind="praise", text="Apel", author="EN"
        )
        await add(
            "absence_excuse",
            pupil_id=leaver,
            first_on=day,
            last_on=day,
            reason="Grypa",
            author="Jan",
            author_kind="guardian",
        )
        await add(
            "attendance_alert", on_date=day, kind="missing", period=1, lesson_id=lesson, pupil_id=leaver, since=at
        )
        thread = await add("message_thread", kind="talk", subject="Oceny", begun_at=at)
        member = await add("message_member", thread_id=thread, guardian_id=guardian)
        message = await add("message", thread_id=thread, member_id=member, text="Dzień dobry", at=at)
        await add("message_file", message_id=message, file_id=files[0], place=1)
        await add("school_archive", year_id=year_id, asked_by="Dyrektor", finished_at=at, file_id=files[1])
        await add("class_test", class_id=class_id, subject_id=subject, on_date=day, scope="Potęgi", author_id=staff)
    return OldYear(
        year_id, date(begins + 1, 8, 31), class_id, leaver, stayer, guardian, columns["settled", 2], thread, files
    )
