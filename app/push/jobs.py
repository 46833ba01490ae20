"""Work in the background: one note to one browser, again and again until its push service has taken it."""

from datetime import timedelta
from typing import Final

import msgspec
import structlog
from yarl import URL

from app.database import Database, Tx
from app.feature import Job
from app.jobs import part
from app.push import rules, store
from app.push.model import Device, Message
from app.push.sender import Outcome, PushSender

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(days=30)
"""For so long an account is not told twice of the same thing."""


class SendPush(msgspec.Struct, frozen=True):
    """A note that waits; `attempt` counts from 0."""

    message_id: int
    device_id: int
    attempt: int = 0


class PurgePush(msgspec.Struct, frozen=True):
    """Nothing to say: the time decides."""


async def _send(database: Database, payload: SendPush) -> None:
    """The note leaves outside of any transaction, and is marked after it: a crash in between tells it twice.

    A second one has the same tag and takes the first one's place on the screen; none is lost.
    """
    sender = part(PushSender)
    async with database.transaction() as tx:
        found = await _due(tx, sender, payload)
    if found is None:
        return
    message, device = found
    answer = await sender.send(device, sender.payload(message), rules.LATEST)
    async with database.transaction() as tx:
        if answer.outcome is Outcome.TAKEN:
            await store.mark_told(tx, device.id)
        elif answer.outcome is Outcome.GONE:
            await store.forget_device(tx, device.id, device.account_id)
        elif answer.outcome is Outcome.DELAYED:
            pause = max(rules.PAUSE, timedelta(seconds=answer.after_s))
            await store.pause(tx, _origin(device), pause)
            await _later(tx, payload, max(answer.after_s, rules.retry_after_s(payload.attempt)), 1)
    if answer.outcome is not Outcome.TAKEN:
        log.info("notification", outcome=answer.outcome, detail=answer.detail, device=device.id)


async def _due(tx: Tx, sender: PushSender, payload: SendPush) -> tuple[Message, Device] | None:
    """What is to be sent now. None: it was taken back, the browser is gone, it is too old, or it waits."""
    message, device = await store.message(tx, payload.message_id), await store.device(tx, payload.device_id)
    if message is None or device is None or device.account_id != message.account_id:
        return None
    now = await tx.now()
    if now - message.at > rules.LATEST:
        log.info("notification is too old", message=message.id)
        return None
    quiet = rules.quiet_left(await store.quiet(tx, message.account_id), now, sender.zone).total_seconds()
    wait = max(quiet, await store.paused_s(tx, _origin(device)))
    if wait > 0:
        await _later(tx, payload, wait, 0)
        return None
    return message, device


async def _later(tx: Tx, payload: SendPush, delay_s: float, attempts: int) -> None:
    attempt = payload.attempt + attempts
    if attempt < rules.MOST_ATTEMPTS:
        await tx.enqueue(SEND_PUSH, SendPush(payload.message_id, payload.device_id, attempt), delay_s)


def _origin(device: Device) -> str:
    return str(URL(device.endpoint, encoded=True).origin())


async def _purge(database: Database, _payload: PurgePush) -> None:
    async with database.transaction() as tx:
        await store.forget_messages(tx, KEPT)


SEND_PUSH: Final = Job(name="push.send", payload=SendPush, run=_send)
PURGE_PUSH: Final = Job(name="push.purge", payload=PurgePush, run=_purge, cron="41 2 * * *")
JOBS: Final = (SEND_PUSH, PURGE_PUSH)
