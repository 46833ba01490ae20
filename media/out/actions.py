"""What monitors do with targets: add, remove, start, stop. Each is audited, told to the room, and acts at once."""

from typing import Final

from app.actor import Actor
from app.database import Tx
from app.errors import Conflict, Invalid, NotFound
from media.out import store
from media.out.address import Address, AddressError, parse_address
from media.out.connection import resolve
from media.out.model import Target, TargetChanged, TargetRemoved, room
from media.out.problem import RelayProblem
from media.out.relays import Relays
from media.out.settings import OutSettings

MOST_KEY_CHARACTERS: Final = 500


async def checked_address(url: str, settings: OutSettings) -> Address:
    """The address, after its name was looked up. Raises Invalid. Call it outside a transaction."""
    try:
        address = parse_address(url)
        await resolve(address, allow_private=settings.allow_private)
    except (AddressError, RelayProblem) as problem:
        raise Invalid(fields={"url": str(problem)}) from None
    return address


def checked_key(key: str) -> str:
    """The stream key as the target's page gives it. Raises Invalid."""
    key = key.strip()
    if not key or len(key) > MOST_KEY_CHARACTERS or not key.isprintable() or " " in key:
        raise Invalid(fields={"key": "Copy the stream key from the target's page: it has no spaces"})
    return key


async def add_target(
    tx: Tx,
    actor: Actor,
    relays: Relays,
    stream_id: str,
    *,
    name: str,
    address: Address,
    url: str,
    sealed: bytes,
    most: int,
) -> Target:
    """A new target; it is sent to from now on whenever the stream is on air."""
    if await store.count_targets(tx, stream_id) >= most:
        raise Conflict("This stream has as many targets as are allowed")
    target = await store.add_target(tx, stream_id, name.strip() or address.host, url, sealed)
    await tx.audit(actor, "target.add", f"stream/{stream_id}", target=target.id, name=target.name, host=address.host)
    _publish(tx, relays, target)
    return target


async def access_target(tx: Tx, stream_id: str, target_id: int) -> Target:
    """A target of this stream; who may use the route may use each. Raises NotFound."""
    target = await store.target(tx, stream_id, target_id)
    if target is None:
        raise NotFound
    return target


async def start_target(tx: Tx, actor: Actor, relays: Relays, target: Target) -> Target:
    """Sends to it whenever the stream is on air; one that is started stays so."""
    return await _set_enabled(tx, actor, relays, target, enabled=True)


async def stop_target(tx: Tx, actor: Actor, relays: Relays, target: Target) -> Target:
    """Sends to it no more."""
    return await _set_enabled(tx, actor, relays, target, enabled=False)


async def remove_target(tx: Tx, actor: Actor, relays: Relays, target: Target) -> None:
    """Forgets it, with its key."""
    await store.delete_target(tx, target.id)
    await tx.audit(actor, "target.remove", f"stream/{target.stream_id}", target=target.id, name=target.name)
    tx.publish(room(target.stream_id), TargetRemoved(target.id))
    tx.after_commit(lambda: relays.refresh(target.stream_id))


async def _set_enabled(tx: Tx, actor: Actor, relays: Relays, target: Target, *, enabled: bool) -> Target:
    if target.enabled is enabled:
        return target
    changed = await store.set_enabled(tx, target.id, enabled=enabled)
    verb = "target.start" if enabled else "target.stop"
    await tx.audit(actor, verb, f"stream/{target.stream_id}", target=target.id, name=target.name)
    _publish(tx, relays, changed)
    return changed


def _publish(tx: Tx, relays: Relays, target: Target) -> None:
    tx.publish(room(target.stream_id), TargetChanged(relays.view(target)))
    tx.after_commit(lambda: relays.refresh(target.stream_id))
