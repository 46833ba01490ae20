"""When viewers get both encoders in one picture, and when the primary alone; on a clock that is set by hand."""

from media.continuity.changeover import Changeover
from media.continuity.mixing import MixState
from media.continuity.model import Slot
from media.continuity.settings import ContinuitySettings
from media.packet import Packet
from media.stream import Stream
from tests.media.hls import feed

TRACKS, PACKETS = feed.both(2)


class Encoder:
    def close(self, reason):
        pass


class FakeMixer:
    def __init__(self, clock):
        self.stream = Stream("s", clock=clock)
        self.stream.begin(Encoder())
        self.failed = False
        self.late_s = 0.0
        self.dropped = self.closed = False

    def drop_second(self):
        self.dropped = True

    def close(self):
        self.closed = True
        self.stream.end()


class Table:
    """Both encoders send, the mixer where it is told to."""

    def __init__(self):
        self.now = 100.0
        self.mixers = []
        self.stream = Stream("s", clock=self.clock)
        self.changeover = Changeover(self.stream, ContinuitySettings(), self.clock, self.make)
        self.sending = {Slot.PRIMARY, Slot.BACKUP}
        self.mixer_works = True
        for slot in Slot:
            one = self.changeover.stream_for(slot)
            one.begin(Encoder())
            one.set_tracks(TRACKS)
        self.index = 0

    def clock(self):
        return self.now

    def make(self, host, guest):
        assert (host, guest) == (self.stream, self.changeover.known(Slot.BACKUP))
        self.mixers.append(FakeMixer(self.clock))
        return self.mixers[-1]

    def run(self, seconds):
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            key = self.index % 20 == 0
            packet = Packet(PACKETS[0].kind, self.index * 9000, self.index * 9000, key, PACKETS[0].data)
            self.index += 1
            for slot in self.sending:
                self.changeover.known(slot).push(packet)
            for mixer in self.mixers:
                if self.mixer_works and not mixer.closed:
                    mixer.stream.set_tracks(TRACKS)
                    mixer.stream.push(Packet(packet.kind, packet.dts, packet.pts, key=True, data=packet.data))
            self.changeover.tick()

    @property
    def mixing(self):
        return self.changeover.mixing


def test_both_are_shown_while_both_send_and_the_host_goes_on_alone_after():
    table = Table()
    table.run(1)
    assert (table.mixers, table.stream.followed, table.mixing.state) == ([], None, MixState.OFF)
    table.mixing.ask(wanted=True)
    table.run(0.5)
    assert (table.mixing.state, table.mixing.feeds) == (MixState.ON, True)
    assert table.stream.followed is table.mixers[0].stream
    assert table.changeover.feeding is Slot.PRIMARY
    table.mixing.ask(wanted=False)
    assert table.mixers[0].dropped  # at once: what the guest says is over
    table.run(3)
    assert (table.stream.followed, table.mixers[0].closed, table.mixing.state) == (None, True, MixState.OFF)


def test_a_guest_who_is_lost_leaves_the_host_and_a_lost_host_the_guest():
    table = Table()
    table.mixing.ask(wanted=True)
    table.run(1)
    table.sending = {Slot.PRIMARY}
    table.run(2)
    assert (table.stream.followed, table.mixers[0].closed) == (None, True)
    table.sending = {Slot.PRIMARY, Slot.BACKUP}
    table.run(7)
    assert table.stream.followed is table.mixers[1].stream
    table.sending = {Slot.BACKUP}
    table.run(2)
    assert table.stream.followed is table.changeover.known(Slot.BACKUP)
    assert table.mixers[1].closed


def test_a_mixer_that_dies_makes_nothing_or_is_too_slow_is_given_up():
    table = Table()
    table.mixing.ask(wanted=True)
    table.run(1)
    table.mixers[0].failed = True
    table.run(0.2)
    assert (table.stream.followed, table.mixing.state) == (None, MixState.STARTING)
    table.run(5.5)
    assert table.stream.followed is table.mixers[1].stream
    table.mixers[1].late_s = 2.5
    table.run(5)
    assert table.mixing.feeds  # a moment of slowness is borne
    table.run(1.5)
    assert table.stream.followed is None
    table.mixer_works = False
    table.run(40)
    assert (len(table.mixers), table.mixing.state) == (3, MixState.FAILED)
    table.run(60)
    assert len(table.mixers) == 3
    table.mixing.ask(wanted=True)
    table.run(1)
    assert len(table.mixers) == 4


def test_viewers_are_not_sent_back_and_forth_by_a_mixer_that_stutters():
    table = Table()
    table.mixing.ask(wanted=True)
    changes = []
    for step in range(600):
        table.mixer_works = step % 30 < 5  # half a second of every three
        table.run(0.1)
        if not changes or changes[-1] is not table.stream.followed:
            changes.append(table.stream.followed)
    assert (table.mixing.state, table.stream.followed) == (MixState.FAILED, None)
    assert len(changes) <= 7  # three tries, and back each time


def test_without_a_mixer_the_host_goes_on():
    stream = Stream("s")
    changeover = Changeover(stream, ContinuitySettings())
    changeover.mixing.ask(wanted=True)
    assert changeover.mixing.state is MixState.FAILED
