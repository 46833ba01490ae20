"""The registry with two encoders and slates: what clerks ask of it, and what they are told."""

import pytest

from media.continuity.model import Feeding, SlateKind, Slot
from media.continuity.programme import Programme
from media.continuity.settings import ContinuitySettings
from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.stream import Stream
from media.streams import PublishGrant, PublishRefused, StreamChange, Streams
from tests.media.continuity.rig import WALL_S, Slates, Tape
from tests.media.hls import feed
from tests.media.test_stream import Encoder

TRACKS, PACKETS = feed.both(4)
KEYS = {"first": Slot.PRIMARY, "second": Slot.BACKUP}


class City:
    """Streams whose packagers are real, on a clock that is set by hand."""

    def __init__(self, *, on_air: bool = True, slate: SlateKind | None = None) -> None:
        self.now = 100.0
        self.on_air = on_air
        self.slate = slate
        self.changes: list[StreamChange] = []
        self.packagers: list[Packager] = []
        self.streams = Streams(self._authorise, clock=lambda: self.now)
        self.streams.packager_factory = self._package
        self.streams.subscribe(lambda _, what: self.changes.append(what))

    async def _authorise(self, key: str, _address: str) -> PublishGrant:
        return PublishGrant("s", self.on_air, "session", KEYS[key], self.slate)

    def _package(self, stream: Stream, on_air: bool) -> object:
        packager = Packager("s", Timing(), Bounds(), Start(), Tape(), clock=lambda: WALL_S + self.now)
        self.packagers.append(packager)
        settings = ContinuitySettings()
        return (
            Programme(stream, packager, Slates(), settings, lambda: self.now, lambda: WALL_S + self.now)
            if on_air
            else packager
        )

    async def publish(self, key: str) -> tuple[Stream, Encoder]:
        encoder = Encoder()
        stream = await self.streams.claim(key, "192.0.2.1", encoder)
        stream.set_tracks(TRACKS)
        return stream, encoder

    def run(self, seconds: float, *streams: Stream) -> None:
        for _ in range(round(seconds * 10)):
            begin = round((self.now - 100) * 90_000)
            self.now = round(self.now + 0.1, 3)
            for stream in streams:
                for turn in (begin // 360_000, begin // 360_000 + 1):
                    for packet in feed.shifted(PACKETS, turn * 360_000):
                        if begin <= packet.dts < begin + 9_000:
                            stream.push(packet)
            self.streams.tick()


async def test_two_encoders_one_stream():
    city = City()
    first, _ = await city.publish("first")
    second, _ = await city.publish("second")
    assert first is city.streams.get("s")
    assert second is not first
    city.run(3, first, second)
    assert city.streams.feeding("s") is Feeding.PRIMARY
    assert city.streams.encoders("s") == {Slot.PRIMARY, Slot.BACKUP}
    city.run(1.5, second)
    assert city.streams.feeding("s") is Feeding.BACKUP
    assert city.streams.slate("s") is None
    assert city.changes[-1] is StreamChange.FEEDING
    city.run(8, first, second)
    assert city.streams.feeding("s") is Feeding.PRIMARY
    city.streams.pin("s", Slot.BACKUP)
    assert city.streams.pinned("s") is Slot.BACKUP
    city.run(2.5, first, second)
    assert city.streams.feeding("s") is Feeding.BACKUP
    city.run(2)
    assert (city.streams.feeding("s"), city.streams.slate("s")) == (Feeding.SLATE, SlateKind.BACK_SOON)
    takes = [take for take, _ in city.packagers[0].recorder.takes]
    assert len(takes) == 4
    assert city.packagers[0].window.listed()[-1].take == 4


async def test_a_second_encoder_with_the_same_key_is_turned_away():
    city = City()
    await city.publish("first")
    await city.publish("second")
    with pytest.raises(PublishRefused, match="another encoder is sending"):
        await city.publish("second")


@pytest.mark.parametrize("slot", Slot)
async def test_a_revoked_key_cuts_its_own_encoder_alone(slot):
    city = City(on_air=False)
    encoders = {Slot.PRIMARY: (await city.publish("first"))[1], Slot.BACKUP: (await city.publish("second"))[1]}
    city.streams.revoke("s", slot=slot)
    assert [one for one, encoder in encoders.items() if encoder.closed] == [slot]
    assert city.streams.ids() == ("s",), "the rehearsal goes on with the other one"
    other = Slot.BACKUP if slot is Slot.PRIMARY else Slot.PRIMARY
    city.streams.revoke("s", slot=other)
    assert city.streams.ids() == ()


async def test_a_rehearsal_with_the_backup_alone_is_packaged_and_kept():
    city = City(on_air=False)
    second, _ = await city.publish("second")
    city.run(3, second)
    city.streams.check()
    assert city.packagers[0].parts_made > 3
    assert city.streams.feeding("s") is Feeding.BACKUP
    city.streams.put_on_air("s")
    city.run(4, second)
    assert city.packagers[1].parts_made > 3


async def test_a_silent_backup_is_closed():
    city = City()
    first, _ = await city.publish("first")
    _, encoder = await city.publish("second")
    city.run(10.5, first)
    city.streams.check()
    assert encoder.closed == ["nothing came for 10 s"]
    assert city.streams.encoders("s") == {Slot.PRIMARY}


async def test_slates_on_request():
    city = City()
    first, _ = await city.publish("first")
    city.run(3, first)
    city.streams.show_slate("s", SlateKind.BREAK)
    assert city.streams.slate("s") is SlateKind.BREAK
    assert city.changes[-1] is StreamChange.FEEDING
    assert city.streams.feeding("s") is Feeding.SLATE
    city.run(3, first)
    city.streams.hide_slate("s")
    city.run(3, first)
    assert city.streams.feeding("s") is Feeding.PRIMARY
    city.streams.hide_slate("s")
    city.streams.show_slate("nobody", SlateKind.BREAK)
    city.streams.hide_slate("nobody")


async def test_a_closed_part_stays_closed_over_a_restart():
    city = City(slate=SlateKind.CLOSED)
    first, _ = await city.publish("first")
    city.run(5, first)
    assert city.streams.slate("s") is SlateKind.CLOSED
    assert city.packagers[0].recorder.takes == []
    city.streams.hide_slate("s")
    await city.publish("second")
    city.run(5, first)
    city.run(5, first)
    assert city.streams.slate("s") is None, "what the clerk said since is newer than the grant"
    city = City(on_air=False)
    first, _ = await city.publish("first")
    city.run(3, first)
    city.streams.put_on_air("s", slate=SlateKind.CLOSED)
    city.run(3, first)
    assert city.packagers[1].recorder.takes == []


async def test_a_packager_that_fails_under_a_slate_is_replaced_and_the_slate_stays():
    city = City()
    first, _ = await city.publish("first")
    city.run(3, first)
    city.streams.show_slate("s", SlateKind.CLOSED)
    city.run(1, first)

    def broken(*_: object) -> None:
        raise RuntimeError("no memory")

    city.packagers[0].on_packet_at = broken
    city.run(0.5, first)
    city.streams.check()
    assert len(city.packagers) == 2
    city.run(3, first)
    assert city.streams.slate("s") is SlateKind.CLOSED
    assert city.packagers[1].parts_made > 3
    assert city.packagers[1].recorder.takes == []


async def test_nothing_is_known_of_a_stream_that_is_not_there():
    city = City()
    assert city.streams.feeding("s") is Feeding.NOTHING
    assert city.streams.slate("s") is None
    assert city.streams.pinned("s") is None
    assert city.streams.encoders("s") == frozenset()
    city.streams.pin("s", Slot.BACKUP)
