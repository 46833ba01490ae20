"""Verbs of webhooks, for leads."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.feature import Params
from app.i18n import _
from app.identity.keys import Keys
from app.throttle import Charge, Limit, spend
from portals.helpdesk.access import access_setup
from portals.helpdesk.webhooks import payloads, rules, signing, store
from portals.helpdesk.webhooks.dispatching import PURPOSE, WORK
from portals.helpdesk.webhooks.events import ROOM, DeliveryChanged, WebhookChanged, WebhookRemoved
from portals.helpdesk.webhooks.model import (
    Deliveries,
    Delivery,
    DeliveryView,
    Webhook,
    WebhookDraft,
    Webhooks,
    WithSecret,
)
from portals.helpdesk.webhooks.rules import Network

TESTING = Limit("helpdesk.webhook", burst=20, every_s=6)
FASTER = "Somebody has changed this in the meantime. Look at it once more"
MOST_DELIVERIES = 100
MOST_ATTEMPTS = 50
MOST_WEBHOOKS = 50


async def access_webhook(tx: Tx, actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    """For leads."""
    access_setup(actor)
    found = await store.webhook(tx, webhook_id, lock=lock)
    if found is None:
        raise NotFound
    return found


async def add(
    database: Database, actor: Actor, draft: WebhookDraft, keys: Keys, allowed: Sequence[Network]
) -> WithSecret:
    """With a secret, which is told this once. Raises `Invalid` by field."""
    access_setup(actor)
    draft = _checked(draft, allowed)
    key = secrets.token_bytes(signing.KEY_BYTES)
    async with database.transaction() as tx:
        if len(await store.webhooks(tx)) >= MOST_WEBHOOKS:
            raise Conflict("There are very many webhooks: remove one first")
        webhook_id = await store.add(tx, _columns(draft), actor.account_id)
        if webhook_id is None:
            raise Invalid(fields={"name": _("This name is taken")})
        await store.change(tx, webhook_id, {"secret": keys.seal(key, webhook_id, PURPOSE)})
        await tx.audit(actor, "webhook.add", f"webhook/{webhook_id}", **_audited(draft))
        return WithSecret(await _told(tx, webhook_id), signing.secret_text(key))


async def change(
    database: Database, actor: Actor, webhook_id: int, draft: WebhookDraft, allowed: Sequence[Network]
) -> Webhook:
    """Raises `Invalid` by field, `Conflict` when somebody else was faster. Switched on, it begins anew."""
    access_setup(actor)
    draft = _checked(draft, allowed)
    async with database.transaction() as tx:
        before = await access_webhook(tx, actor, webhook_id, lock=True)
        if draft.rev != before.rev:
            raise Conflict(FASTER)
        columns = _columns(draft) | {"stopped": ""}
        if draft.url != before.url or (draft.active and not before.active):
            columns |= {"failing_since": None, "not_before": None}
        if not await store.change(tx, webhook_id, columns):
            raise Invalid(fields={"name": _("This name is taken")})
        await tx.audit(actor, "webhook.change", f"webhook/{webhook_id}", **_audited(draft))
        return await _told(tx, webhook_id)


async def remove(database: Database, actor: Actor, webhook_id: int) -> None:
    """With everything that has not got through."""
    async with database.transaction() as tx:
        before = await access_webhook(tx, actor, webhook_id, lock=True)
        await store.remove(tx, webhook_id)
        await tx.audit(actor, "webhook.remove", f"webhook/{webhook_id}", name=before.name, waiting=before.waiting)
        tx.publish(ROOM, WebhookRemoved(msgspec.structs.replace(before, rev=before.rev + 1)))


async def rotate(
    database: Database, actor: Actor, webhook_id: int, keys: Keys, now: datetime | None = None
) -> WithSecret:
    """A new secret, told this once; for a day the one before signs too."""
    key = secrets.token_bytes(signing.KEY_BYTES)
    async with database.transaction() as tx:
        await access_webhook(tx, actor, webhook_id, lock=True)
        moment = now or await store.now(tx)
        old, _older = await store.secrets(tx, webhook_id)
        columns = {
            "secret": keys.seal(key, webhook_id, PURPOSE),
            "old_secret": old,
            "old_until": moment + rules.OLD_SECRET_FOR if old else None,
        }
        await store.change(tx, webhook_id, columns)
        await tx.audit(actor, "webhook.rotate", f"webhook/{webhook_id}")
        return WithSecret(await _told(tx, webhook_id), signing.secret_text(key))


async def test(database: Database, actor: Actor, webhook_id: int) -> Delivery:
    """Sends something at once. Raises `Conflict` while it is off."""
    access_setup(actor)
    await spend(database, Charge(TESTING, f"webhook/{webhook_id}"))
    async with database.transaction() as tx:
        webhook = await access_webhook(tx, actor, webhook_id, lock=True)
        if not webhook.active:
            raise Conflict("This webhook is off: switch it on first")
        made = await store.add_test(tx, webhook_id, {"webhook": webhook.name}, await store.now(tx))
        await tx.audit(actor, "webhook.test", f"webhook/{webhook_id}")
        return await _sent(tx, webhook_id, made)


async def send_again(database: Database, actor: Actor, webhook_id: int, delivery_id: int) -> Delivery:
    """The same message under the same id, once more. Raises `Conflict` while the webhook is off or it waits anyway."""
    access_setup(actor)
    await spend(database, Charge(TESTING, f"webhook/{webhook_id}"))
    async with database.transaction() as tx:
        webhook = await access_webhook(tx, actor, webhook_id, lock=True)
        delivery = await store.delivery(tx, webhook_id, delivery_id, lock=True)
        if delivery is None:
            raise NotFound
        if not webhook.active:
            raise Conflict("This webhook is off: switch it on first")
        await store.send_again(tx, delivery_id, await store.now(tx))
        await tx.audit(actor, "webhook.send_again", f"webhook/{webhook_id}", message=delivery.message_id)
        return await _sent(tx, webhook_id, delivery_id)


async def _sent(tx: Tx, webhook_id: int, delivery_id: int) -> Delivery:
    found = await store.delivery(tx, webhook_id, delivery_id)
    assert found is not None  # it was just written
    tx.publish(ROOM, DeliveryChanged(found))
    tx.wake(WORK)
    return found


# reading


async def webhooks_view(tx: Tx, actor: Actor) -> Webhooks:
    access_setup(actor)
    return Webhooks(await store.webhooks(tx))


async def deliveries_view(tx: Tx, actor: Actor, webhook_id: int, before: int | None = None) -> Deliveries:
    await access_webhook(tx, actor, webhook_id)
    return Deliveries(await store.deliveries(tx, webhook_id, MOST_DELIVERIES, before))


async def delivery_view(tx: Tx, actor: Actor, webhook_id: int, delivery_id: int, origin: str) -> DeliveryView:
    """With what is sent, also where it was not tried yet."""
    await access_webhook(tx, actor, webhook_id)
    found = await store.delivery(tx, webhook_id, delivery_id)
    if found is None:
        raise NotFound
    data, body = await store.what(tx, delivery_id)
    if body is None:
        body = payloads.body_of(found.kind, data, found.at, origin)
    return DeliveryView(delivery=found, body=body, attempts=await store.attempts(tx, delivery_id, MOST_ATTEMPTS))


async def snapshot(tx: Tx, actor: Actor, params: Params) -> Webhooks:  # noqa: ARG001  # a room's signature
    return await webhooks_view(tx, actor)


def _checked(draft: WebhookDraft, allowed: Sequence[Network]) -> WebhookDraft:
    tidied = rules.tidied(draft)
    if faults := rules.faults(tidied, allowed):
        raise Invalid(fields=faults)
    return tidied


async def _told(tx: Tx, webhook_id: int) -> Webhook:
    found = await store.webhook(tx, webhook_id)
    assert found is not None  # it was just written
    tx.publish(ROOM, WebhookChanged(found))
    tx.wake(WORK)
    return found


def _columns(draft: WebhookDraft) -> dict[str, object]:
    return {name: getattr(draft, name) for name in ("name", "url", "events", "notes", "active")}


def _audited(draft: WebhookDraft) -> dict[str, object]:
    return _columns(draft)
