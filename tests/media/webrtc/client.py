"""A WebRTC client for tests: aiortc as it comes, on the other side of real UDP ports."""

import asyncio
import contextlib
import fractions
import time

import aiohttp
import av
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

NO_SERVERS = RTCConfiguration(iceServers=[])


class Picture(MediaStreamTrack):
    """Frames whose brightness counts, at a steady pace."""

    kind = "video"

    def __init__(self, width=320, height=180, fps=25):
        super().__init__()
        self.size = (width, height)
        self.fps = fps
        self.index = 0
        self.began = None

    async def recv(self):
        if self.began is None:
            self.began = time.monotonic()
        await asyncio.sleep(max(0.0, self.began + self.index / self.fps - time.monotonic()))
        frame = av.VideoFrame(*self.size, "yuv420p")
        for number, plane in enumerate(frame.planes):
            value = 16 + self.index * 3 % 200 if number == 0 else 128
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = self.index * 90_000 // self.fps, fractions.Fraction(1, 90_000)
        self.index += 1
        return frame


class Tone(MediaStreamTrack):
    """20 ms of something audible, again and again."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.index = 0
        self.began = None

    async def recv(self):
        if self.began is None:
            self.began = time.monotonic()
        await asyncio.sleep(max(0.0, self.began + self.index * 0.02 - time.monotonic()))
        frame = av.AudioFrame("s16", "stereo", 960)
        frame.planes[0].update(bytes((0, 16, 0, 16, 0, 240, 0, 240)) * 480)
        frame.sample_rate = 48_000
        frame.pts, frame.time_base = self.index * 960, fractions.Fraction(1, 48_000)
        self.index += 1
        return frame


def prefer(connection: RTCPeerConnection, *names: str) -> None:
    """Offers these video codecs alone."""
    for transceiver in connection.getTransceivers():
        if transceiver.kind == "video":
            known = transceiver.sender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([one for name in names for one in known if one.mimeType == f"video/{name}"])


class Client:
    """One session; `answer` is the HTTP response's status, headers and text."""

    def __init__(self, connection: RTCPeerConnection):
        self.connection = connection
        self.status = 0
        self.headers = {}
        self.text = ""
        self.frames: dict[str, list] = {"video": [], "audio": []}
        self.arrived: dict[str, list[float]] = {"video": [], "audio": []}
        self.tasks: list[asyncio.Task] = []
        connection.on("track", self._follow)

    async def post(self, http: aiohttp.ClientSession, path: str, key: str = "") -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        headers = {"Content-Type": "application/sdp"} | ({"Authorization": f"Bearer {key}"} if key else {})
        async with http.post(path, data=self.connection.localDescription.sdp, headers=headers) as answer:
            self.status, self.headers, self.text = answer.status, answer.headers, await answer.text()
        if self.status == 201:
            await self.connection.setRemoteDescription(RTCSessionDescription(self.text, "answer"))

    async def received(self, kind: str, count: int, within_s: float = 15) -> list:
        async with asyncio.timeout(within_s):
            while len(self.frames[kind]) < count:
                await asyncio.sleep(0.02)
        return self.frames[kind]

    def _follow(self, track: MediaStreamTrack) -> None:
        self.tasks.append(asyncio.create_task(self._receive(track)))

    async def _receive(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(Exception):  # the end of a track is an exception of aiortc's
            while True:
                frame = await track.recv()
                self.frames[track.kind].append(frame)
                self.arrived[track.kind].append(time.monotonic())

    async def close(self) -> None:
        await self.connection.close()
        for task in self.tasks:
            task.cancel()


@contextlib.asynccontextmanager
async def publisher(*codecs: str, audio: bool = True, **picture):
    """Sends a picture in one of these codecs, and a tone."""
    connection = RTCPeerConnection(NO_SERVERS)
    if codecs:
        connection.addTrack(Picture(**picture))
        prefer(connection, *codecs)
    if audio:
        connection.addTrack(Tone())
    client = Client(connection)
    try:
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def viewer(*codecs: str):
    """Receives picture and sound."""
    connection = RTCPeerConnection(NO_SERVERS)
    connection.addTransceiver("video", direction="recvonly")
    connection.addTransceiver("audio", direction="recvonly")
    if codecs:
        prefer(connection, *codecs)
    client = Client(connection)
    try:
        yield client
    finally:
        await client.close()
