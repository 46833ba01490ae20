"""What the commands of `run.py` have in common: how they are told data folder and settings, and how they run."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, Optional

from aiohttp import web
from typer import Option

Data = Annotated[Optional[str], Option("--data", help="Folder in which all state lies.")]
ConfigFile = Annotated[Optional[Path], Option("--config", help="Settings file (TOML).")]
Port = Annotated[Optional[int], Option("--port", min=0, max=65535, help="Port for HTTP; 0 takes a free one.")]
Host = Annotated[Optional[str], Option("--host", help="Address to listen on.")]
RtmpPort = Annotated[Optional[int], Option("--rtmp-port", min=0, max=65535, help="Port for RTMP; 0 takes a free one.")]
Json = Annotated[bool, Option("--json", help="Print one JSON line on standard output when ready.")]

Body = Callable[[web.Application], Awaitable[Any]]
InApplication = Callable[[str | None, Path | None, Body], None]
"""(data folder, settings file, what to do) → done in an application that serves nothing."""
