"""Boards, alerts, wallboards, the class of a homeroom teacher and the city's sums: two real schools."""

from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from app.errors import NotFound
from app.feature import RoomKind
from realtime.hub import Happening
from schools.dashboard import actions, alert_store, city, rules, store
from schools.dashboard.access import wallboard_key
from schools.dashboard.board import Filter, board, history
from schools.dashboard.feature import FEATURE
from schools.dashboard.model import (
    AlertChanged,
    DashboardSettings,
    WallEnded,
    alerts_room,
    class_alerts_room,
    wallboard_room,
)
from schools.dashboard.watching import Watch
from schools.register import actions as register
from schools.register import store as register_store
from schools.register.model import DayLessonChanged, day_room
from schools.structure import store as structure
from schools.structure.tenancy import city_transaction
from schools.timetable import store as timetable
from tests.schools.stage import (
    COUNSELLOR,
    DEPARTMENT,
    FOREIGN_PRINCIPAL,
    FOREIGN_TEACHER,
    HOMEROOM,
    NOBODY,
    OTHER_TEACHER,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    STRANGER,
    TEACHER,
)

OUTSIDE = (NOBODY, STRANGER, FOREIGN_TEACHER, FOREIGN_PRINCIPAL, DEPARTMENT, PARENT, PUPIL, SECRETARY)


async def moment_of(stage, planned, minutes: int) -> datetime:
    return planned.starts_at + timedelta(minutes=minutes)


async def day(stage, class_name="4a"):
    async with stage.inside() as tx:
        return await timetable.planned_for_class(tx, stage.a.classes[class_name].id, stage.today)


async def board_at(stage, moment, chosen=None):
    async with stage.inside() as tx:
        return (await board(tx, stage.school_id, stage.today, stage.today, moment, chosen))[0]


async def whole_class_lessons(stage, count=2):
    """The first lessons of 4a that all its pupils have, by the hour; with somebody who may mark them."""
    return [one for one in await day(stage) if one.class_id and one.second_staff_id is None][:count]


async def marked(stage, planned, codes, op="operation"):
    lesson = await register.open_lesson(stage.database, PRINCIPAL, stage.school_id, planned.entry_id, stage.today)
    await stage.mark(PRINCIPAL, lesson, codes, op=op)
    return lesson


def class_of(alert) -> str:
    """Some days begin with a lesson in groups: «5a gr. 1»."""
    return alert.class_name.split()[0]


async def scan(stage, moment):
    return await actions.scan(stage.database, stage.school_id, moment, stage.today)


async def test_a_board_says_what_is_checked_what_is_late_and_what_is_to_come(stage):
    first, second = await whole_class_lessons(stage)
    pupils = stage.a.classes["4a"].pupils
    await marked(stage, first, {**dict.fromkeys(pupils[5:], "●"), **dict.fromkeys(pupils[:4], "—"), pupils[4]: "z"})
    early = await board_at(stage, await moment_of(stage, second, -1))
    class_id = stage.a.classes["4a"].id
    cells = rules.cells_of(early)
    assert (cells[class_id, first.period].state, cells[class_id, second.period].state) == ("checked", "later")
    cell = cells[class_id, first.period]
    assert (cell.present, cell.counted, cell.absent, cell.expected) == (20, 24, 4, 25)
    for minutes, state in ((9, "waiting"), (10, "overdue")):
        late = rules.cells_of(await board_at(stage, await moment_of(stage, second, minutes)))[class_id, second.period]
        assert (late.state, late.minutes) == (state, minutes)
    await actions.set_up(stage.database, PRINCIPAL, stage.school_id, DashboardSettings(unchecked_after_min=30))
    late = rules.cells_of(await board_at(stage, await moment_of(stage, second, 29)))[class_id, second.period]
    assert late.state == "waiting"
    only = await board_at(stage, await moment_of(stage, second, 0), Filter(class_id=stage.a.classes["5a"].id))
    assert [one.name for one in only.classes] == ["5a"]
    assert all(one.class_ids == [only.classes[0].id] for one in only.slots)


