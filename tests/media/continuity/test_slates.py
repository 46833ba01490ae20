import asyncio
import threading

import av
from PIL import Image

from media.codec.slate import SlateDesign, encode_slate, fitted
from media.continuity.model import CodedFrame, CodedSlate, Size, SlateKind
from media.continuity.slate_loop import SlateLoop, slate_tracks
from media.continuity.slates import KEPT, Slates
from media.headers import h264_track
from media.packet import AudioTrack, Codec, Kind, Tracks, VideoTrack
from tests.media.continuity.rig import coded
from tests.media.hls import feed

SMALL = Size(320, 180)


def decoded(slate: CodedSlate, rounds: int = 1) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = slate.config
    frames = []
    for frame in slate.frames * rounds:
        frames += decoder.decode(av.Packet(frame.data))
    return frames + decoder.decode(None)


def brightness(frame: av.VideoFrame) -> bytes:
    plane = frame.planes[0]
    return bytes(plane)


def test_a_slate_is_what_was_designed_and_loops():
    design = SlateDesign("Za chwilę wracamy", "Miasto Żółć", SMALL, "#102030", "#ff0000")
    slate = encode_slate(design)
    track = h264_track(slate.config)
    assert (track.width, track.height) == (320, 180)
    assert slate.frames[0].key
    assert sum(frame.key for frame in slate.frames) == 2
    frames = decoded(slate, rounds=2)
    assert len(frames) == 2 * len(slate.frames)
    assert brightness(frames[0]) == brightness(frames[len(slate.frames)]), "the loop fits itself"
    assert brightness(frames[0]) != brightness(frames[10]), "the line moves"
    other = decoded(encode_slate(SlateDesign("Przerwa", "Miasto Żółć", SMALL, "#102030", "#ff0000")))
    assert brightness(frames[0]) != brightness(other[0])
    detailed = decoded(
        encode_slate(SlateDesign("Przerwa", "Miasto", SMALL, "#102030", "#ff0000", detail="Wznowienie o 12:30"))
    )
    plain = decoded(encode_slate(SlateDesign("Przerwa", "Miasto", SMALL, "#102030", "#ff0000")))
    assert brightest(detailed[0], 91, 103) > 200, "the line of text stands below the sentence"
    assert brightest(plain[0], 91, 103) < 80
    weight = sum(len(frame.data) for frame in slate.frames) / (len(slate.frames) * slate.frame_90k / 90_000)
    assert weight < 20_000, "bytes a second"


def brightest(frame: av.VideoFrame, top: int, bottom: int) -> int:
    return frame.to_image().convert("L").crop((0, top, frame.width, bottom)).getextrema()[1]


def test_a_logo_is_shown_and_a_broken_one_is_none(tmp_path):
    logo = tmp_path / "logo.png"
    Image.new("RGBA", (80, 40), (255, 255, 255, 255)).save(logo)
    plain = SlateDesign("Przerwa", "Miasto", SMALL, "#102030", "#ff0000")
    with_logo = encode_slate(SlateDesign("Przerwa", "Miasto", SMALL, "#102030", "#ff0000", str(logo)))
    assert decoded(with_logo)[0].to_image().getpixel((160, 36)) > (200, 200, 200)
    logo.write_bytes(b"no picture")
    broken = SlateDesign("Przerwa", "Miasto", SMALL, "#102030", "#ff0000", str(logo))
    assert encode_slate(broken).frames == encode_slate(plain).frames


def test_long_words_and_odd_sizes_fit():
    for size in (Size(321, 179), Size(90, 1600), Size(4096, 2160), Size(1, 1)):
        slate = encode_slate(SlateDesign("słowo " * 12, "Miasto", size, "#102030", "#ff0000"))
        track = h264_track(slate.config)
        assert Size(track.width, track.height) == fitted(size)
    assert fitted(Size(4096, 2160)) == Size(1920, 1012)
    assert fitted(Size(1280, 720)) == Size(1280, 720)


def test_packets_come_once_and_in_order():
    slate = coded(SlateKind.BREAK, SMALL)
    sound, _ = feed.audio(0.2, rate=44_100, channels=1)
    loop = SlateLoop(slate_tracks(Tracks(h264_track(slate.config), sound), slate), slate)
    packets = [packet for end in (0, 1, 9_000, 9_001, 90_000, 900_000) for packet in loop.packets_before(end)]
    pictures = [packet for packet in packets if packet.kind is Kind.VIDEO]
    sounds = [packet for packet in packets if packet.kind is Kind.AUDIO]
    assert [packet.dts for packet in packets] == sorted(packet.dts for packet in packets)
    assert [packet.dts for packet in pictures] == [n * 9_000 for n in range(100)]
    assert [packet.key for packet in pictures] == [n % 20 == 0 for n in range(100)]
    assert [packet.dts for packet in sounds] == [n * 1024 * 90_000 // 44_100 for n in range(431)]


def test_sound_that_has_no_silence_is_replaced():
    slate = coded(SlateKind.BREAK, SMALL)
    odd = AudioTrack(Codec.AAC, b"\x11\x80", "mp4a.40.2", 48_000, 2)
    assert slate_tracks(Tracks(audio=odd), slate).audio.config == b"\x11\x90"
    opus = AudioTrack(Codec.OPUS, bytes(11), "opus", 48_000, 2, 960)
    assert slate_tracks(Tracks(audio=opus), slate) == Tracks(audio=opus)


def video(width: int, height: int) -> Tracks:
    return Tracks(VideoTrack(Codec.H264, b"", "avc1", width, height))


async def test_each_slate_is_made_once_and_off_the_loop():
    threads = []

    def encode(kind: SlateKind, size: Size, text: str) -> CodedSlate:
        threads.append(threading.current_thread())
        return CodedSlate(kind.value.encode() + bytes([size.width % 256]), 9_000, (CodedFrame(key=True, data=b"x"),))

    slates = Slates(encode)
    assert slates.get(SlateKind.BREAK, None) is None
    assert slates.get(SlateKind.BREAK, None) is None
    await slates.close()
    assert slates.get(SlateKind.BREAK, None).config == b"break\x00"
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    for width in range(2, 2 * KEPT + 20, 2):
        slates.get(SlateKind.BREAK, video(width, 64))
    await slates.close()
    assert len(slates._known) == KEPT


async def test_a_slate_that_cannot_be_made_is_tried_once():
    asked = []

    def encode(kind: SlateKind, size: Size, text: str) -> CodedSlate:
        asked.append(size)
        raise OSError("no fonts")

    slates = Slates(encode)
    for _ in range(3):
        assert slates.get(SlateKind.BREAK, None) is None
        await slates.close()
        await asyncio.sleep(0)
    assert len(asked) == 1
