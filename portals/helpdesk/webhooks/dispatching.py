"""Beside requests: sends what is due. Every process does it: what one has taken is its own for a minute, and if it dies
within it, another one sends the same message again under the same id.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import structlog
from aiohttp import web

from app import push
from app.actor import SYSTEM
from app.database import DATABASE, Database, Tx
from app.errors import Unavailable
from app.i18n import _
from app.identity.identity import IDENTITY
from app.identity.keys import Keys
from app.supervise import SUPERVISOR
from app.wire import public_url, section
from portals.helpdesk.model import LEAD
from portals.helpdesk.webhooks import payloads, rules, signing, store
from portals.helpdesk.webhooks.events import ROOM, DeliveryChanged, WebhookChanged
from portals.helpdesk.webhooks.model import Attempt, Taken, Webhook
from portals.helpdesk.webhooks.rules import Answer
from portals.helpdesk.webhooks.sending import Sender
from portals.helpdesk.webhooks.settings import WebhookSettings, networks_of

log = structlog.get_logger(__name__)

WORK: Final = "helpdesk.webhooks"
"""Woken by every change of a ticket in this process."""
PURPOSE: Final = "webhooks"
"""Of the key that seals secrets."""
LOOK_EVERY_S: Final = 5.0
AT_ONCE: Final = 16
EACH: Final = 4
"""Of one webhook at a time."""
LEASE_MARGIN_S: Final = 10.0
KEPT: Final = timedelta(days=30)
TIDY_EVERY: Final = timedelta(hours=1)
GIVEN_UP: Final = _("A message of a webhook was given up after three days")
STOPPED: Final = {
    "gone": _("A webhook was switched off: its receiver wants no more"),
    "failing": _("A webhook was switched off: nothing got through for five days"),
}


class Dispatcher:
    """Takes, sends, writes down what came back. `now`: another clock, for tests."""

    def __init__(
        self, database: Database, sender: Sender, keys: Keys, origin: str, now: Callable[[], datetime] | None = None
    ) -> None:
        self.database: Final = database
        self.sender: Final = sender
        self._keys = keys
        self._origin = origin
        self.now: Callable[[], datetime] = now or (lambda: datetime.now(UTC))
        self._tidied = datetime.min.replace(tzinfo=UTC)

    async def take(self, at_once: int = AT_ONCE) -> list[Taken]:
        lease = timedelta(seconds=self.sender.longest_s + LEASE_MARGIN_S)
        async with self.database.transaction() as tx:
            return await store.take(tx, self.now(), lease, at_once, EACH)

    async def send_due(self) -> int:
        """Everything that is due, until nothing is; how much was tried. For tests and demonstrations."""
        tried = 0
        while taken := await self.take():
            await asyncio.gather(*(self.deliver(one) for one in taken))
            tried += len(taken)
        return tried

    async def deliver(self, taken: Taken) -> None:
        """One attempt, and what follows from it."""
        began = self.now()
        body, answer = await self._tried(taken, began)
        async with self.database.transaction() as tx:
            webhook = await store.webhook(tx, taken.webhook_id, lock=True)
            if webhook is None:
                return  # it was removed, and this with it
            if body:
                await store.keep_body(tx, taken.id, body)
            attempt = Attempt(at=began, ms=answer.ms, status=answer.status, problem=answer.problem, answer=answer.text)
            await store.add_attempt(tx, taken.id, attempt)
            await self._follow(tx, webhook, taken, answer)
            delivery = await store.delivery(tx, webhook.id, taken.id)
            if delivery is not None:
                tx.publish(ROOM, DeliveryChanged(delivery))
            tx.wake(WORK)  # what waited behind it may go now

    async def _tried(self, taken: Taken, at: datetime) -> tuple[str, Answer]:
        try:
            body = taken.body or payloads.body_of(taken.kind, taken.data, taken.at, self._origin)
        except (msgspec.ValidationError, KeyError) as problem:
            log.warning("a webhook's message cannot be written", delivery=taken.id, problem=str(problem))
            return "", Answer(problem="this message cannot be written: its rows are of another version")
        keys = self.keys_of(taken, at)
        if not keys:
            return body, Answer(problem="the secret cannot be read: make a new one")
        raw = body.encode()
        headers = signing.headers(keys, taken.message_id, int(at.timestamp()), raw)
        return body, await self.sender.send(taken.url, raw, headers)

    def keys_of(self, taken: Taken, at: datetime) -> list[bytes]:
        """Those that are valid now, the newest first."""
        sealed = [taken.secret]
        if taken.old_until is not None and taken.old_until > at:
            sealed.append(taken.old_secret)
        opened = [self._keys.unseal(one, taken.webhook_id, PURPOSE) for one in sealed if one is not None]
        return [one for one in opened if one is not None]

    async def _follow(self, tx: Tx, webhook: Webhook, taken: Taken, answer: Answer) -> None:
        now, result = self.now(), rules.outcome(answer)
        if result == "delivered":
            await store.settle(tx, taken.id, "delivered", now)
            columns = {"failing_since": None, "not_before": None, "delivered_at": now}
            await self._changed(tx, webhook, columns if webhook.failing_since else {"delivered_at": now})
            return
        if result == "gone":
            await store.settle(tx, taken.id, "given_up", now)
            await self._stop(tx, webhook, "gone", now)
            return
        peace = rules.peace(answer.after, now)
        columns = {"failing_since": webhook.failing_since or now}
        if peace is not None:
            columns["not_before"] = now + peace
        last = taken.since + rules.GIVEN_UP_AFTER
        if now >= last:
            await store.settle(tx, taken.id, "given_up", now)
            await self._tell(tx, webhook, "given-up", GIVEN_UP, now)
            await tx.audit(SYSTEM, "webhook.give_up", f"webhook/{webhook.id}", message=taken.message_id)
        else:
            wait = max(rules.pause(taken.attempts), peace or timedelta())
            await store.settle(tx, taken.id, "waiting", now, min(now + wait, last))
        if rules.is_dead(webhook.failing_since, now) and webhook.active:
            await self._stop(tx, webhook, "failing", now)
        else:
            await self._changed(tx, webhook, columns)

    async def _changed(self, tx: Tx, webhook: Webhook, columns: Mapping[str, object]) -> None:
        await store.change(tx, webhook.id, columns, by_people="active" in columns)
        after = await store.webhook(tx, webhook.id)
        if after is not None:
            tx.publish(ROOM, WebhookChanged(after))

    async def _stop(self, tx: Tx, webhook: Webhook, why: str, now: datetime) -> None:
        """Switches it off; leads are told. What waits stays for whoever switches it on again within three days."""
        if not webhook.active:
            return
        await self._changed(tx, webhook, {"active": False, "stopped": why})
        await self._tell(tx, webhook, why, STOPPED[why], now)
        await tx.audit(SYSTEM, "webhook.stop", f"webhook/{webhook.id}", why=why)
        log.warning("a webhook was switched off", webhook=webhook.id, why=why)

    async def _tell(self, tx: Tx, webhook: Webhook, why: str, text: str, now: datetime) -> None:
        """Once a day for each webhook, however much was given up."""
        note = push.Note(
            ref=f"webhook-{why}/{webhook.id}/{now:%Y-%m-%d}",
            tag=f"webhook/{webhook.id}",
            title=webhook.name,
            text=text,
            path=f"/pomoc/ustawienia/webhooki/{webhook.id}",
        )
        for account_id in await store.leads(tx, LEAD):
            await push.tell(tx, account_id, note)

    async def tidy(self) -> None:
        """Once an hour: the log is kept for thirty days."""
        now = self.now()
        if now - self._tidied < TIDY_EVERY:
            return
        self._tidied = now
        async with self.database.transaction() as tx:
            await store.tidy(tx, now - KEPT, now - rules.GIVEN_UP_AFTER, now)

    async def run(self) -> None:
        """Sends for ever; a receiver that is slow holds up nobody but itself."""
        async with asyncio.TaskGroup() as group:
            running: set[asyncio.Task[None]] = set()
            while True:
                pause_s = LOOK_EVERY_S
                try:
                    await self.tidy()
                    pause_s = await self._round(group, running)
                except Unavailable:
                    log.warning("the database is away: webhooks wait")
                await self.database.woken(WORK, pause_s)

    async def _round(self, group: asyncio.TaskGroup, running: set[asyncio.Task[None]]) -> float:
        """Begins what is due and has room; how long nothing else is."""
        async with self.database.glance() as tx:
            if not await store.anything(tx):
                return LOOK_EVERY_S
        free = AT_ONCE - len(running)
        for taken in await self.take(free) if free else ():
            task = group.create_task(self._safely(taken))
            running.add(task)
            task.add_done_callback(running.discard)
        now = self.now()
        async with self.database.transaction(readonly=True) as tx:
            coming = await store.next_moment(tx, now)
        return LOOK_EVERY_S if coming is None else min(LOOK_EVERY_S, max(0.05, (coming - now).total_seconds()))

    async def _safely(self, taken: Taken) -> None:
        """What cannot be written down now is sent again when its lease is over."""
        try:
            await self.deliver(taken)
        except Unavailable:
            log.warning("the database is away: what came back is lost and it is sent again", delivery=taken.id)


DISPATCHER: web.AppKey[Dispatcher] = web.AppKey("helpdesk_webhooks", Dispatcher)


async def dispatch_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context."""
    settings = section(app, WebhookSettings)
    sender = Sender(networks_of(settings), settings.timeout_s)
    origin = public_url(None, app, "")
    dispatcher = app[DISPATCHER] = Dispatcher(app[DATABASE], sender, app[IDENTITY].keys, origin)
    task = app[SUPERVISOR].run("webhooks", dispatcher.run)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
