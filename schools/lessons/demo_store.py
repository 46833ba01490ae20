"""SQL of the demonstration's lessons."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx


async def today(tx: Tx) -> date:
    found: date = await tx.value("SELECT school_today()")
    return found


async def announce(tx: Tx, class_name: str, subject: str, on_date: date, kind: str, scope: str) -> None:
    """By whoever teaches the subject there."""
    await tx.execute(
        "INSERT INTO class_test (school_id, class_id, subject_id, on_date, kind, scope, author_id)"
        " SELECT current_school(), c.id, j.id, $3, $4, $5, t.staff_id FROM school_class c"
        " JOIN teaching t ON t.class_id = c.id JOIN subject j ON j.id = t.subject_id"
        " WHERE c.school_id = current_school() AND c.name = $1 AND j.name = $2 LIMIT 1",
        class_name,
        subject,
        on_date,
        kind,
        scope,
    )


async def write_topics(tx: Tx, subject: str, topics: Sequence[str]) -> None:
    """The last lessons of each class get the plan's topics, one after another; numbers go on."""
    await tx.execute(
        "WITH ranked AS (SELECT l.id, (row_number() OVER (PARTITION BY l.class_id, l.group_id ORDER BY l.starts_at))"
        "  ::integer AS place FROM lesson l JOIN subject j ON j.id = l.subject_id"
        "  WHERE l.school_id = current_school() AND j.name = $1 AND l.on_date >= school_today() - 7)"
        " UPDATE lesson SET topic = ($2::text[])[1 + (r.place - 1) % cardinality($2::text[])], topic_number = r.place"
        " FROM ranked r WHERE r.id = lesson.id AND lesson.topic_number IS NULL AND lesson.ends_at < now()",
        subject,
        list(topics),
    )


async def set_homework(tx: Tx, subject: str, text: str) -> None:
    """From the last held lesson of each class, for a week later."""
    await tx.execute(
        "INSERT INTO homework (school_id, lesson_id, text, due_on, author_id)"
        " SELECT DISTINCT ON (l.class_id) current_school(), l.id, $2, l.on_date + 7, l.staff_id"
        " FROM lesson l JOIN subject j ON j.id = l.subject_id"
        " WHERE l.school_id = current_school() AND j.name = $1 AND l.class_id IS NOT NULL AND l.ends_at < now()"
        " AND l.on_date >= school_today() - 7 AND NOT EXISTS (SELECT FROM homework h WHERE h.lesson_id = l.id)"
        " ORDER BY l.class_id, l.starts_at DESC",
        subject,
        text,
    )
