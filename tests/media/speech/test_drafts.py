"""Drafts by real engines: sound of a recording becomes captions at the moment of the words, in a process of its own."""

import asyncio
import sys
import time
from array import array
from itertools import pairwise
from pathlib import Path

import av
import pytest
from av.audio.resampler import AudioResampler

from app.database import Database
from media.packet import AudioTrack, Codec, Kind, Packet, Tracks
from media.speech.child import Failed, Words
from media.speech.desk import SpeechDesk, Stopped
from media.speech.failure import SENTENCES, EngineFailed, SpeechFailure
from media.speech.model import SpokenCue
from media.speech.pieces import BYTES_PER_S, is_silent, pieces, quietest
from media.speech.recognisers import Command, read_answer
from media.speech.settings import Engine, SpeechSettings
from media.speech.shaping import LONGEST, comfortable
from tests.media.archive.recorded import record
from tests.media.hls import feed
from tests.media.speech.speaking import spoken

HERE = Path(__file__).parent
SAID = ("the session is open", "we vote on the budget", "thank you and goodbye")
BEGINS = (1.0, 4.0, 7.5)
LENGTH_S = 10
RATE = 48_000


@pytest.fixture(scope="module")
def speech() -> tuple[AudioTrack, tuple[Packet, ...]]:
    """Ten seconds of coded sound in which three sentences are spoken."""
    track = array("h", bytes(2 * LENGTH_S * RATE))
    for text, begin in zip(SAID, BEGINS, strict=True):
        rate, samples = spoken(text)
        frame = av.AudioFrame("s16", "mono", len(samples))
        frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate = rate
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
        at = round(begin * RATE)
        for out in [*resampler.resample(frame), *resampler.resample(None)]:
            part = array("h", bytes(out.planes[0])[: out.samples * 2])
            track[at : at + len(part)] = part
            at += len(part)
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = RATE, "mono", "fltp", 96_000
    encoder.open()
    packets = []
    for begin in range(0, len(track), 1024):
        tone = array("f", (value / 32768 for value in track[begin : begin + 1024])).tobytes()
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.planes[0].update(tone.ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = RATE, begin
        for packet in encoder.encode(frame):
            at = round(max(packet.pts, 0) * 90_000 / RATE)
            packets.append(Packet(Kind.AUDIO, at, at, key=True, data=bytes(packet)))
    return AudioTrack(Codec.AAC, bytes(encoder.extradata), "mp4a.40.2", RATE, 1, 1024), tuple(packets)


def desk(folder: Path, command: str, **settings) -> SpeechDesk:
    return SpeechDesk(folder, SpeechSettings(engine=Engine.COMMAND, command=command, **settings))


async def go_on(_share: float) -> bool:
    return True


async def heard(database: Database, folder: Path, speech, command: str, **settings) -> Words | Failed:
    sound, samples = speech
    picture, frames = feed.video(LENGTH_S)
    index = await record(database, folder, (0.0, Tracks(picture, sound), feed.interleaved(frames, samples)))
    return await desk(folder, command, **settings).recognise(index, "en", go_on)


async def test_a_real_engine_drafts_a_recording(database: Database, tmp_path: Path, speech) -> None:
    command = f"{sys.executable} {HERE / 'pocketsphinx_engine.py'} {{wav}}"
    answer = await heard(database, tmp_path, speech, command)
    assert isinstance(answer, Words), answer
    assert [cue.text for cue in answer.cues] == list(SAID)
    for cue, begin in zip(answer.cues, BEGINS, strict=True):
        assert abs(cue.begin_ms / 1000 - begin) < 0.5, (cue, begin)
        assert cue.end_ms > cue.begin_ms + 500


SCRIPT = """
import sys, json, wave
wav, out = sys.argv[1:3]
with wave.open(wav) as file:
    seconds = file.getnframes() / file.getframerate()
{body}
"""


def script(folder: Path, body: str) -> str:
    path = folder / "engine.py"
    path.write_text(SCRIPT.format(body=body))
    return f"{sys.executable} {path} {{wav}} {{out}}"


async def test_an_engine_that_writes_srt_into_a_file(database: Database, tmp_path: Path, speech) -> None:
    body = 'open(out, "w").write(f"1\\n00:00:01,000 --> 00:00:02,000\\nprobe {seconds:.1f}\\n")\nprint("chatter")'
    answer = await heard(database, tmp_path / "data", speech, script(tmp_path, body))
    assert isinstance(answer, Words), answer
    assert [(cue.begin_ms, cue.text) for cue in answer.cues] == [(1000, "probe 10.0")]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        ("sys.exit('out of licences')", SpeechFailure.ENGINE),
        ("print('[]')", SpeechFailure.NO_WORDS),
        ("print('{\"segments\": 3}')", SpeechFailure.ENGINE),
        ("print('this is no answer')", SpeechFailure.ENGINE),
        ("x = bytearray(3 * 10**9)", SpeechFailure.ENGINE),
        ("sys.exit(127)", SpeechFailure.MISSING),
        ("import os; os.kill(os.getpid(), 9)", SpeechFailure.TOO_DEMANDING),
    ],
)
async def test_an_engine_that_fails_is_told_as_what_it_is(
    database: Database, tmp_path: Path, speech, body: str, failure: SpeechFailure
) -> None:
    answer = await heard(database, tmp_path / "data", speech, script(tmp_path, body), memory_mib=1024)
    assert isinstance(answer, Failed)
    assert answer.failure is failure
    assert SENTENCES[answer.failure]


