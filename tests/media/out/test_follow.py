"""What a relay relies on: a packager's followers hear all that is shown, from the moment they come."""

from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from media.packet import Packet, Tracks
from tests.media.hls import feed
from tests.media.test_stream import Recorder


class Breaks(Recorder):
    """A follower with a fault."""

    def on_packet(self, packet: Packet) -> None:
        raise RuntimeError("broken")


def packager() -> Packager:
    return Packager("s", Timing(), Bounds(24, 1 << 26), Start())


def test_a_follower_is_told_the_tracks_at_once_and_then_everything():
    source, (tracks, packets) = packager(), feed.both(4)
    early, late = Recorder(), Recorder()
    source.follow(early)
    assert early.heard == []
    source.on_tracks(tracks)
    for packet in packets[:10]:
        source.on_packet(packet)
    source.follow(late)
    source.on_packet(packets[10])
    source.leave(early)
    source.begin_stand_in(Tracks(tracks.video, None))
    source.on_packet(packets[11])
    source.on_pause()
    source.on_end()
    assert early.heard == [tracks, *packets[:11]]
    assert late.heard == [tracks, packets[10], Tracks(tracks.video, None), packets[11], "pause", "end"]


def test_after_a_pause_there_are_no_tracks_to_tell():
    source, (tracks, _packets) = packager(), feed.both(4)
    source.on_tracks(tracks)
    source.on_pause()
    follower = Recorder()
    source.follow(follower)
    assert follower.heard == []


def test_a_follower_that_fails_is_left_out_and_harms_nobody():
    source, (tracks, packets) = packager(), feed.both(4)
    good, bad = Recorder(), Breaks()
    for follower in (bad, good):
        source.follow(follower)
    source.on_tracks(tracks)
    for packet in packets:
        source.on_packet(packet)
    assert source.followers == (good,)
    assert len(good.heard) == 1 + len(packets)
    assert source.parts_made > 5
