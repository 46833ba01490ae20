"""What comes out the same each time is made once a run: catalogues in 150 ms, the slate's picture in 350 ms of work,
templates in 16 s; and of each product that a test mounts the OpenAPI document, patterns of addresses, digests of files.

Their own tests call what makes them, not these.
"""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import api, static_files, wire
from app.config import City
from app.feature import Feature
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


describe_anew = api.openapi
read_file_anew = static_files._read
PATTERNS = 10_000
"""The product has 1,500 addresses and rooms with places in them; `re` forgets from 512 on."""


class Described:
    """OpenAPI documents by the tuple of features itself, which is kept, so that no other one takes its place."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str, str], tuple[tuple[Feature, ...], dict[str, Any]]] = {}

    def __call__(self, features: tuple[Feature, ...], title: str, version: str) -> dict[str, Any]:
        key = (id(features), title, version)
        if key not in self._kept:
            self._kept[key] = (features, describe_anew(features, title, version))
        return self._kept[key][1]


@functools.cache
def _unchanged(path: Path, _changed_ns: int, _size: int) -> static_files.StaticFile:
    return read_file_anew(path)


def read_file(path: Path) -> static_files.StaticFile:
    found = path.stat()
    return _unchanged(path, found.st_mtime_ns, found.st_size)


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locales, "read", read)
        patch.setattr(wire, "compiled_folder", lambda _data: COMPILED_TEMPLATES)
        patch.setattr(continuity, "encode_slate", functools.lru_cache(64)(encode_slate))
        patch.setattr(api, "openapi", Described())
        patch.setattr(static_files, "_read", read_file)
        patch.setattr(re, "_MAXCACHE", PATTERNS)
        yield
