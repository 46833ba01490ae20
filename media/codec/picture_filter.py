"""Decoded pictures made fit for the encoder: turned upright, deinterlaced, scaled to square pixels."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av
import av.error
import av.filter

from media.codec.probe import ticks
from media.packet import CLOCK_HZ
from media.uploads.facts import VideoPlan

TURNS: Final = {90: (("transpose", "cclock"),), 180: (("hflip", ""), ("vflip", "")), 270: (("transpose", "clock"),)}
"""Filters by degrees counter-clockwise."""
UNTIMED_STEP_90K: Final = CLOCK_HZ // 25
"""What a picture without a time of its own follows the last one at."""


class PictureFilter:
    """A filter graph for the plan; built anew when the pictures change their shape."""

    def __init__(self, plan: VideoPlan) -> None:
        self._plan = plan
        self._graph: Any = None
        self._shape: tuple[int, int, str] | None = None
        self._last_at: int | None = None

    def push(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """Pictures that are ready, their `pts` in 1/90000 s and rising."""
        at = ticks(frame.pts, frame.time_base) if frame.pts is not None else None
        if at is None:
            at = 0 if self._last_at is None else self._last_at + UNTIMED_STEP_90K
        if self._last_at is not None and at <= self._last_at:
            return
        self._last_at = at
        frame.pts, frame.time_base = at, Fraction(1, CLOCK_HZ)
        shape = (frame.width, frame.height, frame.format.name)
        if shape != self._shape:
            yield from self.finish()
            self._shape, self._graph = shape, self._build(frame)
        self._graph.push(frame)
        yield from self._ready()

    def finish(self) -> Iterator[av.VideoFrame]:
        """What the filters still hold."""
        if self._graph is None:
            return
        self._graph.push(None)
        yield from self._ready()
        self._graph = None

    def _ready(self) -> Iterator[av.VideoFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame.pts = ticks(frame.pts, frame.time_base)
            yield frame

    def _build(self, frame: av.VideoFrame) -> Any:
        plan = self._plan
        steps: list[tuple[str, str]] = [("bwdif", "mode=send_frame:deint=interlaced")] if plan.interlaced else []
        steps += TURNS.get(plan.rotation, ())
        steps += [("scale", f"{plan.width}:{plan.height}"), ("setsar", "1"), ("format", "yuv420p")]
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, CLOCK_HZ)
        )
        chain = [source, *(graph.add(name, options or None) for name, options in steps), graph.add("buffersink")]
        graph.link_nodes(*chain).configure()
        return graph
