"""A closed part, told by a colour and a tone that must not be found in anything that leaves: whatever way it takes."""

import asyncio
import time
from pathlib import Path

import pytest
from PIL import Image

from app.actor import SYSTEM
from app.database import DATABASE
from app.jobs.queue import running
from app.wire import data_folder
from media.archive.feature import archive_of
from media.archive.products import make_products
from media.hls.web import PACKAGERS
from media.packet import CLOCK_HZ
from media.sealed.files import open_movie, sealed_files
from media.sealed.recorder import SEALED
from media.streams import STREAMS
from media.webrtc.broadcast import Broadcast, Viewer
from media.webrtc.sessions import HIDING
from portals.council import store as council_store
from portals.council.actions import create_stream_key
from tests.flows.test_session import until
from tests.portals.council.sealing.marked import Encoder, coded, found, play, prints, tones

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

WHY = {"legal_basis": "art. 5 ust. 2 ustawy o dostępie do informacji publicznej", "reason": "dane stron"}


class Tape:
    """A follower, as simulcast is; it keeps what it is given."""

    def __init__(self):
        self.data = b""

    def on_tracks(self, tracks):
        pass

    def on_packet(self, packet):
        self.data += packet.data

    def on_pause(self):
        pass

    def on_end(self):
        pass


class Wire:
    """A viewer's transport by WebRTC: the payloads of its RTP packets, without headers."""

    def __init__(self):
        self.data = b""

    def send_rtp(self, packets):
        for packet in packets:
            self.data += packet[12:]
        return True

    def send_rtcp(self, packets):
        pass


class Figures:
    def sent(self, packets):
        pass

    dropped = asked_again = sent


class PlainSound:
    """In place of a transcoder: the frames themselves, so that they can be known again."""

    def __init__(self, add):
        self.add = add

    def push(self, packet):
        self.add(packet.pts, packet.data)

    def close(self):
        pass


async def test_no_frame_and_no_sound_of_a_closed_part_gets_out(site, tmp_path: Path):
    database, streams = site.app[DATABASE], site.app[STREAMS]
    async with database.transaction() as tx:
        (session,) = await council_store.live_sessions(tx)
    key = await create_stream_key(database, SYSTEM, session.id, "Kamera")
    stream_id = session.stream_id
    stream = await streams.claim(key.key, "127.0.0.1", Encoder())
    parts = {}
    tracks, parts["open"] = coded("open", 5, 0)
    _, parts["closed"] = coded("closed", 7, 5)
    _, parts["again"] = coded("again", 9, 12)
    stream.set_tracks(tracks)
    whep = Wire()
    viewer = Viewer(whep, lambda _: None, 96, 97)
    broadcast = Broadcast(
        stream, lambda _, add: PlainSound(add), Figures(), lambda: streams.slate(stream_id) in HIDING, lambda _: None
    )
    broadcast.add(viewer)
    simulcast, hls = Tape(), Viewing(site, stream_id)
    site.app[PACKAGERS][stream_id].follow(simulcast)
    base = f"/api/council/sessions/{session.id}"
    began = time.monotonic()
    async with site.client("clerk") as clerk, site.client() as resident, asyncio.TaskGroup() as group:
        watching = group.create_task(hls.watch(resident))
        await play(stream, parts["open"], began)
        async with clerk.post(f"{base}/closed-parts", json={**WHY, "recording": "sealed"}) as answer:
            assert answer.status == 201, await answer.text()
            interval = await answer.json()
        closed_for = [one for one in parts["closed"] if one.dts < 10 * CLOCK_HZ]
        await play(stream, closed_for, began)
        async with clerk.post(f"{base}/intervals/{interval['id']}/end", json={}) as answer:
            assert answer.status == 200
        # the encoder is late: for two seconds more it sends what was said behind closed doors
        await play(stream, parts["closed"][len(closed_for) :], began)
        await play(stream, parts["again"], began)
        async with clerk.post(f"{base}/end", json={}) as answer:
            assert answer.status == 200
        await until(lambda: ended(resident, stream_id))
        watching.cancel()
    folder = data_folder(site.app) / "recordings" / stream_id
    disk = b"".join(path.read_bytes() for path in sorted(folder.glob("*.mp4")))
    for name, blob in (("hls", hls.data), ("disk", disk), ("simulcast", simulcast.data), ("whep", whep.data)):
        assert found(prints(parts["open"]), blob) > 100, f"{name}: this test would find what leaks"
        assert found(prints(parts["again"]), blob) > 50, name
        assert found(prints(parts["closed"]), blob) == 0, name

    with running(1):
        await make_products(database, archive_of(site.app), stream_id)
    assets = folder / "assets"
    for name in ("recording.mp4", "podcast.mp3", "audio.m4a"):
        heard = tones(str(next(assets.glob(f"{name.partition('.')[0]}*"))))
        assert heard[440.0] > 0.05, name
        assert heard[1000.0] < 0.01, name
    for sheet in [*assets.glob("*.jpg")]:
        with Image.open(sheet) as picture:
            assert magenta_share(picture) < 0.001, sheet.name
    await the_sealed_copy_has_it(site, stream_id, interval["id"], parts, tmp_path)


async def the_sealed_copy_has_it(site, stream_id: str, interval_id: int, parts: dict, tmp_path: Path) -> None:
    """And nobody reads it without the key."""
    sealed = site.app[SEALED]
    (file,) = sealed_files(sealed.folder, sealed.key, stream_id, str(interval_id))
    assert file.whole
    raw = (sealed.folder / stream_id / str(interval_id) / "1.sealed").read_bytes()
    assert found(prints(parts["closed"]), raw) == 0
    movie = b"".join(open_movie(sealed.folder, sealed.key, stream_id, str(interval_id), 1))
    expected = prints([one for one in parts["closed"] if one.dts < 9.8 * CLOCK_HZ])
    assert found(expected, movie) > 0.95 * len(expected)
    (tmp_path / "sealed.mp4").write_bytes(movie)
    assert tones(str(tmp_path / "sealed.mp4"))[1000.0] > 0.05


class Viewing:
    """Everything that a player could fetch, by segments, parts and initialisation sections."""

    def __init__(self, site, stream_id: str):
        self.stream_id = stream_id
        self.data = b""
        self._seen: set[str] = set()

    async def watch(self, client) -> None:
        while True:
            async with client.get(f"/hls/{self.stream_id}/live.m3u8") as answer:
                text = await answer.text() if answer.status == 200 else ""
            for word in text.replace('"', "\n").splitlines():
                if word.endswith((".m4s", ".mp4")) and word not in self._seen:
                    self._seen.add(word)
                    async with client.get(f"/hls/{self.stream_id}/{word}") as answer:
                        self.data += await answer.read() if answer.status == 200 else b""
            await asyncio.sleep(0.3)


async def ended(client, stream_id: str) -> bool:
    async with client.get(f"/recordings/{stream_id}/media.m3u8") as answer:
        return answer.status == 200 and (await answer.text()).rstrip().endswith("#EXT-X-ENDLIST")


def magenta_share(picture: Image.Image) -> float:
    colours = picture.convert("RGB").resize((64, 64)).getdata()
    return sum(r > 150 and g < 90 and b > 150 for r, g, b in colours) / 4096
