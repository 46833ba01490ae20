"""Where the archive's files lie, beside a recording's takes, and how they are addressed."""

import re
from pathlib import Path
from typing import Final

from media.record.files import recording_folder

ASSETS: Final = "assets"
ASSET_NAME: Final = re.compile(r"[a-z0-9][A-Za-z0-9_-]{0,90}\.[a-z0-9]{2,5}")


def assets_folder(root: Path, stream_id: str) -> Path:
    """Raises ValueError for an id that is no token."""
    return recording_folder(root, stream_id) / ASSETS


def asset_url(stream_id: str, name: str, sha256: str) -> str:
    """With its version, so that browsers may keep it for ever."""
    return f"/recordings/{stream_id}/{ASSETS}/{name}?v={sha256[:8]}"