async def test_an_engine_that_is_not_there(database: Database, tmp_path: Path, speech) -> None:
    answer = await heard(database, tmp_path, speech, "/nowhere/engine {wav}")
    assert isinstance(answer, Failed)
    assert answer.failure is SpeechFailure.MISSING


async def test_a_recording_without_sound(database: Database, tmp_path: Path) -> None:
    picture, frames = feed.video(4)
    index = await record(database, tmp_path, (0.0, Tracks(picture, None), list(frames)))
    answer = await desk(tmp_path, "true {wav}").recognise(index, "pl", go_on)
    assert isinstance(answer, Failed)
    assert answer.failure is SpeechFailure.NO_SOUND


async def test_processor_time_is_bounded(database: Database, tmp_path: Path, speech, monkeypatch) -> None:
    monkeypatch.setattr("media.speech.desk.LEAST_CPU_S", 2)
    began = time.monotonic()
    answer = await heard(database, tmp_path / "data", speech, script(tmp_path, "while True: pass"), cpu_factor=0.1)
    assert isinstance(answer, Failed)
    assert answer.failure is SpeechFailure.TOO_DEMANDING
    assert time.monotonic() - began < 30


async def test_a_draft_that_nobody_wants_any_more_ends_with_its_engine(
    database: Database, tmp_path: Path, speech
) -> None:
    alive = tmp_path / "alive"
    body = f"import time\nfor n in range(200):\n    open({str(alive)!r}, 'a').write('x'); time.sleep(0.1)"
    sound, samples = speech
    picture, frames = feed.video(LENGTH_S)
    index = await record(database, tmp_path / "data", (0.0, Tracks(picture, sound), feed.interleaved(frames, samples)))

    async def enough(_share: float) -> bool:
        return False

    # the first piece is told as done, the second one is asked about no more
    with pytest.raises(Stopped):
        await desk(tmp_path / "data", script(tmp_path, "print('[]')")).recognise(index, "en", enough)
    desk_ = desk(tmp_path / "data", script(tmp_path, body))
    task = asyncio.ensure_future(desk_.recognise(index, "en", go_on))
    for _ in range(200):
        await asyncio.sleep(0.1)
        if alive.exists():
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    size = alive.stat().st_size
    await asyncio.sleep(0.5)
    assert alive.stat().st_size == size, "the engine outlived its draft"


async def test_nothing_is_set_up(database: Database, tmp_path: Path) -> None:
    picture, frames = feed.video(4)
    index = await record(database, tmp_path, (0.0, Tracks(picture, None), list(frames)))
    answer = await SpeechDesk(tmp_path, SpeechSettings()).recognise(index, "pl", go_on)
    assert isinstance(answer, Failed)
    assert answer.failure is SpeechFailure.NOT_SET_UP
    missing = await SpeechDesk(tmp_path, SpeechSettings(engine=Engine.WHISPER)).recognise(index, "pl", go_on)
    assert isinstance(missing, Failed)
    assert missing.failure is SpeechFailure.MISSING  # faster-whisper is no dependency


def test_a_command_needs_a_place_for_the_sound() -> None:
    for template in ("", "engine --fast", "engine 'unclosed {wav}"):
        with pytest.raises(EngineFailed) as refused:
            Command(template, 1)
        assert refused.value.failure is SpeechFailure.NOT_SET_UP


def test_answers_in_each_form_are_the_same() -> None:
    wanted = [SpokenCue(1000, 2500, "Otwieram", ""), SpokenCue(3000, 4000, "sesję", "Anna")]
    json = b'[{"start": 1.0, "end": 2.5, "text": "Otwieram"}, {"start": 3, "end": 4, "text": "sesj\xc4\x99", "speaker": "Anna"}]'
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.500\nOtwieram\n\n00:03.000 --> 00:04.000\n<v Anna>sesję\n".encode()
    for data in (json, b'{"text": "x", "segments": ' + json + b"}", b"\xef\xbb\xbf" + json, vtt):
        assert read_answer(data) == wanted
    assert read_answer(b"") == read_answer(b"WEBVTT\n\n") == []


def test_long_sound_is_cut_where_it_is_quiet() -> None:
    loud = array("h", [9000, -9000] * 8000).tobytes()  # a second
    quiet = bytes(BYTES_PER_S)
    sound = loud * 25 + quiet + loud * 20 + quiet + loud * 20
    found = list(pieces([sound[:999_999], sound[999_999:]], 30))
    assert b"".join(piece.pcm for piece in found) == sound
    assert [round(piece.begin_ms / 1000) for piece in found] == [0, 25, 46]
    for piece in found[:-1]:
        assert len(piece.pcm) % 2 == 0
    assert is_silent(quiet)
    assert not is_silent(loud)
    assert quietest(b"") == 0


def test_captions_are_short_enough_to_read() -> None:
    long = SpokenCue(0, 30_000, "Słowo i jeszcze jedno. " * 20)
    found = comfortable([long, SpokenCue(29_000, 31_000, "Potem"), SpokenCue(40_000, 40_000, "  ")])
    assert all(len(cue.text) <= LONGEST for cue in found)
    assert all(one.end_ms <= two.begin_ms for one, two in pairwise(found))
    assert " ".join(cue.text for cue in found).split() == (long.text + "Potem").split()
    assert all(cue.end_ms > cue.begin_ms for cue in found)
