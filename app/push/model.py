"""Devices, what is told, quiet hours."""

from datetime import datetime
from typing import Annotated

import msgspec

from app.config import Described


class PushSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Notifications of the browser: section `push`."""

    contact: Annotated[
        str,
        Described(
            description="`mailto:` or `https:` address at which push services reach whoever runs this server; empty: "
            "the city's contact, or the address of the portal."
        ),
    ] = ""
    test_origin: Annotated[
        str,
        Described(
            description="For tests: an origin such as `http://127.0.0.1:9000` that is taken as a push service besides "
            "public addresses over https. Empty in operation."
        ),
    ] = ""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is told: no words of others, no names, for it passes a foreign service and a locked screen."""

    ref: str
    """What it is about; an account is told of it once."""
    tag: str
    """A newer note with this tag takes the older one's place on the screen."""
    title: str
    """What the public reads anyway: the title of a thread, of a session."""
    text: str = ""
    """A message id."""
    path: str
    """Where it leads, from `/` on."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A browser in which an account has said yes."""

    id: int
    account_id: int
    endpoint: str
    public_key: bytes
    auth: bytes
    label: str
    added_at: datetime
    told_at: datetime | None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A note to an account, with the language to write it in."""

    id: int
    account_id: int
    tag: str
    title: str
    text: str
    path: str
    at: datetime
    language: str


class Quiet(msgspec.Struct, frozen=True):
    """Minutes of the city's day in which nothing is told at once."""

    from_minute: int
    until_minute: int