async def test_oracle_of_76_19_percent_stands_on_the_board(stage):
    (first,) = await whole_class_lessons(stage, 1)
    pupils = stage.a.classes["4a"].pupils
    codes = ["●"] * 10 + ["s"] * 3 + ["su"] + ["ns"] * 2 + ["—"] * 3 + ["u"] * 2 + ["z"] * 4
    await marked(stage, first, dict(zip(pupils, codes, strict=True)))
    numbers = rules.numbers_of(await board_at(stage, first.starts_at))
    assert (numbers.present, numbers.counted, numbers.absent) == (16, 21, 5)
    share = rules.percent(numbers.present, numbers.counted)
    assert f"{share:.2f}" == "76.19"


async def test_snapshot_and_events_make_a_fresh_board(stage):
    first, second = await whole_class_lessons(stage)
    await marked(stage, first, {stage.child: "—"})
    held = {rules.key_of(one): one for one in (await board_at(stage, first.starts_at)).lessons}
    stage.backplane.published.clear()
    await marked(stage, second, dict.fromkeys(stage.a.classes["4a"].pupils, "●"))
    await marked(stage, first, {stage.child: "s"}, op="came-later")
    for event in stage.backplane.of(day_room(stage.school_id)):
        assert isinstance(event, DayLessonChanged)
        if rules.key_of(event.lesson) not in held or held[rules.key_of(event.lesson)].rev < event.lesson.rev:
            held[rules.key_of(event.lesson)] = event.lesson
    assert held == {rules.key_of(one): one for one in (await board_at(stage, first.starts_at)).lessons}


async def test_a_class_at_an_event_is_away_and_raises_nothing(stage):
    (first,) = await whole_class_lessons(stage, 1)
    async with stage.inside() as tx:
        event = await tx.value(
            "INSERT INTO school_event (school_id, name, on_date, leader_id) VALUES (current_school(), 'Kino', $1, $2)"
            " RETURNING id",
            stage.today,
            stage.a.teachers[0],
        )
        await tx.execute(
            "INSERT INTO school_event_pupil SELECT current_school(), $1, unnest($2::bigint[])",
            event,
            stage.a.classes["4a"].pupils,
        )
    moment = await moment_of(stage, first, 30)
    cell = rules.cells_of(await board_at(stage, moment))[stage.a.classes["4a"].id, first.period]
    assert cell.state == "away"
    raised = await scan(stage, moment)
    assert {class_of(one) for one in raised} == {"5a"}


async def test_groups_of_a_class_at_an_event_raise_nothing_and_half_a_class_does_not_excuse_a_group(stage):
    klass = stage.a.classes["4a"]
    pairs = [one for one in await day(stage) if one.group_id]
    if not pairs:  # on Wednesdays 4a has none: it is taught as on a Tuesday
        async with stage.inside() as tx:
            await tx.execute(
                "INSERT INTO school_day (school_id, on_date, is_off, taught_as) VALUES (current_school(), $1, false, 2)",
                stage.today,
            )
        pairs = [one for one in await day(stage) if one.group_id]
    async with stage.inside() as tx:
        event = await tx.value(
            "INSERT INTO school_event (school_id, name, on_date, leader_id) VALUES (current_school(), 'Kino', $1, $2)"
            " RETURNING id",
            stage.today,
            stage.a.teachers[0],
        )
        away = [row["pupil_id"] for row in await tx.records(
            "SELECT pupil_id FROM group_membership WHERE group_id = $1", klass.groups[0]
        )]  # fmt: skip
        await tx.execute(
            "INSERT INTO school_event_pupil SELECT current_school(), $1, unnest($2::bigint[])", event, away
        )
    moment = await moment_of(stage, pairs[-1], 30)
    names = {one.class_name for one in await scan(stage, moment)}
    assert "4a gr. 2" in names
    assert "4a gr. 1" not in names


