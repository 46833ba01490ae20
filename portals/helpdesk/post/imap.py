"""A mailbox that is read by IMAP (RFC 9051), on the same loop.

What was committed is marked as seen, never before; how far the mailbox was read is kept with its UIDVALIDITY, so that a
letter that somebody has opened in another program is not missed. A server that is away is tried again, for days.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import structlog
from aioimaplib import IMAP4, IMAP4_SSL, AioImapException
from aioimaplib.aioimaplib import quoted

from app.errors import AppError, ConfigurationError, Unavailable
from portals.helpdesk.post import intake, sent_store
from portals.helpdesk.post.post import Post

log = structlog.get_logger(__name__)

ANSWER_S: Final = 60.0
"""Longest wait for an answer of the server; a large letter may take it for each of its blocks."""
LETTER_S: Final = 600.0
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
AGAIN_S: Final = 3600.0
"""When a letter is tried again that could not be taken: its sender writes too much, or our own code broke on it."""

_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]")
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d+)\]")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_UID = re.compile(rb"UID (\d+)")


class Away(Exception):
    """The server refuses, or breaks off."""


def check_settings(post: Post) -> ssl.SSLContext | None:
    """Raises ConfigurationError."""
    settings = post.settings
    if settings.imap_security == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.imap_ca_file or None)
    except (OSError, ssl.SSLError) as problem:
        raise ConfigurationError(f"[helpdesk_post] imap_ca_file {settings.imap_ca_file}: {problem}") from None


class Reader:
    """Reads one mailbox, for as long as it runs."""

    def __init__(self, post: Post) -> None:
        self._post: Final = post
        self._tls: Final = check_settings(post)
        settings = post.settings
        self.name: Final = f"{settings.imap_user}@{settings.imap_host}/{settings.imap_mailbox}"
        self._later: dict[int, float] = {}
        """UID → when it is tried again, on the loop's clock."""
        self._lost: asyncio.Future[None] | None = None
        """Done once the connection is gone: the library lets its commands wait on."""

    async def run(self) -> None:
        """Never returns; a server or database that is away is tried again, at first after a second, later minutes."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._connected() as (client, uidvalidity):
                    while True:
                        await self.read_new(client, uidvalidity)
                        await self._tell("")
                        pause_s = FIRST_PAUSE_S
                        await self._wait(client)
            except (OSError, TimeoutError, AioImapException, Away, AppError, ValueError) as problem:
                words = str(problem) or type(problem).__name__
                log.warning("the mailbox cannot be read", mailbox=self.name, problem=words, pause_s=pause_s)
                await self._tell(words[:500])
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def read_new(self, client: IMAP4, uidvalidity: int) -> int:
        """Takes what is new; how many letters. Raises Unavailable, Away: what was not committed stays as it was."""
        async with self._post.database.transaction() as tx:
            last = (await sent_store.mailbox(tx, self.name)).last_uid
        found = {uid for uid in await self._search(client, f"UID {last + 1}:*") if uid > last}
        found |= set(await self._search(client, "UNSEEN"))
        now = asyncio.get_running_loop().time()
        taken = 0
        for uid in sorted(found):
            if self._later.get(uid, 0) > now:
                continue
            if await self._take(client, uid):
                await self._answer(client.uid("store", str(uid), "+FLAGS.SILENT", "(\\Seen)"))
                taken += 1
                self._later.pop(uid, None)
            async with self._post.database.transaction() as tx:
                await sent_store.read_up_to(tx, self.name, uidvalidity, uid)
        return taken

    async def _take(self, client: IMAP4, uid: int) -> bool:
        """Whether it was committed, or is gone. One that cannot be taken stops no other one."""
        size = _SIZE.search(await self._fetched(client, uid, "(RFC822.SIZE)", literal=False))
        if size is None:
            return False
        whole = int(size[1]) <= self._post.settings.most_bytes
        raw = await self._fetched(client, uid, "(BODY.PEEK[])" if whole else "(BODY.PEEK[HEADER])", literal=True)
        try:
            await intake.take_in(self._post, raw, "imap", whole=whole)
        except Unavailable:
            raise
        except intake.Later:
            log.info("a letter is left in the mailbox: its sender writes too much", uid=uid)
        except Exception:
            log.exception("a letter could not be taken; it stays in the mailbox", mailbox=self.name, uid=uid)
        else:
            return True
        self._later[uid] = asyncio.get_running_loop().time() + AGAIN_S
        return False

    async def _fetched(self, client: IMAP4, uid: int, what: str, *, literal: bool) -> bytes:
        """The literal of the answer, or its lines."""
        lines = await self._answer(client.uid("fetch", str(uid), what), LETTER_S)
        if literal:
            # the library hands literals over as bytearray, and lines as bytes
            return bytes(next((line for line in lines if isinstance(line, bytearray)), b""))
        return b" ".join(line for line in lines[:-1] if not isinstance(line, bytearray))

    async def _search(self, client: IMAP4, criteria: str) -> list[int]:
        lines = await self._answer(client.uid_search(criteria, charset=None))
        return [int(word) for word in (lines[0] if len(lines) > 1 else b"").split() if word.isdigit()]

    async def _answer(self, call: Any, within_s: float = ANSWER_S) -> list[bytes | bytearray]:
        response = await self._unless_lost(call, within_s)
        if response.result != "OK":
            last = response.lines[-1] if response.lines else b""
            raise Away(bytes(last).decode("utf-8", "replace")[:300] or response.result)
        return list(response.lines)

    async def _unless_lost(self, call: Any, within_s: float) -> Any:
        """Raises Away as soon as the connection is gone, TimeoutError after the time."""
        assert self._lost is not None  # there is a connection
        task = asyncio.ensure_future(call)
        try:
            async with asyncio.timeout(within_s):
                await asyncio.wait({task, self._lost}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Away("the server has closed the connection")
            return task.result()
        finally:
            if not task.done():
                task.cancel()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[IMAP4, int]]:
        """Signed in, the mailbox selected, with its UIDVALIDITY."""
        settings = self._post.settings
        host, port = settings.imap_host, settings.imap_port
        client = IMAP4_SSL(host, port, ssl_context=self._tls) if self._tls else IMAP4(host, port)
        lost = self._lost = asyncio.get_running_loop().create_future()
        client.protocol.conn_lost_cb = lambda _problem: None if lost.done() else lost.set_result(None)
        try:
            async with asyncio.timeout(ANSWER_S):
                await client._client_task  # noqa: SLF001 - its hello would hide why there is no connection
            await self._unless_lost(client.wait_hello_from_server(), ANSWER_S)
            await self._answer(client.login(quoted(settings.imap_user), settings.imap_password))
            lines = b"\n".join(bytes(line) for line in await self._answer(client.select(quoted(settings.imap_mailbox))))
            found, following = _UIDVALIDITY.search(lines), _UIDNEXT.search(lines)
            uidvalidity = int(found[1]) if found else 0
            await self._begin(uidvalidity, int(following[1]) if following else 1)
            yield client, uidvalidity
        finally:
            client._client_task.cancel()  # noqa: SLF001 - it may still be connecting
            with suppress(TimeoutError, OSError, AioImapException):
                if not lost.done() and client.get_state() in {"SELECTED", "AUTH", "NONAUTH"}:
                    async with asyncio.timeout(2):
                        await client.logout()
            transport = client.protocol.transport
            if transport is not None:
                transport.close()

    async def _begin(self, uidvalidity: int, uidnext: int) -> None:
        """A mailbox that is seen for the first time: what others have read before is no ticket. One that was made anew
        is read from its beginning: no letter is taken twice.
        """
        async with self._post.database.transaction() as tx:
            known = await sent_store.mailbox(tx, self.name)
            if known.uidvalidity != uidvalidity:
                self._later.clear()
                start = uidnext - 1 if known.uidvalidity == 0 else 0
                await sent_store.read_up_to(tx, self.name, uidvalidity, start)

    async def _wait(self, client: IMAP4) -> None:
        """Until the server tells of something (IDLE, RFC 2177), or until it is time to look."""
        every_s = self._post.settings.imap_every_s
        if not client.has_capability("IDLE"):
            await asyncio.sleep(every_s)
            return
        idle = await self._unless_lost(client.idle_start(every_s + ANSWER_S), ANSWER_S)
        try:
            with suppress(TimeoutError):
                await self._unless_lost(client.wait_server_push(every_s), every_s + 1)
        finally:
            client.idle_done()
        await self._answer(idle)

    async def _tell(self, problem: str) -> None:
        """On the lead's page and in the figures."""
        self._post.figures.imap.set(0 if problem else 1)
        try:
            async with self._post.database.transaction() as tx:
                await sent_store.mailbox(tx, self.name)
                await sent_store.looked(tx, self.name, problem)
        except Unavailable:
            log.warning("the database is away: the mailbox waits")
