"""Places in the queue, times, totals and guesses, on real values."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.actor import Actor, Grant
from portals.council.debate import rules
from portals.council.debate.model import Speech
from portals.council.debate.settings import DebateSettings
from portals.council.model import AgendaItem, Councillor, Session

TEN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""Ten o'clock in Warsaw."""

SPEECH = Speech(
    id=1,
    session_id=7,
    item_id=None,
    councillor_id=3,
    speaker="Łucja Żółć",
    club="Klub A",
    role="",
    kind="speech",
    state="waiting",
    place=1,
    limit_s=300,
    asked_at=TEN,
    began_at=None,
    ended_at=None,
    rev=1,
)
SESSION = Session(
    id=7,
    slug="xxxi",
    number="XXXI",
    title="XXXI sesja",
    place="Ratusz",
    planned_at=TEN,
    state="live",
    stream_id="s",
    chat_open=False,
    started_at=TEN,
    ended_at=None,
    rev=1,
)


def speech(**changes) -> Speech:
    return msgspec.structs.replace(SPEECH, **changes)


def item(number: int, state: str, began_min: float | None = None, planned_minutes: int | None = None) -> AgendaItem:
    began_at = None if began_min is None else TEN + timedelta(minutes=began_min)
    return AgendaItem(
        id=number,
        session_id=7,
        position=number,
        number=str(number),
        title=f"Punkt {number}",
        state=state,
        began_at=began_at,
        rev=1,
        planned_minutes=planned_minutes,
    )


FIRST = ("motion", "reply")


@pytest.mark.parametrize(
    ("queue", "kind", "place"),
    [
        ([], "speech", 0),
        (["speech", "guest"], "speech", 2),
        (["speech", "guest"], "guest", 2),
        (["speech", "speech"], "reply", 0),
        (["speech", "speech"], "motion", 0),
        (["reply", "speech"], "reply", 1),
        (["reply", "speech"], "motion", 0),
        (["motion", "reply", "speech"], "motion", 1),
        (["motion", "speech"], "reply", 1),
        # the chair has put somebody before a motion: the next motion stands behind the first one
        (["speech", "motion", "speech"], "motion", 2),
        (["speech", "motion", "speech"], "reply", 2),
        (["speech", "motion", "reply"], "speech", 3),
    ],
)
def test_newcomers_stand_behind_those_who_go_as_soon(queue, kind, place):
    assert rules.place_in(queue, kind, FIRST) == place


def test_without_priorities_everybody_stands_at_the_end():
    assert rules.place_in(["speech", "motion"], "motion", ()) == 2


def test_the_wanted_order_forgets_nobody():
    waiting = [speech(id=1), speech(id=2), speech(id=3), speech(id=4)]
    # 9 has left meanwhile, 4 has come, 2 is named twice
    assert [one.id for one in rules.reordered(waiting, [3, 9, 2, 2, 1])] == [3, 2, 1, 4]
    assert rules.reordered([], [1, 2]) == []


def test_a_clerk_and_whoever_presides_run_the_debate():
    clerk = Actor(account_id=1, grants=(Grant("clerk", "1"),))
    councillor = Actor(account_id=2, grants=(Grant("councillor", "1"),))
    seat = Councillor(id=1, name="Anna Kowal", office="chair", club=None)
    assert rules.can_chair(clerk, None)
    assert rules.can_chair(councillor, seat)
    assert rules.can_chair(councillor, msgspec.structs.replace(seat, office="vice_chair"))
    assert not rules.can_chair(councillor, msgspec.structs.replace(seat, office=""))
    assert not rules.can_chair(councillor, None)
    assert not rules.can_chair(Actor(), None)