async def test_a_lesson_that_stays_unchecked_raises_one_alert_which_ends_by_itself(stage):
    first, _second = await whole_class_lessons(stage)
    early = await scan(stage, await moment_of(stage, first, 9))
    assert [one for one in early if one.period >= first.period] == []  # some days begin with a lesson in groups
    raised = await scan(stage, await moment_of(stage, first, 10))
    (alert,) = [one for one in raised if one.class_name == "4a" and one.period == first.period]
    assert (alert.kind, alert.subject, alert.since, alert.is_open) == (
        "unchecked",
        first.subject,
        first.starts_at,
        True,
    )
    assert await scan(stage, await moment_of(stage, first, 11)) == []
    told = stage.backplane.of(class_alerts_room(stage.school_id, stage.a.classes["4a"].id))
    assert AlertChanged(alert) in told
    await marked(stage, first, {stage.child: "●"})
    (over,) = await scan(stage, await moment_of(stage, first, 12))
    assert (over.id, over.is_open, over.rev) == (alert.id, False, alert.rev + 1)


async def test_a_cancelled_lesson_raises_nothing_and_ends_what_it_raised(stage):
    (first,) = await whole_class_lessons(stage, 1)
    moment = await moment_of(stage, first, 15)
    before = {one.id for one in await scan(stage, moment) if one.class_name == "4a"}
    async with stage.inside() as tx:
        await tx.execute(
            "INSERT INTO substitution (school_id, on_date, entry_id, kind)"
            " VALUES (current_school(), $1, $2, 'cancellation')",
            stage.today,
            first.entry_id,
        )
    assert {one.id for one in await scan(stage, moment)} <= before
    async with stage.inside() as tx:
        assert await tx.value("SELECT gone_at IS NOT NULL FROM attendance_alert WHERE entry_id = $1", first.entry_id)


@pytest.mark.parametrize(
    ("before", "after", "raised"),
    [
        ("●", "—", True),
        ("s", "—", True),
        ("●", "u", False),
        ("z", "—", False),
        ("ns", "—", False),
        ("—", "—", False),
        ("●", "z", False),
        ("●", "ns", False),
    ],
)
async def test_who_was_there_and_is_missing_in_the_next_lesson(stage, before, after, raised):
    first, second = await whole_class_lessons(stage)
    pupil = stage.a.classes["4a"].pupils[7]
    await marked(stage, first, {pupil: before})
    lesson = await marked(stage, second, {pupil: after}, op="second-lesson")
    moment = first.starts_at - timedelta(minutes=1)
    found = [one for one in await scan(stage, moment) if one.kind == "missing"]
    assert [(one.pupil_id, one.period) for one in found] == ([(pupil, second.period)] if raised else [])
    if raised:
        assert (found[0].class_name, found[0].lesson_id, bool(found[0].pupil)) == ("4a", lesson.id, True)
        assert await scan(stage, moment) == []
        await stage.mark(PRINCIPAL, lesson, {pupil: "s"}, op="was-late")
        (over,) = await scan(stage, moment)
        assert not over.is_open
        await stage.mark(PRINCIPAL, lesson, {pupil: "—"}, op="was-not")
        (again,) = await scan(stage, moment)
        assert (again.id, again.is_open) == (over.id, True)


