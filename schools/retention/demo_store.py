"""SQL of the demonstration's old lessons."""

from datetime import date

from app.database import Tx


async def hold_old_lessons(tx: Tx, year_id: int, class_id: int, day: date) -> None:
    """A week of one subject, with marks."""
    await tx.execute(
        "WITH held AS (INSERT INTO lesson (school_id, year_id, on_date, period, starts_at, ends_at, class_id,"
        "  subject_id, staff_id, topic, state, taken_at, marks_rev, opened_at)"
        " SELECT current_school(), $1, d::date, 2, d::date + time '09:00', d::date + time '09:45', $2,"
        "  (SELECT min(id) FROM subject), (SELECT min(id) FROM staff), 'Powtórzenie', 'closed', d, 1, d"
        " FROM generate_series($3::date, $3::date + 4, '1 day') AS d RETURNING id)"
        " INSERT INTO attendance_mark (school_id, lesson_id, pupil_id, type_id, rev, at)"
        " SELECT current_school(), h.id, m.pupil_id,"
        "  (SELECT min(id) FROM attendance_type WHERE category = 'present'), 1, $3"
        " FROM held h, class_membership m WHERE m.class_id = $2",
        year_id,
        class_id,
        day,
    )
