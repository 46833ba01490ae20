"""The product and its peers as processes that send every published event to every socket."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from tests.bench import machine
from tests.bench.fanout_client import HERE, CannotRun, cache
from tests.bench.media_servers import end

ROOT = HERE.parent.parent
WS, BUN, PICOWS = "ws@8.23.0", "@oven/bun-linux-x64@1.4.5", "picows==2.3.1"
NCHAN = "libnginx-mod-nchan"
PAD = "x" * 141
EVENT = '{"op":"event","room":"bench/1","seq":@N@,"data":{"type":"Ticked","n":@N@,"at":@T@,"pad":"' + PAD + '"}}'
"""What a client of the product gets; peers are given it ready made."""

SETTINGS = {
    "GRYF_REALTIME_SOCKETS_PER_ADDRESS": "20000",
    "GRYF_MEDIA_RTMP_PORT": "0",
    "GRYF_MEDIA_RTMP_HOST": "127.0.0.1",
    "GRYF_LADDER_POLICY": "never",
}
"""All clients come from one address; nothing else differs from the product as it comes."""


class Server(ABC):
    """A server of this machine, on one core. Use it in `with`."""

    name: str
    path = "/"
    join: str | None = None
    expect = ""
    event = EVENT
    publish_path: str | None = None

    def __init__(self, folder: Path, core: int | None) -> None:
        self.folder = folder
        self.core = core
        self.port, self.publish_port = machine.free_port(), machine.free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def command(self) -> list[str]: ...

    def environment(self) -> dict[str, str]:
        return {}

    def start(self) -> None:
        command = self.command()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self.environment()}
        with machine.on_core(self.core), (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )
        self.await_port(self.port, 60)
        if self.publish_port != self.port:
            self.await_port(self.publish_port, 10)

    def stop(self) -> None:
        if self.process is not None:
            end(self.process)
            self.process = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_problem: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def cpu_s(self) -> float:
        """Of the process that serves the sockets."""
        return machine.cpu_s(self.pid)

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise CannotRun(f"{self.name} has no memory")

    def await_port(self, port: int, within_s: float) -> None:
        until = time.monotonic() + within_s
        while time.monotonic() < until and self.process is not None and self.process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            time.sleep(0.05)
        log = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        raise CannotRun(f"{self.name} does not listen: {log[-600:]}")


class Ours(Server):
    """The product, its room `bench/1` (fanout_site.py) and every rule of /live."""

    name = "ours"
    path = "/live"
    join = '{"op":"join","room":"bench/1","ref":1}'
    expect = '{"op":"joined"'
    event = "@N@ @T@"

    def command(self) -> list[str]:
        self.folder.chmod(0o755)  # started by root, the database runs as another user
        return [sys.executable, "-m", "tests.bench.fanout_site", str(self.folder / "data"), str(self.port)]

    def environment(self) -> dict[str, str]:
        return {**SETTINGS, "BENCH_PUBLISH_PORT": str(self.publish_port)}

    def halt(self) -> None:
        """As an operator stops it; its database goes with it."""
        super().stop()

    def kill(self) -> None:
        """As a machine that fails: no goodbye to anybody."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        super().stop()
        with contextlib.suppress(OSError, ValueError, IndexError):  # only if it was killed and left its database behind
            os.kill(int((self.folder / "data" / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
            time.sleep(1)


class Ws(Server):
    name = "ws"

    def command(self) -> list[str]:
        if shutil.which("node") is None:
            raise CannotRun("there is no node")
        install_npm(WS)
        return ["node", str(HERE / "fanout_ws.js"), str(cache() / "npm"), str(self.port), str(self.publish_port)]


class Bun(Server):
    name = "bun"

    def command(self) -> list[str]:
        install_npm(BUN)
        program = cache() / "npm" / "node_modules" / "@oven" / "bun-linux-x64" / "bin" / "bun"
        program.chmod(0o755)
        return [str(program), str(HERE / "fanout_bun.js"), str(self.port), str(self.publish_port)]


class Websockets(Server):
    name = "websockets"

    def command(self) -> list[str]:
        return [sys.executable, str(HERE / "fanout_python.py"), self.name, str(self.port), str(self.publish_port)]


class Picows(Websockets):
    name = "picows"

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(cache() / "python")}

    def command(self) -> list[str]:
        if not (cache() / "python" / "picows").exists():
            options = ("--quiet", "--disable-pip-version-check", "--only-binary", ":all:")
            install([sys.executable, "-m", "pip", "install", *options, "--target", str(cache() / "python"), PICOWS])
        return super().command()


class Nchan(Server):
    """Debian's nginx with the nchan module: one worker, the channel's publisher is HTTP."""

    name = "nchan"
    path = "/sub"
    publish_path = "/pub"

    def __init__(self, folder: Path, core: int | None) -> None:
        super().__init__(folder, core)
        self.publish_port = self.port

    def command(self) -> list[str]:
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if nginx is None:
            raise CannotRun("there is no nginx")
        config = self.folder / "nginx.conf"
        config.write_text(self._config(unpacked(NCHAN, "ngx_nchan_module.so")))
        return [nginx, "-p", str(self.folder), "-c", str(config), "-e", "stderr"]

    def cpu_s(self) -> float:
        return machine.tree_cpu_s(self.pid)

    def _config(self, module: Path) -> str:
        user = "user root;\n" if os.geteuid() == 0 else ""
        return f"""{user}load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr error;
pid {self.folder}/nginx.pid;
events {{ worker_connections 19000; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {self.folder}/body;
    proxy_temp_path {self.folder}/proxy;
    fastcgi_temp_path {self.folder}/fastcgi;
    uwsgi_temp_path {self.folder}/uwsgi;
    scgi_temp_path {self.folder}/scgi;
    nchan_shared_memory_size 256M;
    server {{
        listen 127.0.0.1:{self.port} backlog=2048;
        location = /sub {{ nchan_subscriber websocket; nchan_channel_id bench; nchan_subscriber_first_message newest; }}
        location = /pub {{ nchan_publisher; nchan_channel_id bench; nchan_message_buffer_length 1000; }}
    }}
}}
"""


PEERS: tuple[type[Server], ...] = (Bun, Ws, Websockets, Picows, Nchan)
NODE_AND_PYTHON = ("ws", "websockets", "picows")


def install(command: list[str], cwd: Path | None = None) -> None:
    """Runs a package manager. Raises `CannotRun`."""
    try:
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=120)
    except subprocess.CalledProcessError as problem:
        raise CannotRun(
            f"{command[0]} cannot install {command[-1]}: {problem.stderr.decode()[-200:].strip()}"
        ) from None
    except (OSError, subprocess.SubprocessError) as problem:
        raise CannotRun(f"{command[0]} cannot install {command[-1]}: {problem}") from None


def install_npm(package: str) -> None:
    name, _, version = package.rpartition("@")
    found = cache() / "npm" / "node_modules" / name / "package.json"
    if found.exists() and f'"version": "{version}"' in found.read_text():
        return
    if shutil.which("npm") is None:
        raise CannotRun("there is no npm")
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    install(["npm", "install", *options, "--prefix", str(cache() / "npm"), package])


def unpacked(package: str, file: str) -> Path:
    """A file of a Debian package that is not installed, only unpacked."""
    folder = cache() / package
    if not list(folder.rglob(file)):
        if shutil.which("apt-get") is None:
            raise CannotRun(f"there is no apt-get for {package}")
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(CannotRun):  # lists may be there already
            install(["apt-get", "update", "-qq"])
        install(["apt-get", "download", "-qq", package], cwd=folder)
        for archive in folder.glob("*.deb"):
            install(["dpkg-deb", "-x", str(archive), str(folder)])
    found = list(folder.rglob(file))
    if not found:
        raise CannotRun(f"{package} has no {file}")
    return found[0]