async def test_an_alert_is_seen_settled_and_opened_again(stage):
    (first,) = await whole_class_lessons(stage, 1)
    raised = await scan(stage, await moment_of(stage, first, 15))
    alert = next(one for one in raised if one.class_name == "4a")
    foreign = next(one for one in raised if class_of(one) == "5a")
    async with stage.inside() as tx:
        snapshot = {one.id: one for one in (await actions.alerts_view(tx, PRINCIPAL, stage.school_id)).alerts}
    stage.backplane.published.clear()
    await actions.see(stage.database, HOMEROOM, stage.school_id, [alert.id, foreign.id, 10**9])
    await actions.see(stage.database, HOMEROOM, stage.school_id, [alert.id])
    settled = await actions.settle(stage.database, HOMEROOM, stage.school_id, alert.id, settled=True)
    assert [one.name for one in settled.seen] == [settled.settled_by]
    assert await actions.settle(stage.database, COUNSELLOR, stage.school_id, alert.id, settled=True) == settled
    for event in stage.backplane.of(alerts_room(stage.school_id)):
        snapshot[event.alert.id] = event.alert
    async with stage.inside() as tx:
        fresh = (await actions.alerts_view(tx, PRINCIPAL, stage.school_id)).alerts
    assert snapshot == {one.id: one for one in fresh}
    assert not next(one for one in fresh if one.id == foreign.id).seen
    opened = await actions.settle(stage.database, PRINCIPAL, stage.school_id, alert.id, settled=False)
    assert opened.is_open
    assert [one for one in await stage.audited() if one.startswith("dashboard")] == [
        "dashboard.settle",
        "dashboard.reopen",
    ]


async def test_who_gets_alerts(stage):
    (first,) = await whole_class_lessons(stage, 1)
    raised = await scan(stage, await moment_of(stage, first, 15))
    alert = next(one for one in raised if one.class_name == "4a")
    for actor in (*OUTSIDE, TEACHER):  # TEACHER teaches the class and is no homeroom teacher
        async with stage.inside() as tx:
            with pytest.raises(NotFound):
                await actions.own_alerts(tx, actor, stage.school_id)
    for actor in (*OUTSIDE, TEACHER, OTHER_TEACHER):  # OTHER_TEACHER: of 5a
        with pytest.raises(NotFound):
            await actions.settle(stage.database, actor, stage.school_id, alert.id, settled=True)
        async with stage.inside() as tx:
            with pytest.raises(NotFound):
                await actions.class_alerts_view(tx, actor, stage.school_id, stage.a.classes["4a"].id)
    for actor in (*OUTSIDE, TEACHER, OTHER_TEACHER, HOMEROOM):
        async with stage.inside() as tx:
            with pytest.raises(NotFound):
                await actions.alerts_view(tx, actor, stage.school_id)
    with pytest.raises(NotFound):  # by way of their own school
        await actions.settle(stage.database, FOREIGN_PRINCIPAL, stage.b.school_id, alert.id, settled=True)
    async with stage.inside() as tx:
        own = (await actions.own_alerts(tx, HOMEROOM, stage.school_id)).alerts
        whole = (await actions.own_alerts(tx, COUNSELLOR, stage.school_id)).alerts
    assert {class_of(one) for one in own} == {"4a"}
    assert len(whole) == len(raised) > len(own)


async def test_a_wallboard_shows_no_pupil_and_ends_when_it_is_taken_back(stage):
    (first,) = await whole_class_lessons(stage, 1)
    await marked(stage, first, {stage.child: "—"})
    for actor in (*OUTSIDE, TEACHER, HOMEROOM, COUNSELLOR):
        with pytest.raises(NotFound):
            await actions.add_wallboard(stage.database, actor, stage.school_id, "pokój nauczycielski")
        with pytest.raises(NotFound):
            await actions.set_up(stage.database, actor, stage.school_id, DashboardSettings())
    secret = await actions.add_wallboard(stage.database, PRINCIPAL, stage.school_id, "pokój nauczycielski")
    key = wallboard_key(secret)
    async with stage.inside() as tx:
        view = await actions.wallboard_view(tx, stage.school_id, key, await moment_of(stage, first, 5))
        (wallboard,) = await store.wallboards(tx)
        name = (await structure.pupil(tx, stage.child)).last_name
    text = msgspec.json.encode(view).decode()
    assert name not in text
    assert str(stage.child) not in {word for row in view.cells for word in (str(row.class_id),)}
    assert view.numbers.absent == 1
    assert secret not in text
    for school_id, wrong in ((stage.b.school_id, key), (stage.school_id, secret), (stage.school_id, "0" * 64)):
        async with stage.database.transaction() as tx:
            with pytest.raises(NotFound):
                await actions.wallboard_view(tx, school_id, wrong)
    with pytest.raises(NotFound):
        await actions.revoke_wallboard(stage.database, FOREIGN_PRINCIPAL, stage.b.school_id, wallboard.id)
    await actions.revoke_wallboard(stage.database, PRINCIPAL, stage.school_id, wallboard.id)
    assert stage.backplane.of(wallboard_room(stage.school_id, key)) == [WallEnded()]
    async with stage.database.transaction() as tx:
        with pytest.raises(NotFound):
            await actions.wallboard_view(tx, stage.school_id, key)
    with pytest.raises(NotFound):
        await actions.revoke_wallboard(stage.database, PRINCIPAL, stage.school_id, wallboard.id)


