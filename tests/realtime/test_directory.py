"""Names of rooms and who may ask for them."""

import pytest

from app.actor import ANONYMOUS, Actor, Grant
from app.errors import ConfigurationError, Forbidden, NotFound, SignInNeeded
from app.feature import ANYONE, RoomKind, having
from realtime.directory import Directory
from tests.realtime.conftest import room

PLAIN = room("council/session/{session_id}", RoomKind.LOG)
CHAT = room("council/session/{session_id}/chat", RoomKind.LOG, allow=having("clerk"))
DIRECTORY = Directory([PLAIN, CHAT])


def test_patterns() -> None:
    assert DIRECTORY.find("council/session/12") == (PLAIN, {"session_id": "12"})
    assert DIRECTORY.find("council/session/12/chat") == (CHAT, {"session_id": "12"})


@pytest.mark.parametrize(
    "name", ["", "council", "council/session/", "council/session/1/2", "council/session/1\n", "council/session/ą",
             "council/session/1 2", "xcouncil/session/1", "session/abc", "council/session/%31", "council/session/1/chat/"],
)  # fmt: skip
def test_other_names(name: str) -> None:
    with pytest.raises(NotFound):
        DIRECTORY.find(name)


def test_roles() -> None:
    clerk = Actor(1, grants=(Grant("clerk", "1"),))
    assert DIRECTORY.admit(clerk, "council/session/1/chat")[0] is CHAT
    with pytest.raises(SignInNeeded):
        DIRECTORY.admit(ANONYMOUS, "council/session/1/chat")
    with pytest.raises(Forbidden):
        DIRECTORY.admit(Actor(2, grants=(Grant("pupil", "1"),)), "council/session/1/chat")


def test_a_pattern_is_declared_once() -> None:
    with pytest.raises(ConfigurationError):
        Directory([PLAIN, room("council/session/{session_id}", RoomKind.LATEST, allow=ANYONE)])
