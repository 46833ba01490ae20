"""Parts of the staff's start page: each feature adds what somebody finds there in the morning."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """`template` draws it with `part`, which is what `data` gives; it is left out where that is None."""

    name: str
    template: str
    data: Callable[[Tx, Actor], Awaitable[Any]]
    order: int = 50


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A way on from the start page; `label` and `text` are message ids."""

    label: str
    text: str
    path: str
    icon: str = "right"
    order: int = 50


class StartPage:
    """What the features have added."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._links: dict[str, Link] = {}

    def add(self, part: Part) -> None:
        self._parts[part.name] = part

    def add_link(self, link: Link) -> None:
        self._links[link.path] = link

    @property
    def links(self) -> list[Link]:
        return sorted(self._links.values(), key=lambda one: (one.order, one.path))

    def __iter__(self) -> Iterator[Part]:
        return iter(sorted(self._parts.values(), key=lambda one: (one.order, one.name)))


START_PAGE: web.AppKey[StartPage] = web.AppKey("intranet_start_page", StartPage)
