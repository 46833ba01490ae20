"""Parts of the page of notifications: each feature adds what can be followed there."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """`template` draws it with `section` (what `data` gives); its form posts to an address of its feature."""

    name: str
    template: str
    data: Callable[[Tx, Actor], Awaitable[Any]]
    order: int = 50


class Sections:
    """What the features have added."""

    def __init__(self) -> None:
        self._found: dict[str, Section] = {}

    def add(self, section: Section) -> None:
        self._found[section.name] = section

    def __iter__(self) -> Any:
        return iter(sorted(self._found.values(), key=lambda one: (one.order, one.name)))


SECTIONS: web.AppKey[Sections] = web.AppKey("push_sections", Sections)
