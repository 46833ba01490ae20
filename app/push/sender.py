"""Hands what is encrypted to a push service. It reaches public addresses alone."""

import socket
import time
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric import ec
from yarl import URL

from app.identity.post import Post
from app.push import rules
from app.push.encryption import Receiver, authorisation, encrypt, point_of, text_of
from app.push.keys import read_key
from app.push.model import Device, Message, PushSettings

TIMEOUT_S: Final = 8.0


class Outcome(StrEnum):
    """What a push service says."""

    TAKEN = "taken"
    GONE = "gone"
    """This browser is not there any more (404, 410)."""
    REFUSED = "refused"
    """It will not take this, now or later."""
    DELAYED = "delayed"
    """It did not answer, or cannot at the moment."""


class Answer(msgspec.Struct, frozen=True):
    """`after_s`: when the service wants to be asked again, 0 where it does not say."""

    outcome: Outcome
    detail: str = ""
    after_s: float = 0


class PublicResolver(AbstractResolver):
    """Names that lead into the office's network lead nowhere; asked at each call, so a name cannot change its mind."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if not found or not all(rules.is_public(ip_address(one["host"])) for one in found):
            raise OSError(f"{host} is not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()


class PushSender:
    """Knows this installation's key; one connection a note."""

    def __init__(self, settings: PushSettings, data: Path, post: Post) -> None:
        """Raises ConfigurationError where the key cannot be read or made."""
        self.settings: Final = settings
        self.post: Final = post
        self.zone: Final = ZoneInfo(post.city.time_zone)
        self._key: Final[ec.EllipticCurvePrivateKey] = read_key(data)
        self.contact: Final = _contact(settings, post)

    @property
    def public_key(self) -> str:
        """What browsers are told when somebody says yes."""
        return text_of(point_of(self._key))

    def payload(self, message: Message) -> bytes:
        """A title, a line in the reader's language, a link."""
        text = self.post.locales.get(message.language).gettext(message.text) if message.text else ""
        told = {"title": message.title, "body": text, "path": message.path, "tag": message.tag}
        return msgspec.json.encode(told)

    async def send(self, device: Device, payload: bytes, ttl: timedelta) -> Answer:
        """Never raises for what a push service does."""
        if not rules.is_endpoint(device.endpoint, self.settings.test_origin):
            return Answer(Outcome.REFUSED, "the address is not public")
        try:
            url = URL(device.endpoint, encoded=True)
            origin = str(url.origin())
            body = encrypt(payload, Receiver(device.public_key, device.auth))
        except ValueError as problem:
            return Answer(Outcome.REFUSED, str(problem))
        headers = {
            "Authorization": authorisation(self._key, origin, self.contact, int(time.time())),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(int(ttl.total_seconds())),
            "Urgency": "normal",
        }
        resolver = None if origin == self.settings.test_origin else PublicResolver()
        return await _posted(url, body, headers, resolver)


async def _posted(url: URL, body: bytes, headers: Mapping[str, str], resolver: AbstractResolver | None) -> Answer:
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=1)
    limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=limit, trust_env=False) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return judged(answer.status, answer.headers)
    except (aiohttp.ClientError, OSError, TimeoutError) as problem:
        return Answer(Outcome.DELAYED, str(problem) or type(problem).__name__)
    finally:
        if resolver is not None:
            await resolver.close()


def judged(status: int, headers: Mapping[str, Any]) -> Answer:
    """What a status says (RFC 8030)."""
    detail = str(status)
    if 200 <= status < 300:
        return Answer(Outcome.TAKEN, detail)
    if status in {404, 410}:
        return Answer(Outcome.GONE, detail)
    if status == 429 or status >= 500:
        after = str(headers.get("Retry-After", ""))
        return Answer(Outcome.DELAYED, detail, min(3600.0, float(after)) if after.isdecimal() else 0)
    return Answer(Outcome.REFUSED, detail)


def _contact(settings: PushSettings, post: Post) -> str:
    if settings.contact:
        return settings.contact
    contact = post.city.contact
    if "@" in contact and "://" not in contact:
        return f"mailto:{contact}"
    return contact if contact.startswith("https://") else post.origin
