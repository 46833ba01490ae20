"""What can be done: tell somebody, add and forget a browser, set quiet hours."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric import ec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Invalid, NotFound
from app.i18n import _
from app.push import rules, store
from app.push.encryption import bytes_of
from app.push.jobs import SEND_PUSH, SendPush
from app.push.model import Note, Quiet
from app.throttle import Charge, Limit, spend

DEVICES: Final = Limit("push.device", burst=20, every_s=20)
NO_SERVICE: Final = _("This browser uses a service for notifications that is not taken")
NO_KEY: Final = _("The key of this browser is damaged: switch notifications off and on again")
NO_TIME: Final = _("Write a time such as 22:30")


async def tell(tx: Tx, account_id: int, note: Note) -> bool:
    """Queues a note to each of the account's browsers, in the caller's transaction; whether there is one to tell.

    Access is the caller's to check. Told once for each `ref`, however often it is said.
    """
    found = await store.device_ids(tx, account_id)
    if not found:
        return False
    message_id = await store.add_message(tx, account_id, note)
    if message_id is None:
        return False
    for device_id in found:
        await tx.enqueue(SEND_PUSH, SendPush(message_id, device_id))
    return True


async def take_back(tx: Tx, ref: str) -> None:
    """What has not left yet is not told: its subject was hidden or withdrawn."""
    await store.take_back(tx, ref)


async def quiet_left(tx: Tx, account_id: int, now: datetime, zone: ZoneInfo) -> timedelta:
    """How long this account is to be left in peace; zero: it may be told."""
    return rules.quiet_left(await store.quiet(tx, account_id), now, zone)


async def add_device(
    database: Database, actor: Actor, endpoint: str, public_key: str, auth: str, label: str, test_origin: str = ""
) -> int:
    """The browser in which the actor says yes. Raises Invalid for `endpoint` and `keys`."""
    account_id = _account(actor)
    if not rules.is_endpoint(endpoint, test_origin):
        raise Invalid(fields={"endpoint": NO_SERVICE})
    point, secret = _keys(public_key, auth)
    await spend(database, Charge(DEVICES, str(account_id)))
    async with database.transaction() as tx:
        device_id = await store.save_device(tx, account_id, endpoint, point, secret, label[:200])
        await store.forget_oldest(tx, account_id, rules.MOST_DEVICES)
        await tx.audit(actor, "push.add_device", f"account/{account_id}", device=device_id)
    return device_id


async def forget_device(database: Database, actor: Actor, device_id: int) -> None:
    account_id = _account(actor)
    async with database.transaction() as tx:
        if not await store.forget_device(tx, device_id, account_id):
            raise NotFound
        await tx.audit(actor, "push.forget_device", f"account/{account_id}", device=device_id)


async def forget_endpoint(database: Database, actor: Actor, endpoint: str) -> None:
    """The browser itself says that it is off; said twice it is said once."""
    account_id = _account(actor)
    async with database.transaction() as tx:
        if await store.forget_endpoint(tx, endpoint, account_id):
            await tx.audit(actor, "push.forget_device", f"account/{account_id}")


async def set_quiet(database: Database, actor: Actor, *, on: bool, start: str = "", end: str = "") -> Quiet | None:
    """Quiet hours, `22:30`. Raises Invalid for `quiet_from` and `quiet_until`."""
    account_id = _account(actor)
    begins, ends = rules.minute_of(start), rules.minute_of(end)
    faults = {}
    if on and begins is None:
        faults["quiet_from"] = NO_TIME
    if on and ends is None:
        faults["quiet_until"] = NO_TIME
    elif on and begins == ends:
        faults["quiet_until"] = _("Quiet hours need an end that is not their beginning")
    if faults:
        raise Invalid(fields=faults)
    found = Quiet(begins, ends) if on and begins is not None and ends is not None else None
    async with database.transaction() as tx:
        await store.set_quiet(tx, account_id, found)
        await tx.audit(actor, "push.quiet", f"account/{account_id}", on=on)
    return found


def _account(actor: Actor) -> int:
    if actor.account_id is None:
        raise NotFound
    return actor.account_id


def _keys(public_key: str, auth: str) -> tuple[bytes, bytes]:
    try:
        point, secret = bytes_of(public_key), bytes_of(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Invalid(fields={"keys": NO_KEY}) from None
    if len(secret) != 16 or len(point) != 65:
        raise Invalid(fields={"keys": NO_KEY})
    return point, secret
