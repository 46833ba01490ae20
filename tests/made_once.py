"""What comes out the same each time is made once a run: catalogues in 150 ms, the slate's picture in 350 ms of work,
templates in 16 s.

Their own tests call what makes them, not these.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import wire
from app.config import City
from app.i18n import Locales
from app.wire import ROOT
from media.codec.slate import encode_slate
from media.continuity import feature as continuity

read_anew = Locales.read
COMPILED_TEMPLATES = ROOT / ".pytest_cache" / "templates"
"""Kept from run to run: what has changed is compiled anew."""


@functools.cache
def _locales(city: City) -> Locales:
    return read_anew(ROOT, city)


def read(root: Path, city: City) -> Locales:
    """The project's catalogues as they were read first; others (a test writes them) anew."""
    return _locales(city) if root == ROOT else read_anew(root, city)


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locales, "read", read)
        patch.setattr(wire, "compiled_folder", lambda _data: COMPILED_TEMPLATES)
        patch.setattr(continuity, "encode_slate", functools.lru_cache(64)(encode_slate))
        yield