class FakeRoom:
    empty_since_s = None


class FakeHub:
    """What the watch asks of a hub."""

    def __init__(self) -> None:
        self.rooms: dict[str, FakeRoom] = {}
        self.watched: dict[str, object] = {}
        self.delivered: list[Happening] = []

    def watch(self, room, callback):
        self.watched[room] = callback
        return lambda: self.watched.pop(room)

    def deliver(self, what):
        self.delivered.append(what)


async def test_the_watch_scans_soon_after_marks_and_draws_walls(stage):
    (first,) = await whole_class_lessons(stage, 1)
    key = wallboard_key(await actions.add_wallboard(stage.database, PRINCIPAL, stage.school_id, "hol"))
    hub, clock = FakeHub(), [100.0]
    watch = Watch(stage.database, hub, 5, "Europe/Warsaw", lambda: clock[0])
    room = wallboard_room(stage.school_id, key)
    hub.rooms |= {room: FakeRoom(), city.ROOM: FakeRoom(), wallboard_room(stage.school_id, "0" * 64): FakeRoom()}
    moment = await moment_of(stage, first, 12)
    await watch.turn(moment)
    assert set(hub.watched) == {day_room(stage.school_id), day_room(stage.b.school_id)}
    assert sorted({(one.room, one.type) for one in hub.delivered}) == sorted(
        [(room, "WallChanged"), (city.ROOM, "CityCounted")]
    )
    async with stage.inside() as tx:
        opened = await alert_store.open_alerts(tx, stage.today)
    assert opened > 0
    hub.delivered.clear()
    clock[0] += 6
    await watch.turn(moment)
    assert hub.delivered == []  # nothing was marked
    await marked(stage, first, dict.fromkeys(stage.a.classes["4a"].pupils, "●"))
    hub.watched[day_room(stage.school_id)](None)
    await watch.turn(moment)
    assert [one.room for one in hub.delivered] == [room]
    async with stage.inside() as tx:
        assert await alert_store.open_alerts(tx, stage.today) == opened - 1


async def test_a_class_of_a_month(stage):
    first, second = await whole_class_lessons(stage)
    truant, excused = stage.a.classes["4a"].pupils[:2]
    await marked(stage, first, {truant: "—", excused: "u"})
    await marked(stage, second, {truant: "—", excused: "●"}, op="second-lesson")
    async with stage.inside() as tx:
        months = await store.pupil_months(tx, stage.a.classes["4a"].id, stage.today.replace(day=1), stage.today)
        marks = await store.class_marks(tx, stage.a.classes["4a"].id, stage.today)
    found = {one.pupil_id: one for one in months}
    assert len(months) == 25
    one = found[truant]
    assert (one.counted, one.absent, one.unexcused, one.days, one.unexcused_days) == (2, 2, 2, 1, 1)
    assert rules.is_truant(one, "days", 50)
    other = found[excused]
    assert (other.counted, other.present, other.absent, other.unexcused, other.unexcused_days) == (2, 1, 1, 0, 0)
    assert [(mark.pupil_id, mark.code) for mark in marks] == [(truant, "—"), (truant, "—"), (excused, "u")]


