"""One attempt: to addresses that may be called, within limits of time and size. Redirections are not followed."""

import asyncio
import socket
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from portals.helpdesk.webhooks import rules
from portals.helpdesk.webhooks.rules import Answer, Network

READ_BYTES: Final = 16 * 1024
"""Of an answer; the rest is left where it is."""
KEPT_CHARACTERS: Final = 1000
READ_S: Final = 3.0
"""Longest wait for the words of an answer whose status is known."""
FORBIDDEN: Final = "the address is inside a network to which nothing is sent"


class GuardedResolver(AbstractResolver):
    """Asked at each attempt; what it answers is what is connected to, so a name cannot change its mind between."""

    def __init__(self, allowed: Sequence[Network], *, secure: bool, inner: AbstractResolver | None = None) -> None:
        """`secure`: over https; else only allowed networks may be called."""
        self._allowed = allowed
        self._secure = secure
        self._inner = inner or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """One address that may not be called among many refuses them all."""
        found = await self._inner.resolve(host, port, family)
        addresses = [ip_address(one["host"].partition("%")[0]) for one in found]
        good = rules.may_call if self._secure else rules.in_networks
        if not addresses or not all(good(one, self._allowed) for one in addresses):
            raise OSError(FORBIDDEN)
        return found

    async def close(self) -> None:
        await self._inner.close()


class Sender:
    """Knows where may be called and how long it may take."""

    def __init__(
        self, allowed: Sequence[Network] = (), timeout_s: float = 15.0, inner: AbstractResolver | None = None
    ) -> None:
        self.allowed: Final = tuple(allowed)
        self._timeout_s = timeout_s
        self._inner = inner

    @property
    def longest_s(self) -> float:
        """Of an attempt."""
        return self._timeout_s + READ_S

    async def send(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Never raises for what a receiver does."""
        if rules.url_fault(address, self.allowed):
            return Answer(problem=FORBIDDEN)
        began = time.perf_counter()
        try:
            answer = await self._posted(URL(address), body, headers)
        except TimeoutError:
            answer = Answer(problem=f"no answer within {self._timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            answer = Answer(problem=_words(problem))
        return Answer(
            status=answer.status,
            problem=answer.problem,
            text=answer.text,
            after=answer.after,
            ms=round((time.perf_counter() - began) * 1000),
        )

    async def _posted(self, url: URL, body: bytes, headers: Mapping[str, str]) -> Answer:
        resolver = GuardedResolver(self.allowed, secure=url.scheme == "https", inner=self._inner)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=1, force_close=True)
        limit = aiohttp.ClientTimeout(total=None)
        sent = {"Content-Type": "application/json", "User-Agent": "Gryf-Webhooks/1", "Accept-Encoding": "identity"}
        try:
            async with aiohttp.ClientSession(
                connector=connector, timeout=limit, trust_env=False, auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session:  # fmt: skip
                async with asyncio.timeout(self._timeout_s):
                    answer = await session.post(url, data=body, headers={**sent, **headers}, allow_redirects=False)
                try:
                    text = await _beginning(answer)
                finally:
                    answer.close()
                return Answer(status=answer.status, text=text, after=answer.headers.get("Retry-After", "")[:100])
        finally:
            await connector.close()
            await resolver.close()


def _words(problem: Exception) -> str:
    """Of a name that was refused aiohttp says the number, and what was behind it says the reason."""
    inner = problem.os_error if isinstance(problem, aiohttp.ClientConnectorError) else problem
    return (str(inner) or str(problem) or type(problem).__name__)[:300]


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    """What it says, as far as it comes soon; the status has decided already."""
    found = b""
    try:
        async with asyncio.timeout(READ_S):
            while len(found) < READ_BYTES:
                chunk = await answer.content.read(READ_BYTES - len(found))
                if not chunk:
                    break
                found += chunk
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass  # the status has come whole
    return found.decode("utf-8", errors="replace").replace("\x00", "\ufffd")[:KEPT_CHARACTERS]
