"""What is made of a recording, with real encoders before and real decoders after it."""

import asyncio
import hashlib
import re
from pathlib import Path

import av
import msgspec
import pytest
from PIL import Image

from app.actor import SYSTEM
from app.database import Database
from app.feature import Event
from app.jobs.queue import running
from media.archive import child, store
from media.archive.actions import recording_view, trim_recording
from media.archive.child import WorkshopFailed
from media.archive.files import assets_folder
from media.archive.model import Asset, AssetState, NewTrim
from media.archive.plan import Archive
from media.archive.products import ProductsFailed, make_products, when_ended
from media.archive.removal import Decision, remove_recording
from media.archive.settings import ArchiveSettings
from media.codec import loudness
from media.packet import Tracks
from media.record.library import Library
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM, at, clocked
from tests.media.hls import feed


def archive(tmp_path: Path, **settings) -> Archive:
    return Archive(tmp_path, ArchiveSettings(**settings), tmp_path / "key")


async def made(database: Database, work: Archive) -> dict[str, Asset]:
    with running(1):
        await make_products(database, work, STREAM)
    return await assets_of(database)


async def assets_of(database: Database) -> dict[str, Asset]:
    async with database.transaction(readonly=True) as tx:
        return {asset.kind: asset for asset in await store.assets(tx, STREAM)}


def times(path: Path, kind: str) -> list[float]:
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(**{kind: 0})]