async def test_what_the_last_weeks_say(stage):
    lessons = await day(stage)
    yesterday = stage.today - timedelta(days=1)
    async with stage.inside() as tx:
        plan = [
            one for one in await timetable.planned_for_class(tx, stage.a.classes["4a"].id, yesterday) if one.class_id
        ]
    if not plan:
        pytest.skip("the school year began today")
    lesson = await register.open_lesson(stage.database, PRINCIPAL, stage.school_id, plan[0].entry_id, yesterday)
    pupils = stage.a.classes["4a"].pupils
    await stage.mark(PRINCIPAL, lesson, {**dict.fromkeys(pupils[1:], "●"), pupils[0]: "—"})
    shown = await board_at(stage, lessons[-1].ends_at)
    async with stage.inside() as tx:
        past = await history(tx, shown, Filter())
        other = await history(
            tx,
            await board_at(stage, lessons[-1].ends_at, Filter(class_id=stage.a.classes["5a"].id)),
            Filter(class_id=stage.a.classes["5a"].id),
        )
    (figures,) = past.days
    assert (figures.on_date, figures.present, figures.counted, figures.absent) == (yesterday, 24, 25, 1)
    assert figures.unchecked > 0
    assert past.usual.share == 0.96
    assert other.days == []


async def test_the_city_reads_sums_and_small_cells_are_hidden(stage):
    (first,) = await whole_class_lessons(stage, 1)
    pupils = stage.a.classes["4a"].pupils
    await marked(stage, first, {**dict.fromkeys(pupils[1:], "●"), pupils[0]: "—"})
    async with stage.inside() as tx:
        fifth = await timetable.planned_for_class(tx, stage.a.classes["5a"].id, stage.today)
    own = stage.a.classes["5a"].pupils
    await marked(stage, next(one for one in fifth if one.class_id), dict.fromkeys(own[:4], "●"), op="few")
    async with city_transaction(stage.database) as tx:
        days = await city.city_days(tx, stage.today, stage.today, 5)
        view = await city.city_view(tx, stage.today, 5)
    a, b = stage.school_id, stage.b.school_id
    assert days.cells[a, 5] is None
    assert days.cells[a, 4] is None  # it would tell the other one
    assert [(one.school.id, one.told) for one in days.schools if one.school.id in {a, b}] == [(a, True), (b, False)]
    assert days.cells[a, city.ALL] == days.cells[city.ALL, city.ALL]
    assert (days.cells[a, city.ALL].present, days.cells[a, city.ALL].counted) == (28, 29)
    row = next(one for one in view.rows if one.id == a)
    assert (row.pupils, row.taken, row.share) == (29, 2, 28 / 29)
    for statement in (
        "SELECT * FROM attendance_mark",
        "SELECT * FROM city_attendance_cells('2026-09-01', '2026-09-02')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with city_transaction(stage.database) as tx:
                await tx.execute(statement)


async def test_alerts_and_wallboards_lie_behind_the_wall(stage):
    (first,) = await whole_class_lessons(stage, 1)
    await scan(stage, await moment_of(stage, first, 15))
    await actions.add_wallboard(stage.database, PRINCIPAL, stage.school_id, "hol")
    for table in ("attendance_alert", "attendance_alert_seen", "wallboard"):
        async with stage.inside(stage.b.school_id) as tx:
            assert await tx.value(f"SELECT count(*) FROM {table}") == 0
        async with stage.as_application() as tx:
            assert await tx.value(f"SELECT count(*) FROM {table}") == 0


def test_rooms_tell_whole_rows():
    assert {room.kind for room in FEATURE.rooms} == {RoomKind.LATEST}


async def test_the_day_of_a_lesson_is_what_the_whole_day_says(stage):
    first, second = await whole_class_lessons(stage)
    await marked(stage, first, dict.fromkeys(stage.a.classes["4a"].pupils, "●"))
    await marked(stage, second, {stage.child: "—"}, op="second-lesson")
    async with stage.inside() as tx:
        whole = await register_store.day_lessons(tx, stage.today)
        assert [await register_store.day_lesson(tx, one.lesson_id) for one in whole] == whole
    assert datetime.now(UTC) > whole[0].taken_at
