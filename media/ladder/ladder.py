"""The smaller versions of one stream: follows its packager, feeds a worker, packages what comes back.

A *run* is an unbroken sequence of pictures in one take. It begins where the source begins a segment, with the same
number, position and date, and every cut after it follows the source's. Whatever breaks it (a worker that died or fell
behind) withdraws the smaller pictures, and a new run begins at a later segment. Players go back to the source
meanwhile, which is never touched.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from media.conversation import Conversation
from media.hls.cuts import Lead
from media.hls.window import Bounds
from media.ladder import process
from media.ladder.budget import Restarts, Rests
from media.ladder.figures import Figures
from media.ladder.protocol import Began, Coded, Ended, Feed, Flush, News, Ready, Setup
from media.ladder.rendition import Output, Rendition
from media.ladder.rungs import Choice, Rung
from media.ladder.sound_only import SoundOnly
from media.packager import Packager
from media.packet import CLOCK_HZ, Kind, Packet, Tracks

log = structlog.get_logger(__name__)

WITHDRAWN_FROM_S: Final = 6.0
"""Smaller pictures that are later than this are withdrawn until they have caught up."""

OFFERED_BELOW_S: Final = 2.0
THINNED: Final = ((3.0, 4), (1.0, 2))
"""A worker that is later than so many seconds makes one of so many pictures: first they move less smoothly."""

SOUND_AHEAD: Final = CLOCK_HZ // 4
"""Sound goes ahead of the pictures by no more than this, or a muxer would wait for the picture."""

PICTURE_STALLED: Final = CLOCK_HZ

HUNG_AFTER_S: Final = 15.0
"""A worker that has work and says nothing for so long is killed."""

HUNG_LAG_S: Final = 1.0
"""Less than this may be a picture that stopped: a decoder holds the last ones back."""

LAST_PICTURES_S: Final = 3.0
"""How long the end of a stream waits for its last smaller pictures."""


class Run:
    """One run, from the source's first segment in it. `offered` is the position of the newest picture sent."""

    def __init__(self, number: int, lead: Lead, tracks: Tracks, rungs: tuple[Rung, ...]) -> None:
        self.number = number
        self.take = lead.take
        self.msn = lead.msn
        self.tracks = tracks
        self.outputs = tuple(Output(rung.name, lead) for rung in rungs)
        self.offered = lead.at_90k

    @property
    def behind_90k(self) -> int:
        return max(0, self.offered - min(output.reached for output in self.outputs))