async def test_everything_is_made_of_a_recording_with_a_gap(database: Database, tmp_path: Path):
    turn = clocked(12)
    index = await recorded.record(database, tmp_path, turn, at(60, turn), when_ended=when_ended)
    async with database.transaction() as tx:
        assert await tx.value("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'archive.products'") == 1
    assets = await made(database, archive(tmp_path, normalised_copy=True))
    kinds = {"audio", "loudness", "manifest", "mp4", "normalised", "podcast", "poster", "storyboard", "waveform"}
    assert set(assets) == kinds
    assert {asset.state for asset in assets.values()} == {AssetState.READY}
    folder = assets_folder(tmp_path, STREAM)
    for file in (file for asset in assets.values() for file in asset.files):
        data = (folder / file.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
    assert {path.name for path in folder.iterdir()} == {f.name for a in assets.values() for f in a.files}

    for name in ("recording.mp4", "recording-normalised.mp4"):
        movie = (folder / name).read_bytes()
        assert 0 < movie.find(b"moov") < movie.find(b"mdat"), name
        shown = times(folder / name, "video")
        assert len(shown) == 600
        assert shown == pytest.approx([n / 25 for n in range(600)], abs=0.002), "the gap is closed"
        heard = times(folder / name, "audio")
        assert heard[-1] == pytest.approx(24, abs=0.05)
    assert index.segments[-1].end_90k == 24 * 90_000

    sounds = times(folder / "audio.m4a", "audio")
    assert (sounds[0], sounds[-1]) == (pytest.approx(0, abs=0.03), pytest.approx(24, abs=0.05))
    with av.open(str(folder / "podcast.mp3")) as container:
        assert container.duration / 1e6 == pytest.approx(24, abs=0.1)
    peaks = msgspec.json.decode((folder / "waveform.json").read_bytes())
    assert peaks["points_per_s"] == 2
    assert len(peaks["peaks"]) in {48, 49}
    assert peaks["peaks"][10] == pytest.approx(30, abs=4)


async def test_sound_stays_with_the_picture_where_takes_are_joined(database: Database, tmp_path: Path):
    """The first encoder's sound ends early, the second's begins late: each take starts where its picture does."""
    _, tracks, packets = clocked(6)
    video = [packet for packet in packets if packet.kind == "video"]
    sound = [packet for packet in packets if packet.kind == "audio"]
    early = sorted([*video, *(p for p in sound if p.dts < 5 * 90_000)], key=lambda p: p.dts)
    late = sorted([*video, *(p for p in sound if p.dts > 90_000)], key=lambda p: p.dts)
    await recorded.record(database, tmp_path, (0, tracks, early), (30, tracks, late), (60, tracks, packets))
    await made(database, archive(tmp_path))
    folder = assets_folder(tmp_path, STREAM)
    with av.open(str(folder / "recording.mp4")) as container:
        packets_of = {"video": [], "audio": []}
        for packet in container.demux():
            if packet.pts is not None:
                packets_of[packet.stream.type].append(float(packet.pts * packet.time_base))
    assert packets_of["video"] == pytest.approx([n / 25 for n in range(450)], abs=0.002)
    for join in (6.0, 12.0):
        nearest = min(packets_of["audio"], key=lambda second: abs(second - join))
        assert abs(nearest - join) < 0.022, "a frame of sound begins within a frame of the join"


async def test_each_run_of_equal_takes_is_a_file(database: Database, tmp_path: Path):
    small, large = clocked(4), clocked(4, size=(1280, 720))
    await recorded.record(database, tmp_path, small, at(20, small), at(40, large), at(60, small))
    assets = await made(database, archive(tmp_path, podcast=False))
    files = assets["mp4"].files
    assert [(f.name, f.begin_s, f.end_s) for f in files] == [
        ("recording-1.mp4", 0, 8),
        ("recording-2.mp4", 8, 12),
        ("recording-3.mp4", 12, 16),
    ]
    folder = assets_folder(tmp_path, STREAM)
    assert [len(times(folder / f.name, "video")) for f in files] == [200, 100, 100]
    assert [(f.name, f.end_s) for f in assets["audio"].files] == [("audio.m4a", 16)], "the sound is of one kind"
    assert "podcast" not in assets


async def test_pictures_of_the_storyboard_show_their_second(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(24))
    assets = await made(database, archive(tmp_path, podcast=False))
    folder = assets_folder(tmp_path, STREAM)
    text = (folder / "storyboard.vtt").read_text()
    cues = re.findall(r"(\S+) --> (\S+)\n(\S+?)\?v=(\w+)#xywh=(\d+),(\d+),(\d+),(\d+)\n", text)
    begins = [seconds(cue[0]) for cue in cues]
    ends = [seconds(cue[1]) for cue in cues]
    assert begins == [0, 6, 12, 18]
    assert ends == [*begins[1:], 24], "cues touch, and cover the whole"
    for begin, (_, _, name, version, *box) in zip(begins, cues, strict=True):
        x, y, width, height = map(int, box)
        assert (width, height) == (160, 90)
        tile = Image.open(folder / name).crop((x, y, x + width, y + height)).resize((640, 360))
        assert recorded.read_clock(tile, 60) == pytest.approx(begin, abs=0.001)
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest().startswith(version)
    details = assets["storyboard"].details
    assert (details["tiles"], details["columns"], details["tile_width"]) == (4, 10, 160)
    poster = Image.open(folder / "poster.jpg")
    assert poster.size == (640, 360)
    assert recorded.read_clock(poster, 60) == pytest.approx(assets["poster"].details["at_s"], abs=0.001)


def seconds(stamp: str) -> float:
    hours, minutes, rest = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


async def test_copies_have_the_loudness_that_is_set(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(12))
    assets = await made(database, archive(tmp_path, normalised_copy=True))
    assert assets["loudness"].details["integrated_lufs"] == pytest.approx(-11.2, abs=0.5)
    for name in ("podcast.mp3", "recording-normalised.mp4"):
        assert measured(assets_folder(tmp_path, STREAM) / name) == pytest.approx(-23, abs=1), name


def measured(path: Path) -> float | None:
    """Integrated loudness of a file, decoded anew."""
    with av.open(str(path)) as container:
        resampler = av.audio.resampler.AudioResampler(format="fltp", layout="stereo", rate=48_000)
        frames = [small for frame in container.decode(audio=0) for small in resampler.resample(frame)]
    return loudness.measure_frames(frames).integrated_lufs


async def test_a_second_run_makes_nothing(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    await recorded.record(database, tmp_path, clocked(4))
    before = await made(database, archive(tmp_path))

    async def refuse(*_args):
        raise AssertionError("nothing was to be made")

    monkeypatch.setattr("media.archive.products.carry_out", refuse)
    assert await made(database, archive(tmp_path)) == before


async def test_a_worker_that_dies_midway_is_repeated(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(8))
    started = asyncio.Event()
    order = child.carry_out

    async def carry_out(what, heard):
        if type(what).__name__ == "MakeStoryboard":
            (Path(what.out) / "storyboard-1.jpg").write_bytes(b"half")
            started.set()
            await asyncio.sleep(60)
        return await order(what, heard)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("media.archive.products.carry_out", carry_out)
        working = asyncio.create_task(made(database, archive(tmp_path)))
        await asyncio.wait_for(started.wait(), 60)
        # as a kill would leave it: the folder with half a product stays
        patch.setattr("media.archive.products.shutil.rmtree", lambda *_a, **_k: None)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    folder = assets_folder(tmp_path, STREAM)
    assert list(folder.glob(".making-*"))
    assert not (folder / "storyboard-1.jpg").exists(), "nothing stands under its name before it is whole"
    midway = await assets_of(database)
    assert midway["mp4"].state is AssetState.READY
    assert midway["storyboard"].state is AssetState.RUNNING
    again = await made(database, archive(tmp_path))
    assert {asset.state for asset in again.values()} == {AssetState.READY}
    assert again["mp4"] == midway["mp4"], "what was made is not made twice"
    assert not list(folder.glob(".making-*"))
    assert Image.open(folder / "storyboard-1.jpg").size == (320, 90)


async def test_a_product_that_fails_says_why_and_the_others_are_made(database: Database, tmp_path: Path):
    index = await recorded.record(database, tmp_path, clocked(8))
    take = tmp_path / STREAM / "0.mp4"
    data = bytearray(take.read_bytes())
    last = index.segments[-1]
    data[last.byte_offset + 32 : last.byte_offset + 36] = bytes(4)  # a box without a size
    take.write_bytes(data)
    with pytest.raises(ProductsFailed, match="mp4"):
        await made(database, archive(tmp_path))
    assets = await assets_of(database)
    assert (assets["mp4"].state, assets["mp4"].files) == (AssetState.FAILED, ())
    assert "torn" in assets["mp4"].reason
    assert assets["poster"].state is AssetState.READY


async def test_sound_alone_has_no_pictures(database: Database, tmp_path: Path):
    track, packets = feed.audio(6)
    await recorded.record(database, tmp_path, (0, Tracks(audio=track), list(packets)))
    assets = await made(database, archive(tmp_path))
    assert set(assets) == {"audio", "loudness", "manifest", "podcast", "waveform"}
    assert {asset.state for asset in assets.values()} == {AssetState.READY}


async def test_what_a_trim_hides_does_not_come_to_light_with_a_product(database: Database, tmp_path: Path):
    """The trim comes while the MP4 of the whole is made: it is thrown away and made again."""
    await recorded.record(database, tmp_path, clocked(12))
    library = Library(database, tmp_path)
    order, orders = child.carry_out, []

    async def carry_out(what, heard):
        made = await order(what, heard)
        orders.append(type(what).__name__)
        if orders.count("MakeMp4") == 1 and orders[-1] == "MakeMp4":
            await trim_recording(database, library, SYSTEM, STREAM, NewTrim(4, 12))
            assert not (assets_folder(tmp_path, STREAM) / "recording.mp4").exists()
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("media.archive.products.carry_out", carry_out)
        assets = await made(database, archive(tmp_path, podcast=False, storyboard=False))
    assert orders[:4] == ["MakePoster", "MakeMp4", "MakePoster", "MakeMp4"]
    (file,) = assets["mp4"].files
    assert file.end_s == 8
    assert len(times(assets_folder(tmp_path, STREAM) / "recording.mp4", "video")) == 200


async def test_a_recording_that_is_removed_while_products_are_made(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(4))

    async def carry_out(_what, _heard):
        await remove_recording(database, tmp_path, SYSTEM, STREAM, Decision("person", "clerk", "pomyłka"))
        raise WorkshopFailed("the takes are gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("media.archive.products.carry_out", carry_out)
        assert await made(database, archive(tmp_path)) == {}
    assert not (tmp_path / STREAM).exists()


class Listening:
    """A backplane that keeps what was committed."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Event]] = []

    async def stage(self, _tx, _publications) -> None:
        """Nothing outlives."""

    def dispatch(self, publications) -> None:
        self.events += [(one.room, one.event) for one in publications]

    announce = dispatch


async def test_snapshot_and_events_make_the_snapshot_that_follows(database: Database, tmp_path: Path):
    await recorded.record(database, tmp_path, clocked(4))
    async with database.transaction(readonly=True) as tx:
        before = await recording_view(tx, STREAM)
    database.backplane = heard = Listening()
    await made(database, archive(tmp_path, podcast=False))
    shown = {asset.kind: asset for asset in before.assets}
    for room, event in heard.events:
        assert room == f"media/recording/{STREAM}"
        assert event.asset.rev > (shown[event.asset.kind].rev if event.asset.kind in shown else 0)
        shown[event.asset.kind] = event.asset
    async with database.transaction(readonly=True) as tx:
        after = await recording_view(tx, STREAM)
    assert list(after.assets) == [shown[kind] for kind in sorted(shown)]
    states = [event.asset.state for _, event in heard.events if event.asset.kind == "mp4"]
    assert states == ["queued", "running", "ready"]


async def test_of_nothing_recorded_nothing_is_made_and_that_is_no_failure(database: Database, tmp_path: Path):
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO recording (stream_id, began_at, ended_at, part_ms, segment_s, target_s)"
            " VALUES ($1, now() - interval '1 hour', now(), 500, 2, 3)",
            STREAM,
        )
    assert await made(database, archive(tmp_path)) == {}
    async with database.transaction(readonly=True) as tx:
        view = await recording_view(tx, STREAM)
    assert (view.duration_s, view.trim, view.assets) == (0, None, ())
