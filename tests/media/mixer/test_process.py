"""Two real WHIP publishers and the real mixing process: what viewers get, and what they get when it dies."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from media.continuity.mixing import MixState
from media.continuity.model import Feeding, Slot
from media.mixer.mixer import ProcessMixer, worker_command
from media.packet import Kind
from media.publishing import PublishGrant
from tests.media.mixer.coded import colour_at, decoded
from tests.media.webrtc.client import publisher
from tests.media.webrtc.conftest import STREAM, studio

__all__ = ["studio"]
pytestmark = pytest.mark.slow


async def until(condition, within_s=60):
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def both(studio):
    """Host and guest send; the room's clock runs."""

    async def authorise(key, _address):
        return PublishGrant(stream_id=STREAM, on_air=True, label=key, slot=Slot(key))

    running = []

    def make(host, guest):
        running.append(ProcessMixer(host, guest, worker_command(), lambda _one: None))
        return running[-1]

    studio.streams._authorise = authorise
    studio.streams.make_mixer = make
    async with (
        aiohttp.ClientSession() as http,
        publisher("H264") as host,
        publisher("H264") as guest,
        studio.streams.watched(),
    ):
        for one, slot in ((host, Slot.PRIMARY), (guest, Slot.BACKUP)):
            await one.post(http, studio.url + "/whip", slot.value)
            assert one.status == 201, one.text
        await until(lambda: studio.streams.encoders(STREAM) == frozenset(Slot))
        yield running
        for mixer in running:
            mixer.close()
        await asyncio.gather(*(mixer.task for mixer in running), return_exceptions=True)


async def test_viewers_see_both_and_the_host_when_the_process_dies(studio):
    async with both(studio) as running:
        heard = studio.listen()
        studio.streams.mix(STREAM, wanted=True)
        await until(lambda: studio.streams.feeding(STREAM) is Feeding.BOTH)
        begin = len(heard.packets)
        track = heard.tracks[-1]
        assert (track.video.width, track.video.height) == (1280, 720)
        await until(lambda: len(heard.packets) > begin + 200)
        kinds = [one.kind for one in heard.packets[begin:]]
        assert kinds.count(Kind.AUDIO) > kinds.count(Kind.VIDEO) > 20
        assert any(decoded(track.audio, [one for one in heard.packets[begin:] if one.kind is Kind.AUDIO]))
        pictures = [one for one in heard.packets if one.kind is Kind.VIDEO]
        newest = max(index for index, one in enumerate(pictures) if one.key)
        shown = decoded(track.video, pictures[newest:])[-1]
        assert colour_at(shown, 300, 360)[1:] == pytest.approx((128, 128), abs=4)  # the publishers send grey
        assert colour_at(shown, 960, 360)[1:] == pytest.approx((128, 128), abs=4)
        assert colour_at(shown, 640, 40)[1] > 135  # the ground is blue
        assert running[0].late_s < 5
        # the process dies: the host alone, and it is tried again
        process = next(iter(children(os.getpid(), "media.mixer.worker")))
        os.kill(process, signal.SIGKILL)
        await until(lambda: studio.streams.feeding(STREAM) is Feeding.PRIMARY)
        await until(lambda: studio.streams.feeding(STREAM) is Feeding.BOTH)
        assert len(running) == 2
        studio.streams.mix(STREAM, wanted=False)
        await until(lambda: studio.streams.feeding(STREAM) is Feeding.PRIMARY)
        assert studio.streams.mixing(STREAM) is MixState.OFF
        await until(lambda: not children(os.getpid(), "media.mixer.worker"))


def children(parent: int, word: str) -> list[int]:
    """Processes of this one with that word in their command."""
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, IndexError):
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == parent and word in (folder / "cmdline").read_text():
                found.append(int(folder.name))
    return found
