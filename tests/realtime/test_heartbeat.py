"""The wheel that asks for signs of life, and a socket on it."""

import asyncio
import time

from realtime.frames import PING, PONG, FrameParser, control_frame
from realtime.heartbeat import STEPS, Heartbeat
from realtime.live_socket import LiveSocket


class Beaten:
    def __init__(self) -> None:
        self.beat_step = 0
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1


def test_everybody_is_visited_once_a_round() -> None:
    wheel, crowd = Heartbeat(25), [Beaten() for _ in range(100)]
    for one in crowd:
        wheel.add(one)
    wheel.turn()
    assert sum(one.beats for one in crowd) in {3, 4}, "a part of them at once"
    for _ in range(STEPS - 1):
        wheel.turn()
    assert {one.beats for one in crowd} == {1}
    for one in crowd:
        wheel.remove(one)
        wheel.remove(one)
    assert len(wheel) == 0


async def test_it_turns_twice_a_heartbeat() -> None:
    wheel, one = Heartbeat(0.1), Beaten()
    wheel.add(one)
    began = time.monotonic()
    task = asyncio.create_task(wheel.run())
    async with asyncio.timeout(30):
        while one.beats < 3:
            await asyncio.sleep(0.01)
    task.cancel()
    assert time.monotonic() - began > 0.09, "two halves of a heartbeat lie between three beats"


class Wire:
    """As much of a transport as a socket touches."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.aborted = self.closed = self.eof = False
        self.reading = True

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self.closed = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.eof = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Ears:
    def __init__(self) -> None:
        self.told: list[object] = []
        self.speaks = True

    def hear(self, message: str | bytes) -> None:
        self.told.append(message)

    def may_speak(self) -> bool:
        return self.speaks

    def closing(self, why: str) -> None:
        self.told.append(("closing", why))

    def filling(self, *, full: bool) -> None:
        self.told.append(("filling", full))

    def gone(self) -> None:
        self.told.append("gone")


def opened(early: bytes = b"") -> tuple[LiveSocket, Wire, Ears]:
    wire, ears = Wire(), Ears()
    socket = LiveSocket(wire, Heartbeat(25))  # type: ignore[arg-type]
    socket.open(ears, early)
    return socket, wire, ears


def said(opcode: int, payload: bytes = b"") -> bytes:
    """A client's frame, under a mask of zeros."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


def test_silence_is_asked_about_and_then_ends() -> None:
    socket, wire, ears = opened()
    socket.beat()
    assert wire.written == [], "it has just come"
    socket.beat()
    assert wire.written == [control_frame(PING)]
    assert not wire.aborted
    socket.beat()
    assert wire.aborted
    assert ears.told == [("closing", "silent")]


def test_it_tells_that_the_transport_fills_up_until_it_is_gone() -> None:
    socket, _, ears = opened()
    socket.pause_writing()
    socket.resume_writing()
    assert ears.told == [("filling", True), ("filling", False)]
    socket.connection_lost(None)
    socket.pause_writing()
    assert ears.told[2:] == ["gone"]


def test_any_sign_of_life_is_enough() -> None:
    socket, wire, _ = opened()
    for _ in range(10):
        socket.beat()
        socket.data_received(said(PONG))
    assert wire.written == []
    for _ in range(2):
        socket.beat()
    assert wire.written == [control_frame(PING)]
    socket.data_received(said(PONG))
    socket.beat()
    socket.beat()
    assert wire.written == [control_frame(PING)] * 2
    assert not wire.aborted


def test_what_came_with_the_handshake_is_heard() -> None:
    _, _, ears = opened(said(1, b"early") + said(1, b"bird"))
    assert ears.told == ["early", "bird"]


def test_pings_are_answered_while_one_may_speak() -> None:
    socket, wire, ears = opened()
    socket.data_received(said(PING, b"hi"))
    assert wire.written == [control_frame(PONG, b"hi")]
    ears.speaks = False
    socket.data_received(said(PING, b"hi"))
    assert len(wire.written) == 1


def test_close_is_answered_with_the_same_code() -> None:
    socket, wire, ears = opened()
    socket.data_received(said(8, (4000).to_bytes(2, "big") + b"pa") + said(1, b"late"))
    assert wire.written == [control_frame(8, (4000).to_bytes(2, "big"))]
    assert wire.closed
    assert ears.told == [("closing", "")]
    socket.close(1000)
    assert len(wire.written) == 1, "once"


def test_after_our_close_nothing_is_heard_but_theirs() -> None:
    socket, wire, ears = opened()
    socket.pause()
    socket.close(1013, "too slow")
    assert wire.written == [control_frame(8, (1013).to_bytes(2, "big") + b"too slow")]
    assert wire.reading, "their answer must be seen"
    socket.data_received(said(1, b"late") + said(PING))
    assert ears.told == []
    assert not wire.closed
    socket.data_received(said(8, (1013).to_bytes(2, "big")))
    assert wire.closed
    assert len(wire.written) == 1


def test_a_violation_says_why_and_shuts_our_side_only() -> None:
    socket, wire, ears = opened()
    socket.data_received(said(1, b"good") + said(3))
    assert ears.told == ["good", ("closing", "unknown opcode")]
    assert wire.written == [control_frame(8, (1002).to_bytes(2, "big") + b"unknown opcode")]
    assert wire.eof
    assert not wire.closed
    assert not wire.aborted
    socket.data_received(said(1, b"more"))
    assert ears.told[-1] == ("closing", "unknown opcode")


def test_the_end_lets_go_of_everybody() -> None:
    wire, ears, wheel = Wire(), Ears(), Heartbeat(25)
    socket = LiveSocket(wire, wheel)  # type: ignore[arg-type]
    socket.open(ears, b"")
    assert len(wheel) == 1
    socket.connection_lost(None)
    assert ears.told == ["gone"]
    assert len(wheel) == 0
    assert socket._listener is not ears
    socket.data_received(said(1, b"late"))
    assert ears.told == ["gone"]


def test_a_waiting_socket_keeps_no_bytes() -> None:
    parser = FrameParser(100)
    parser.feed(said(1, b"x"))
    assert parser._rest is None
    assert parser._fragments is None
