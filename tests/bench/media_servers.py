"""Gryf, nginx-rtmp and node-media-server as processes that take RTMP, record it and (the first two) package HLS."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from aiohttp import web

import run
from app import serving
from app.actor import SYSTEM
from app.database import DATABASE
from app.log import set_up_logging
from app.process import run_loop
from portals.council import actions, store
from portals.council.model import SessionDraft
from tests.bench import machine

ROOT = Path(__file__).resolve().parent.parent.parent
NODE_MEDIA_SERVER = "node-media-server@4.4.3"
RTMP_MODULES = ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/share/nginx/modules")


class CannotRun(Exception):
    """This peer cannot be had here; its text says why."""


class MediaServer(ABC):
    """A server of this machine. `start` and `stop` may be called again and again."""

    name: str
    lag_p99_s: float | None = None
    """Of the event loop between the last two remarks, where the server tells."""

    def __init__(self, folder: Path, core: int | None) -> None:
        self.folder = folder
        self.core = core
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self, streams: int) -> list[str]:
        """Begins to serve; returns an address to publish to for each stream."""

    @abstractmethod
    def recorded_bytes(self) -> list[int]:
        """What lies on the disk of each stream."""

    def listed(self) -> list[bool]:
        """Whether each stream has a playlist with segments; empty where the server makes none."""
        return []

    def cpu_s(self) -> dict[str, float]:
        """CPU time so far: first of the server itself, then of what it needs beside."""
        assert self.process is not None
        return {"server": machine.tree_cpu_s(self.process.pid)}

    def remark(self) -> str:
        """What else it says of itself since the last call."""
        return ""

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
            self.process = None

    def _run(self, *command: str, cwd: Path, **popen) -> subprocess.Popen[bytes]:
        with machine.on_core(self.core), (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stderr=log, **popen)
        return self.process

    def _await_port(self, port: int) -> None:
        until = time.monotonic() + 15
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            time.sleep(0.05)
        raise CannotRun(f"it does not listen: {self.log_end()}")

    def log_end(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-800:]


class Gryf(MediaServer):
    """The product: `run.py serve` with a session on air for every stream, in a new data folder at each start."""

    name = "ours"

    def __init__(self, folder: Path, core: int | None) -> None:
        super().__init__(folder, core)
        folder.chmod(0o755)  # started by root, the database runs as another user
        self.starts = 0
        self.data = folder
        self.keys: dict[str, str] = {}
        """Of each session by its stream id."""
        self.http = ""
        self._lag: dict[float, float] = {}
        self._waited = (0.0, 0.0)

    def start(self, streams: int) -> list[str]:
        self.starts += 1
        self.data = self.folder / f"data-{self.starts}"
        self.keys = {}
        self._plan(streams)
        process = self._run(
            *(sys.executable, "run.py", "serve", "--data", str(self.data), "--port", "0", "--rtmp-port", "0", "--json"),
            cwd=ROOT,
            env={**os.environ, "GRYF_MEDIA_RTMP_HOST": "127.0.0.1", "GRYF_LADDER_POLICY": "never"},
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, self.log_end()
        ready = msgspec.json.decode(line)
        self.http = ready["http"]
        return [f"{ready['rtmp']}/{key}" for key in self.keys.values()]

    def recorded_bytes(self) -> list[int]:
        root = self.data / "recordings"
        return [sum_of_sizes(root / stream_id, "*.mp4") for stream_id in self.keys]

    def listed(self) -> list[bool]:
        return [self._is_listed(stream_id) for stream_id in self.keys]

    def cpu_s(self) -> dict[str, float]:
        assert self.process is not None
        postmaster = int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])
        beside = [pid for pid in machine.descendants(self.process.pid) if pid != postmaster]
        return {
            "server": machine.cpu_s(self.process.pid),
            "PostgreSQL": machine.tree_cpu_s(postmaster),
            "worker": sum(map(machine.cpu_s, beside)),
        }

    def remark(self) -> str:
        assert self.process is not None
        before, self._lag = self._lag, self._lag_buckets()
        began, self._waited = self._waited, (time.monotonic(), machine.waited_s(self.process.pid))
        counts = {limit: count - before.get(limit, 0) for limit, count in self._lag.items()}
        total = max(counts.values(), default=0)
        p99_s = next((limit for limit, count in sorted(counts.items()) if count >= 0.99 * total), 0.0)
        self.lag_p99_s = p99_s
        starved = (self._waited[1] - began[1]) / (self._waited[0] - began[0])
        return f"loop lag p99 ≤ {p99_s * 1000:g} ms, of each second {starved * 1000:.0f} ms without a core"

    def stop(self) -> None:
        super().stop()
        self._lag = {}
        with contextlib.suppress(OSError, ValueError, IndexError):  # only if it was killed and left its database behind
            os.kill(int((self.data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
            time.sleep(1)
        shutil.rmtree(self.data, ignore_errors=True)

    def _plan(self, sessions: int) -> None:
        async def plan(application: web.Application) -> None:
            for number in range(1, sessions + 1):
                draft = SessionDraft(str(number), f"Ingest {number}", "", datetime.now(UTC), ["Feed"])
                async with application[DATABASE].transaction() as tx:
                    session = await actions.plan_in(tx, SYSTEM, draft)
                    await store.start_session(tx, session.id)
                key = await actions.create_stream_key(application[DATABASE], SYSTEM, session.id, "Bench")
                self.keys[session.stream_id] = key.key

        set_up_logging("text", "error")
        settings = run.Settings(None, 0, data=str(self.data), port=0)
        run_loop(lambda: serving.in_application(settings, plan))

    def _is_listed(self, stream_id: str) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.http}/hls/{stream_id}/live.m3u8") as answer:
            return b"#EXTINF" in answer.read()
        return False

    def _lag_buckets(self) -> dict[float, float]:
        with urllib.request.urlopen(f"{self.http}/metrics") as answer:
            text = answer.read().decode()
        return {
            float(limit): float(count)
            for limit, count in re.findall(r'^gryf_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', text, re.MULTILINE)
        }


class NginxRtmp(MediaServer):
    """Debian's nginx with libnginx-mod-rtmp: one worker, `record all` and HLS of 2 s."""

    name = "nginx-rtmp"

    def start(self, streams: int) -> list[str]:
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        modules = [path for folder in RTMP_MODULES if (path := Path(folder) / "ngx_rtmp_module.so").exists()]
        if nginx is None or not modules:
            raise CannotRun("nginx with libnginx-mod-rtmp is not installed")
        self.output = self.folder / "output"
        self.keys = [f"s{number}" for number in range(streams)]
        for part in ("record", "hls"):
            (self.output / part).mkdir(parents=True)
        port = machine.free_port()
        config = self.folder / "nginx.conf"
        config.write_text(self._config(modules[0], port))
        self._run(nginx, "-p", str(self.folder), "-c", str(config), "-e", "stderr", cwd=self.folder)
        self._await_port(port)
        return [f"rtmp://127.0.0.1:{port}/live/{key}" for key in self.keys]

    def recorded_bytes(self) -> list[int]:
        return [sum_of_sizes(self.output / "record", f"{key}.flv") for key in self.keys]

    def listed(self) -> list[bool]:
        return [self._is_listed(self.output / "hls" / key) for key in self.keys]

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder / "output", ignore_errors=True)

    def _is_listed(self, stream: Path) -> bool:
        playlist = stream.with_suffix(".m3u8")
        segments = list(stream.parent.glob(f"{stream.name}-*.ts"))
        return bool(segments) and playlist.exists() and "#EXTINF" in playlist.read_text()

    def _config(self, module: Path, port: int) -> str:
        user = "user root;\n" if os.geteuid() == 0 else ""  # else its worker may not write into our folder
        return f"""{user}load_module {module};
daemon off;
worker_processes 1;
error_log stderr error;
pid {self.folder}/nginx.pid;
events {{ worker_connections 1024; }}
rtmp {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        application live {{
            live on;
            record all;
            record_path {self.output}/record;
            hls on;
            hls_path {self.output}/hls;
            hls_fragment 2s;
            hls_playlist_length 24s;
        }}
    }}
}}
"""


