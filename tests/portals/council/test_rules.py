from datetime import UTC, datetime

import pytest

from app.actor import Actor, Grant
from portals.council import rules
from portals.council.model import Session

MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def session(**changes) -> Session:
    values = {
        "id": 1,
        "slug": "xxxi-2026-11-25",
        "number": "XXXI",
        "title": "XXXI sesja",
        "place": "",
        "planned_at": MORNING,
        "state": "live",
        "stream_id": "abc",
        "chat_open": True,
        "started_at": MORNING,
        "ended_at": None,
        "rev": 1,
    }
    return Session(**(values | changes))


@pytest.mark.parametrize(
    ("number", "slug"),
    [
        ("XXXI", "xxxi-2026-11-25"),
        ("", "2026-11-25"),
        ("Żółć/ŁĄKA 7", "zolc-laka-7-2026-11-25"),
        ("../../etc", "etc-2026-11-25"),
        ("Сесія", "2026-11-25"),
    ],
)
def test_address_of_a_session(number, slug):
    assert rules.slug_for(number, MORNING) == slug


def test_messages_are_cleaned_of_what_cannot_be_seen():
    assert rules.clean_message("  Dzień\u202e dobry\x00\r\n\n\n\n\npaństwu  ") == "Dzień dobry\n\npaństwu"
    assert rules.clean_message("\u200f\u202e \n ") == ""
    assert rules.clean_message("e\u0301") == "é"


def test_who_may_do_what():
    nobody = Actor()
    resident = Actor(account_id=1, name="Jan")
    clerk = Actor(account_id=2, grants=(Grant("clerk", "1"),))
    moderator = Actor(account_id=3, grants=(Grant("moderator", "1"),))
    assert [rules.can_run(actor) for actor in (nobody, resident, moderator, clerk)] == [False, False, False, True]
    assert [rules.can_moderate(actor) for actor in (nobody, resident, moderator, clerk)] == [False, False, True, True]
    assert [rules.can_chat(actor, session()) for actor in (nobody, resident)] == [False, True]
    assert not rules.can_chat(resident, session(chat_open=False))
    assert not rules.can_chat(resident, session(state="ended", ended_at=MORNING))
