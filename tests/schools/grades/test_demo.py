"""The demonstration's grades on any day of a school year: the semester that goes on has proposed grades to work upon."""

from datetime import timedelta

import pytest

from schools.grades import demo


@pytest.mark.parametrize(
    ("begins", "kinds"),
    [
        (30, {(1, "mark", True), (1, "proposed", False)}),
        (-40, {
            (1, "mark", True), (1, "proposed", True), (1, "settled", True), (2, "mark", True), (2, "proposed", False),
        }),
        (0, {(1, "mark", True), (1, "proposed", True), (1, "settled", True), (2, "proposed", False)}),
    ],
    ids=["first semester", "second semester", "its first day"],
)  # fmt: skip
async def test_grades_are_there_in_each_semester(stage, begins, kinds):
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE school_year SET starts_on = least(starts_on, $1::date - 60), second_starts_on = $1,"
            " ends_on = greatest(ends_on, $1::date + 60)",
            stage.today + timedelta(days=begins),
        )
        await demo._school(tx, stage.school_id)
        rows = await tx.records(
            "SELECT DISTINCT semester, kind, published_at IS NOT NULL AS published FROM grade_column"
        )
        assert {tuple(row.values()) for row in rows} == kinds
        assert await tx.value("SELECT count(*) FROM grade WHERE at > now()") == 0
        assert await tx.value("SELECT count(*) FROM grade_column WHERE published_at > now()") == 0
        assert (
            await tx.value(
                "SELECT count(*) FROM grade_column o JOIN school_year y ON y.id = o.year_id"
                " WHERE (o.on_date >= y.second_starts_on) <> (o.semester = 2) OR o.on_date > school_today()"
            )
            == 0
        )
