"""The product as two processes over one PostgreSQL: a media node and a web node."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from tests.conftest import LOGINS
from tests.flows.processes import ROOT, Product


async def start_node(role: str, data: Path, database_url: str, **settings: str) -> Product:
    """Starts `run.py serve --role …` and waits for its ready line. `settings` are environment variables."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GRYF_")}
    environment |= {"GRYF_IDENTITY_ARGON2_PASSES": "1", "GRYF_IDENTITY_ARGON2_MEMORY_KIB": "64"}
    environment |= {"DATABASE_URL": database_url, "GRYF_MEDIA_MIN_FREE_MIB": "1"}
    environment |= {"GRYF_IDENTITY_SECOND_FACTOR_REQUIRED": "false", **settings}
    command = [sys.executable, "run.py", "serve", "--role", role, "--data", str(data)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--port", "0", "--rtmp-port", "0", "--json"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=(data.parent / f"{role}.log").open("ab"),
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    assert line, (data.parent / f"{role}.log").read_text(errors="replace")[-3000:]
    return Product(process, msgspec.json.decode(line))


class Nodes:
    """`logins` are the demo's people."""

    def __init__(self, media: Product, web: Product, logins: dict, database_url: str, folder: Path) -> None:
        self.media = media
        self.web = web
        self.logins = logins
        self._database_url = database_url
        self._folder = folder

    async def new_web(self, **settings: str) -> Product:
        settings = {"GRYF_SERVER_MEDIA_URL": self.media.ready["http"], **settings}
        return await start_node("web", self._folder / "data", self._database_url, **settings)


@contextlib.asynccontextmanager
async def two_nodes(folder: Path, filled_url: str, **settings: str) -> AsyncIterator[Nodes]:
    """Both over demo data and one data folder. `settings` are environment variables of both."""
    logins = msgspec.json.decode((folder / "data" / LOGINS).read_bytes())
    settings = {"GRYF_SERVER_TRUSTED_PROXIES": "127.0.0.1", **settings}
    media = await start_node("media", folder / "data", filled_url, **settings)
    nodes = Nodes(media, media, logins, filled_url, folder)
    try:
        nodes.web = await nodes.new_web(**settings)
        yield nodes
    finally:
        for node in (nodes.web, nodes.media):
            if node.process.returncode is None:
                await node.stop()
