"""Caps, rates and origins."""

import pytest

from app.errors import Forbidden, TooMany, Unavailable
from realtime.door import Door, TokenBucket, check_origin
from realtime.settings import RealtimeSettings


def test_bucket_lets_a_burst_and_then_a_rate_pass() -> None:
    bucket = TokenBucket(rate=2, burst=3, now_s=0)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(1.0) for _ in range(3)] == [True, True, False]
    assert not bucket.take(0.5), "a clock that steps back gives nothing"
    assert [bucket.take(100) for _ in range(4)] == [True, True, True, False]


def test_caps() -> None:
    door = Door(RealtimeSettings(sockets=4, sockets_per_address=3, sockets_per_account=2))
    door.enter("10.0.0.1", 1)
    door.enter("10.0.0.1", 1)
    assert isinstance(door.refusal("10.0.0.2", 1), TooMany)
    assert door.refusal("10.0.0.1", 2) is None
    door.enter("10.0.0.1", None)
    assert isinstance(door.refusal("10.0.0.1", 2), TooMany)
    door.enter("10.0.0.2", None)
    assert isinstance(door.refusal("10.0.0.3", None), Unavailable)
    door.leave("10.0.0.1", 1)
    assert door.refusal("10.0.0.1", 1) is None
    door.closing = True
    assert isinstance(door.refusal("10.0.0.9", None), Unavailable)


@pytest.mark.parametrize(
    "origin", [None, "http://sesje.pl", "https://sesje.pl", "https://www.sesje.pl", "https://embed.example:8443"]
)
def test_own_and_listed_origins(origin: str | None) -> None:
    check_origin(origin, "sesje.pl", ("https://www.sesje.pl/", "https://embed.example:8443", ""))


@pytest.mark.parametrize(
    "origin",
    ["null", "", "https://sesje.pl.evil.example", "https://evil.example", "http://www.sesje.pl", "file://sesje.pl",
     "https://sesje.pl:8443", "https://sesje.pl@evil.example", "sesje.pl"],
)  # fmt: skip
def test_foreign_origins(origin: str) -> None:
    with pytest.raises(Forbidden):
        check_origin(origin, "sesje.pl", ("https://www.sesje.pl", ""))