class Ladder:
    """A `packager.Follower`. Lives on the loop; `attend` is its task while smaller pictures are wanted."""

    def __init__(
        self,
        source: Packager,
        choice: Choice,
        bounds: Bounds,
        command: tuple[str, ...],
        figures: Figures,
        when_spent: Callable[[], None] = lambda: None,
    ) -> None:
        self.source = source
        self.dropped = 0
        """Pictures the worker was too slow for."""
        self.worker: Conversation[News] | None = None
        self._choice = choice
        self._bounds = bounds
        self._command = command
        self.figures = figures
        self.when_spent = when_spent
        self._sound = SoundOnly(source, bounds) if choice.audio else None
        standing = source.muxer.standing
        self._segment = (standing.take, standing.msn) if standing is not None else None
        self._made: dict[str, Rendition] = {}
        self.ready = False
        """The worker takes orders."""
        self._numbers = 0
        self._run: Run | None = None
        """What the source's packets belong to now."""
        self._runs: dict[int, Run] = {}
        """What the worker still answers for, oldest first."""
        self._rests = Rests()
        self._restarts = Restarts()
        self._task: asyncio.Task[None] | None = None
        self._stopped: asyncio.Task[None] | None = None
        """The task before, which may still be ending its process."""
        self._ending: asyncio.TimerHandle | None = None
        source.follower = self

    @property
    def lag_s(self) -> float:
        """How far the smaller pictures are behind the source, in seconds."""
        return sum(run.behind_90k for run in self._runs.values()) / CLOCK_HZ

    @property
    def is_working(self) -> bool:
        return self._task is not None

    def start(self) -> None:
        """Smaller pictures are wanted; twice is no error."""
        if self._task is None and not self.source.window.ended and self._choice.rungs:
            self._task = asyncio.create_task(self._attend(self._stopped), name=f"ladder: {self.source.id}")

    def stop(self) -> None:
        """They are not wanted any more; the sound alone goes on."""
        task, self._task = self._task, None
        if task is not None:
            self._stopped = task
            task.cancel()
            self._break_off()

    def leave(self) -> None:
        """Lets go of the source at once."""
        if self.source.follower is self:
            self.source.follower = None
        if self._ending is not None:
            self._ending.cancel()
        self.stop()
        if self._sound is not None and not self.source.window.ended:
            self._sound.drop()

    async def close(self) -> None:
        """Lets go of the source and waits until the process is gone."""
        self.leave()
        if self._stopped is not None:
            await asyncio.gather(self._stopped, return_exceptions=True)

    def check(self) -> None:
        """Once a second: withdraws what is late, ends what hangs."""
        worker = self.worker
        if worker is None:
            return
        lag_s = self.lag_s
        if lag_s > WITHDRAWN_FROM_S:
            for rendition in self._made.values():
                rendition.withdraw()
        if lag_s > HUNG_LAG_S and time.monotonic() - worker.heard_at > HUNG_AFTER_S:
            log.error("ladder worker hangs and is ended", stream=self.source.id, pid=worker.pid)
            worker.kill()

    def on_tracks(self, tracks: Tracks) -> None:
        del tracks  # the packager knows what it has made of them once the take begins
        self._flush()

    def on_packet(self, packet: Packet) -> None:
        muxer = self.source.muxer
        standing, lane = muxer.standing, muxer.placed(packet.kind)
        if standing is None or lane is None:
            return
        shown = packet.pts + lane.offset
        if (standing.take, standing.msn) != self._segment:
            self._begin_segment(standing, shown if packet.kind is Kind.VIDEO and packet.key else None)
        if packet.kind is Kind.AUDIO:
            self._push_sound(Packet(Kind.AUDIO, shown, shown, key=True, data=packet.data))
        elif self._run is not None:
            self._push_picture(self._run, packet.dts + lane.offset, shown, packet)

    def on_pause(self) -> None:
        self._flush()

    def on_end(self) -> None:
        self._flush()
        if self._sound is not None:
            self._sound.end()
        self._ending = asyncio.get_running_loop().call_later(LAST_PICTURES_S if self._runs else 0, self._end)

    def _begin_segment(self, lead: Lead, key_90k: int | None) -> None:
        """The source began a segment, with a key frame that is shown at `key_90k`, or without one."""
        earlier, self._segment = self._segment, (lead.take, lead.msn)
        if key_90k is not None and key_90k < lead.at_90k:
            lead = msgspec.structs.replace(lead, at_90k=key_90k)
        follows = earlier == (lead.take, lead.msn - 1)
        tracks = self.source.tracks or Tracks()
        if self._sound is not None and tracks.audio is not None and tracks.video is not None:
            if not follows and earlier is not None and earlier[0] == lead.take:
                self._sound.drop()
            self._sound.begin_segment(lead, tracks.audio)
        run = self._run
        if run is not None and follows and run.take == lead.take:
            run.msn = lead.msn
            for output in run.outputs:
                output.leads.append(lead)
            return
        if run is not None:
            # Several segments in one packet: the smaller pictures would fall out of step.
            self._break_off()
        if key_90k is not None:
            self._begin_run(lead, tracks)

    def _begin_run(self, lead: Lead, tracks: Tracks) -> None:
        worker = self.worker
        if worker is None or not self.ready or self._rests.is_resting(time.monotonic()):
            return
        rungs = self._choice.below(tracks.video.height) if tracks.video is not None else ()
        if tracks.video is None or not rungs:
            # Nothing smaller can be made of this source: players of what was made before go back to it.
            self._break_off()
            return
        self._numbers += 1
        run = self._run = self._runs[self._numbers] = Run(self._numbers, lead, tracks, rungs)
        worker.send(Setup(run.number, tracks.video, rungs))

    def _push_picture(self, run: Run, dts: int, pts: int, packet: Packet) -> None:
        worker = self.worker
        assert worker is not None
        lag_s = self.lag_s
        every = next((every for late_s, every in THINNED if lag_s > late_s), 1)
        if not worker.send(Feed(run.number, dts, pts, packet.key, packet.data, every), dts):
            log.warning("ladder worker is too slow", stream=self.source.id, lag_s=round(lag_s, 1))
            self._rests.begin(time.monotonic())
            self._count_dropped(1 + self._break_off())
            return
        run.offered = max(run.offered, pts)

    def _push_sound(self, packet: Packet) -> None:
        if self._sound is not None:
            self._sound.push(packet)
        run = self._run
        if run is None:
            return
        stalled = packet.dts - run.offered > PICTURE_STALLED and run.behind_90k < PICTURE_STALLED
        for output in run.outputs:
            output.sound.append(packet)
            if stalled and output.rendition is not None:
                # The source's picture stopped, its sound goes on: the rendition's muxer holds the picture as well.
                for early in output.sound_until(packet.dts - SOUND_AHEAD):
                    output.rendition.on_packet(early)

    def _flush(self) -> None:
        """What comes next belongs to another run."""
        if self._sound is not None:
            self._sound.pause()
        run, self._run = self._run, None
        if run is not None and self.worker is not None:
            self.worker.send(Flush(run.number))

    def _count_dropped(self, count: int) -> None:
        self.dropped += count
        self.figures.dropped.inc(count)

    def _break_off(self) -> int:
        """Gives up what was begun: nothing that is still on its way will be used. Returns how much still waited."""
        dropped = self.worker.backlog.clear() if self.worker is not None else 0
        self._run = None
        self._runs.clear()
        for rendition in self._made.values():
            rendition.withdraw()
        self._made.clear()
        return dropped

    async def _attend(self, earlier: asyncio.Task[None] | None) -> None:
        """Keeps a worker running, one at a time."""
        if earlier is not None:
            await asyncio.wait((earlier,))
        while True:
            await asyncio.sleep(self._restarts.pause_s(time.monotonic()))
            worker = self.worker = process.worker(self._command, self._hear)
            code: int | None = None
            try:
                code = await worker.run()
            except Exception:
                log.exception("ladder worker failed", stream=self.source.id)
            finally:
                self.ready = False
                self._count_dropped(self._break_off())
                self.worker = None
            now = time.monotonic()
            self._restarts.note(now)
            self.figures.restarts.inc()
            log.error("ladder worker ended", stream=self.source.id, pid=worker.pid, code=code)
            if self._restarts.is_spent(now):
                self.when_spent()

    def _hear(self, news: News) -> None:
        if isinstance(news, Ready):
            self.ready = True
            return
        run = self._runs.get(news.run)
        if run is None:
            return
        if isinstance(news, Coded):
            self._take_picture(run.outputs[news.rung], news)
        elif isinstance(news, Began):
            self._open(run, news)
        else:
            assert isinstance(news, Ended)
            self._close(run)

    def _open(self, run: Run, began: Began) -> None:
        for output, track in zip(run.outputs, began.tracks, strict=True):
            rendition = self._made.get(output.name)
            if rendition is None or not rendition.can_go_on(output.first):
                if rendition is not None:
                    rendition.withdraw()
                rendition = self._made[output.name] = Rendition(output.name, self.source, self._bounds, output.first)
            output.rendition = rendition
            rendition.begin_run(Tracks(track, run.tracks.audio), output.leads)
        for name in self._made.keys() - {output.name for output in run.outputs}:
            self._made.pop(name).withdraw()

    def _take_picture(self, output: Output, coded: Coded) -> None:
        rendition = output.rendition
        assert rendition is not None
        output.reached = max(output.reached, coded.pts)
        picture = Packet(Kind.VIDEO, coded.pts, coded.pts, coded.key, coded.data)
        if coded.key:
            # A take begins with a picture.
            rendition.on_packet(picture)
        for packet in output.sound_until(coded.pts + SOUND_AHEAD):
            rendition.on_packet(packet)
        if not coded.key:
            rendition.on_packet(picture)
        if coded.key and not rendition.is_offered and self.lag_s < OFFERED_BELOW_S:
            rendition.offer()

    def _close(self, run: Run) -> None:
        del self._runs[run.number]
        for output in run.outputs:
            if output.rendition is not None:
                for packet in output.sound_until(None):
                    output.rendition.on_packet(packet)
                output.rendition.on_pause()
        if self._ending is not None and not self._runs:
            self._end()

    def _end(self) -> None:
        """The source has ended: so do these, and the worker is not needed any more."""
        if self._ending is not None:
            self._ending.cancel()
        made, self._made = self._made, {}
        for rendition in made.values():
            rendition.on_end()
        self.stop()
