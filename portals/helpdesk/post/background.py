"""What runs beside requests: the two ways in, and the writing of answers. One process of an installation listens."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

import structlog
from aiohttp import web

from app.config import Role
from app.errors import Unavailable
from app.feature import Probe
from app.supervise import SUPERVISOR
from app.wire import SERVER
from portals.helpdesk.post import acting, outgoing, releasing, sent_store
from portals.helpdesk.post.imap import Reader
from portals.helpdesk.post.lmtp import listening
from portals.helpdesk.post.model import Delivery
from portals.helpdesk.post.post import POST, Post

log = structlog.get_logger(__name__)

WORK: Final = "helpdesk.post"
"""Woken by every change of a ticket in this process."""
LOOK_S: Final = 20.0
AT_ONCE: Final = 50
LISTENS: web.AppKey[str] = web.AppKey("helpdesk_post_listens", str)
"""Where letters are handed in."""


async def post_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context. Web nodes write answers too: whichever process finds one first does."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd would write down every address
    post = app[POST] = Post.of(app)
    app[SUPERVISOR].run(WORK, lambda: keep_writing(post))
    if app[SERVER].role is Role.WEB:
        yield
        return
    if post.settings.imap_host:
        app[SUPERVISOR].run("helpdesk imap", Reader(post).run)
    if not post.settings.lmtp:
        yield
        return
    async with listening(post) as where:
        app[LISTENS] = where
        log.info("letters are taken", lmtp=where)
        yield


async def probe_imap(app: web.Application) -> Probe:
    """A mailbox that cannot be read is told, and takes no process out of service: letters wait there."""
    post = app[POST]
    if not post.settings.imap_host:
        return Probe(ok=True)
    async with post.database.transaction(readonly=True) as tx:
        away = [one for _name, one in await sent_store.mailboxes(tx) if one.problem]
    last = f"{away[0].looked_at:%Y-%m-%d %H:%M} UTC" if away and away[0].looked_at else "never"
    return Probe(ok=True, detail=f"the mailbox cannot be read; it was read last: {last}" if away else "")


async def keep_writing(post: Post) -> None:
    """Answers at once, and now and then what our mail server has refused and what can be checked by now."""
    while True:
        try:
            wrote = await outgoing.write_answers(post)
            if wrote:
                continue
            await tell_refused(post)
            await releasing.check_unscanned(post)
        except Unavailable:
            log.warning("the database is away: answers wait")
            await asyncio.sleep(LOOK_S)
        await post.database.woken(WORK, LOOK_S)


async def tell_refused(post: Post) -> int:
    """Letters that our own mail server did not take: the same as if they had come back."""
    async with post.database.transaction() as tx:
        refused = await sent_store.refused_letters(tx, AT_ONCE)
        deliveries = [Delivery("failed", (message_id,), "", "", reason) for message_id, reason in refused]
        await acting.tell_deliveries(tx, post, deliveries)
    return len(refused)
