import asyncio

import pytest

from media.stream import Stream
from media.streams import (
    DOUBTFUL_AFTER_S,
    FORGET_REHEARSAL_S,
    SILENCE_S,
    TAKEOVER_AFTER_S,
    Problem,
    PublishGrant,
    PublishRefused,
    StreamChange,
    Streams,
)
from tests.media.test_stream import TRACKS, Encoder, Recorder, picture


class City:
    """Streams with a clock that is set by hand, and the packagers that were made."""

    def __init__(self) -> None:
        self.now = 100.0
        self.on_air = False
        self.asked: list[tuple[str, str]] = []
        self.packagers: list[tuple[str | None, bool, Recorder]] = []
        self.changes: list[tuple[str, StreamChange]] = []
        self.streams = Streams(self._authorise, clock=lambda: self.now)
        self.streams.packager_factory = self._package
        self.streams.subscribe(lambda stream_id, what: self.changes.append((stream_id, what)))

    async def _authorise(self, key: str, address: str) -> PublishGrant | None:
        self.asked.append((key, address))
        return PublishGrant("s1", self.on_air, "session 1") if key == "good" else None

    def _package(self, stream: Stream, on_air: bool) -> Recorder:
        packager = Recorder()
        self.packagers.append((self.streams.preview_id(stream.id), on_air, packager))
        return packager

    async def publish(self, key: str = "good") -> tuple[Stream, Encoder]:
        encoder = Encoder()
        stream = await self.streams.claim(key, "192.0.2.1", encoder)
        stream.set_tracks(TRACKS)
        stream.push(picture(0, key=True))
        return stream, encoder


@pytest.mark.parametrize(("key", "reason"), [("", "missing"), ("x" * 201, "too long")])
async def test_impossible_keys_are_not_asked_about(key, reason):
    city = City()
    with pytest.raises(PublishRefused, match=reason) as refused:
        await city.publish(key)
    assert refused.value.code == "NetStream.Publish.BadName"
    assert city.asked == []


async def test_unknown_key():
    city = City()
    with pytest.raises(PublishRefused, match="not valid"):
        await city.publish("bad")
    assert city.streams.ids() == ()


async def test_rehearsal_has_an_id_of_its_own_and_stays_out_of_the_recording():
    city = City()
    stream, encoder = await city.publish()
    ((preview_id, on_air, rehearsal),) = city.packagers
    assert preview_id not in (None, "s1")
    assert len(preview_id) >= 16
    assert not on_air
    city.streams.put_on_air("s1")
    city.streams.put_on_air("s1")
    _, (gone, public_on_air, public) = city.packagers
    assert rehearsal.heard == [TRACKS, picture(0, key=True), "end"]
    assert (gone, public_on_air) == (None, True)
    stream.push(picture(5))
    assert public.heard == [TRACKS, picture(0, key=True), picture(5)]
    city.streams.take_off_air("s1")
    city.streams.take_off_air("s1")
    assert public.heard[-1] == "end"
    assert encoder.closed == ["the session has ended"]
    assert city.streams.get("s1") is None
    assert [what for _, what in city.changes] == [StreamChange.LIVE, StreamChange.ON_AIR, StreamChange.ENDED]


async def test_on_air_before_the_encoder_comes():
    city = City()
    stream = city.streams.put_on_air("s1", "session 1")
    assert (await city.publish())[0] is stream
    ((_, on_air, public),) = city.packagers
    assert on_air
    assert public.heard == [TRACKS, picture(0, key=True)]


async def test_on_air_again_after_a_restart_of_the_server():
    city = City()
    city.on_air = True
    await city.publish()
    assert city.streams.is_on_air("s1")
    assert [on_air for _, on_air, _ in city.packagers] == [True]


async def test_a_live_publisher_is_not_kicked():
    city = City()
    _, first = await city.publish()
    city.now += DOUBTFUL_AFTER_S - 0.1
    with pytest.raises(PublishRefused, match="another encoder is sending"):
        await city.publish()
    assert first.closed == []
    assert city.streams.problem("s1").values == {"address": "192.0.2.1"}
    assert city.changes[-1] == ("s1", StreamChange.PROBLEM)


