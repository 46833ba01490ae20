"""Drives the compiled WebSocket clients of fanout_client.c."""

import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.bench import machine

HERE = Path(__file__).parent
PARTS = ("fanout_client.c", "fanout_publish.h", "fanout_wire.h")


class CannotRun(Exception):
    """Something that the benchmark needs cannot be had here; its text says what."""


def cache() -> Path:
    """Where compiled clients and peers are kept from run to run."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gryf-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def compiled() -> Path:
    """The program, made anew when its source is newer."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise CannotRun("there is no C compiler for the clients")
    program, newest = cache() / "fanout_client", max((HERE / part).stat().st_mtime for part in PARTS)
    if not program.exists() or program.stat().st_mtime < newest:
        command = [compiler, "-O2", "-pthread", "-o", str(program), str(HERE / PARTS[0])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise CannotRun(f"the clients cannot be compiled: {done.stderr[-400:]}")
    return program


class Answer(msgspec.Struct):
    """What the clients say after each command; not every field is in each answer."""

    ready: int = 0
    lost: int = 0
    """Sockets that were in and were lost without our shutting them, since the beginning."""
    refused: int = 0
    attempts: int = 0
    complaint: str = ""
    codes: dict[str, int] = {}
    seconds: float = 0
    right: int = 0
    members: int = 0
    sent: int = 0
    planned: int = 0
    expected: int = 0
    delivered: int = 0
    in_time: int = 0
    missing: int = 0
    repeated: int = 0
    p50_ms: float = 0
    p90_ms: float = 0
    p99_ms: float = 0
    max_ms: float = 0


class Clients:
    """A process of clients on a core of its own. Options are those of the program, without dashes."""

    def __init__(self, core: int | None, **options: object) -> None:
        command = [str(compiled())]
        for name, value in options.items():
            if value is not None:
                command += [f"--{name.replace('_', '-')}", str(value)]
        with machine.on_core(core):
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def say(self, command: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise CannotRun("the clients ended")
        return msgspec.json.decode(line)

    def answer(self) -> Answer:
        return msgspec.convert(self.line(), Answer)

    def ask(self, command: str) -> Answer:
        self.say(command)
        return self.answer()