def test_time_totals_add_up_what_one_person_used():
    now = TEN + timedelta(minutes=30)

    def spoken(number, who, seat, minute, seconds):
        began = TEN + timedelta(minutes=minute)
        ended = None if seconds is None else began + timedelta(seconds=seconds)
        return speech(id=number, speaker=who, councillor_id=seat, began_at=began, ended_at=ended, state="spoken")

    totals = rules.totals(
        [
            spoken(1, "Anna Kowal", 1, 0, 100.4),
            spoken(2, "Jan Nowak", None, 3, 250),
            spoken(3, "Anna Kowal", 1, 9, 160.3),
            spoken(4, "Jan Nowak", 5, 20, 10),  # a councillor who is called like the guest
            speech(id=5),  # waits
            spoken(6, "Ewa Brzoza", 6, 28, None),  # speaks since two minutes
        ],
        now,
    )
    assert [(one.speaker, one.speeches, one.seconds) for one in totals] == [
        ("Anna Kowal", 2, 261),
        ("Jan Nowak", 1, 250),
        ("Ewa Brzoza", 1, 120),
        ("Jan Nowak", 1, 10),
    ]


def test_the_length_of_an_item_is_drawn_towards_the_usual_one():
    assert rules.item_length_s([item(1, "waiting")]) == 600
    # 2 min and 4 min were done: (120 + 240 + 2 · 600) / 4
    begun = [item(1, "done", 0), item(2, "done", 2), item(3, "current", 6)]
    assert rules.item_length_s(begun) == 390
    # half a minute was no debate
    assert rules.item_length_s([*begun, item(4, "done", 5.5)]) == pytest.approx((120 + 210 + 1200) / 4)


def guessed(items, minutes: float, state="live") -> dict[int, str]:
    session = msgspec.structs.replace(SESSION, state=state)
    found = rules.guess(session, items, TEN + timedelta(minutes=minutes))
    return {one.item_id: one.begins_at.strftime("%H:%M") for one in found.times}


def test_before_the_session_items_follow_from_the_planned_hour():
    items = [item(1, "waiting"), item(2, "waiting", planned_minutes=30), item(3, "waiting")]
    assert guessed(items, -60 * 24, "planned") == {1: "09:00", 2: "09:10", 3: "09:40"}
    # it should have begun an hour ago: not before now
    assert guessed(items, 61, "planned") == {1: "10:05", 2: "10:15", 3: "10:45"}


def test_during_the_session_the_current_item_goes_first():
    items = [item(1, "done", 0), item(2, "current", 20), item(3, "waiting"), item(4, "waiting", planned_minutes=45)]
    items.append(item(5, "waiting"))
    # mean: (1200 + 1200) / 3 = 800 s; item 2 has run 5 min, 500 s are left → 25:00 + 8:20, rounded up to 35
    assert guessed(items, 25) == {3: "09:35", 4: "09:50", 5: "10:35"}
    # it has run for an hour: a quarter of the mean more, 200 s → 80:00 + 3:20 → 85
    assert guessed(items, 80) == {3: "10:25", 4: "10:40", 5: "11:25"}


def test_what_was_passed_over_or_is_over_is_not_guessed():
    items = [item(1, "waiting"), item(2, "current", 0), item(3, "done", 5), item(4, "waiting")]
    assert list(guessed(items, 10)) == [4]
    assert guessed(items, 10, "ended") == {}
    assert guessed([], 10) == {}


def test_guesses_over_the_clock_change_and_midnight_are_moments():
    """25 October 2026: at 3:00 the clock goes back to 2:00 in Warsaw; a moment knows nothing of it."""
    late = datetime(2026, 10, 24, 23, 50, tzinfo=UTC)
    session = msgspec.structs.replace(SESSION, planned_at=late, state="planned")
    items = [item(1, "waiting", planned_minutes=90), item(2, "waiting", planned_minutes=90), item(3, "waiting")]
    found = rules.guess(session, items, late - timedelta(days=1))
    assert [one.begins_at - late for one in found.times] == [
        timedelta(0),
        timedelta(minutes=90),
        timedelta(minutes=180),
    ]


def test_names_are_one_clean_line():
    assert rules.clean_name("  Łucja \u202e Żółć\n kierownik  ") == "Łucja Żółć kierownik"


def test_limits_by_kind():
    settings = DebateSettings(speech_s=600, reply_s=60, motion_s=90, guest_s=240)
    assert [settings.limit_s(kind) for kind in ("speech", "reply", "motion", "guest")] == [600, 60, 90, 240]