async def test_a_silent_publisher_gives_way():
    city = City()
    stream, first = await city.publish()
    city.now += TAKEOVER_AFTER_S
    _, second = await city.publish()
    assert first.closed == ["another encoder took over"]
    assert stream.publisher is second
    assert [heard for heard in city.packagers[0][2].heard if heard == "pause"] == ["pause"]
    assert city.streams.problem("s1") is None


@pytest.mark.parametrize("dead", [True, False])
async def test_an_encoder_waits_until_it_is_clear_whether_the_present_one_lives(monkeypatch, dead):
    monkeypatch.setattr("media.streams.WAIT_STEP_S", 0)
    city = City()
    stream, first = await city.publish()
    city.now += DOUBTFUL_AFTER_S + 0.5
    second = asyncio.ensure_future(city.publish())
    await asyncio.sleep(0.01)
    assert not second.done()
    if dead:
        city.now += TAKEOVER_AFTER_S
        await second
        assert first.closed == ["another encoder took over"]
        assert len(city.asked) == 3, "the key is looked at again"
    else:
        stream.push(picture(9000))
        with pytest.raises(PublishRefused, match="another encoder is sending"):
            await second
        assert first.closed == []


async def test_the_clerk_may_allow_one_change():
    city = City()
    _, first = await city.publish()
    city.streams.allow_takeover("s1")
    _, second = await city.publish()
    assert first.closed == ["another encoder took over"]
    with pytest.raises(PublishRefused):
        await city.publish()
    assert second.closed == []


async def test_silence_pauses_a_stream_on_air():
    city = City()
    city.on_air = True
    stream, encoder = await city.publish()
    city.now += SILENCE_S - 0.1
    city.streams.check()
    assert encoder.closed == []
    city.now += 0.1
    city.streams.check()
    assert encoder.closed == ["nothing came for 10 s"]
    assert stream.publisher is None
    assert city.changes[-1] == ("s1", StreamChange.PAUSED)
    city.now += 10 * FORGET_REHEARSAL_S
    city.streams.check()
    assert city.streams.ids() == ("s1",), "a session may pause for long"


async def test_an_abandoned_rehearsal_is_forgotten():
    city = City()
    stream, encoder = await city.publish()
    stream.pause(encoder)
    city.streams.check()
    city.now += FORGET_REHEARSAL_S - 1
    city.streams.check()
    assert city.streams.ids() == ("s1",)
    city.now += 1
    city.streams.check()
    assert city.streams.ids() == ()
    assert city.packagers[0][2].heard[-1] == "end"


@pytest.mark.parametrize("on_air", [True, False])
async def test_revoked_key(on_air):
    city = City()
    city.on_air = on_air
    _, encoder = await city.publish()
    city.streams.revoke("s1")
    city.streams.revoke("other")
    assert encoder.closed == ["the stream key was revoked"]
    assert city.streams.ids() == (("s1",) if on_air else ())


async def test_a_packager_that_failed_is_replaced():
    city = City()
    stream, _ = await city.publish()
    stream.detach(city.packagers[0][2])
    city.streams.check()
    assert len(city.packagers) == 2
    assert city.packagers[1][2].heard == [TRACKS, picture(0, key=True)]


async def test_problems_end_when_a_picture_comes():
    city = City()
    stream, encoder = await city.publish()
    city.streams.report_problem("s1", Problem("wrong codec"))
    city.streams.report_problem("unknown", Problem("wrong codec"))
    assert city.streams.problem("s1") == Problem("wrong codec")
    stream.pause(encoder)
    await city.publish()
    assert city.streams.problem("s1") is None


async def test_a_listener_that_fails_and_one_that_leaves():
    city = City()

    def broken(stream_id, what):
        raise RuntimeError

    leave = city.streams.subscribe(broken)
    await city.publish()
    assert city.changes == [("s1", StreamChange.LIVE)]
    leave()
    assert len(city.streams._listeners) == 1


async def test_leaving_the_watch_ends_all_streams():
    city = City()
    async with city.streams.watched():
        _, encoder = await city.publish()
    assert encoder.closed == ["the session has ended"]