class NodeMediaServer(MediaServer):
    """node-media-server: records FLV; this version packages no HLS, so it does less than the others."""

    name = "node-media-server"

    def start(self, streams: int) -> list[str]:
        package = self._install()
        self.output = self.folder / "output"
        self.output.mkdir()
        self.keys = [f"s{number}" for number in range(streams)]
        port = machine.free_port()
        config = {
            "bind": "127.0.0.1",
            "rtmp": {"port": port},
            "auth": {"play": False, "publish": False, "secret": "bench"},
            "store": {"path": str(self.output / "store")},
            "record": {"auto": True, "path": str(self.output / "record")},
        }
        file = self.folder / "config.json"
        file.write_bytes(msgspec.json.encode(config))
        app = package / "bin" / "app.js"
        self._run("node", str(app), "--config", str(file), cwd=self.folder, stdout=subprocess.DEVNULL)
        self._await_port(port)
        return [f"rtmp://127.0.0.1:{port}/live/{key}" for key in self.keys]

    def recorded_bytes(self) -> list[int]:
        return [sum_of_sizes(self.output / "record" / "live" / key, "*.flv") for key in self.keys]

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self.folder / "output", ignore_errors=True)

    def _install(self) -> Path:
        package = self.folder / "node_modules" / "node-media-server"
        if package.exists():
            return package
        if shutil.which("npm") is None:
            raise CannotRun("there is no npm")
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error")
        command = ["npm", "install", *options, "--prefix", str(self.folder), NODE_MEDIA_SERVER]
        try:
            subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=60)
        except (OSError, subprocess.SubprocessError) as problem:
            raise CannotRun(f"npm cannot install {NODE_MEDIA_SERVER}: {problem}") from None
        return package


def sum_of_sizes(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern))


def end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, patience, SIGKILL."""
    process.terminate()
    try:
        process.wait(25)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
