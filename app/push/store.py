"""SQL of devices, of what they are told and of quiet hours."""

from datetime import timedelta

from app.database import Tx
from app.push.model import Device, Message, Note, Quiet

_DEVICE = "SELECT id, account_id, endpoint, public_key, auth, label, added_at, told_at FROM push_device"


async def devices(tx: Tx, account_id: int) -> list[Device]:
    return await tx.all(Device, f"{_DEVICE} WHERE account_id = $1 ORDER BY id DESC", account_id)


async def device(tx: Tx, device_id: int) -> Device | None:
    return await tx.maybe(Device, f"{_DEVICE} WHERE id = $1", device_id)


async def device_ids(tx: Tx, account_id: int) -> list[int]:
    """Of an account that may still sign in."""
    rows = await tx.records(
        "SELECT d.id FROM push_device d JOIN account a ON a.id = d.account_id"
        " WHERE d.account_id = $1 AND a.disabled_at IS NULL ORDER BY d.id",
        account_id,
    )
    return [row["id"] for row in rows]


async def save_device(tx: Tx, account_id: int, endpoint: str, public_key: bytes, auth: bytes, label: str) -> int:
    """A browser belongs to who has said yes in it last."""
    return int(
        await tx.value(
            "INSERT INTO push_device (account_id, endpoint, public_key, auth, label) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (endpoint) DO UPDATE SET account_id = excluded.account_id, public_key = excluded.public_key,"
            " auth = excluded.auth, label = excluded.label RETURNING id",
            account_id,
            endpoint,
            public_key,
            auth,
            label,
        )
    )


async def forget_oldest(tx: Tx, account_id: int, most: int) -> None:
    await tx.execute(
        "DELETE FROM push_device WHERE account_id = $1 AND id NOT IN"
        " (SELECT id FROM push_device WHERE account_id = $1 ORDER BY id DESC LIMIT $2)",
        account_id,
        most,
    )


async def forget_device(tx: Tx, device_id: int, account_id: int) -> bool:
    """False: it is none of this account's."""
    tag = await tx.execute("DELETE FROM push_device WHERE id = $1 AND account_id = $2", device_id, account_id)
    return tag.endswith(" 1")


async def forget_endpoint(tx: Tx, endpoint: str, account_id: int) -> bool:
    tag = await tx.execute("DELETE FROM push_device WHERE endpoint = $1 AND account_id = $2", endpoint, account_id)
    return tag.endswith(" 1")


async def mark_told(tx: Tx, device_id: int) -> None:
    await tx.execute("UPDATE push_device SET told_at = clock_timestamp() WHERE id = $1", device_id)


async def add_message(tx: Tx, account_id: int, note: Note) -> int | None:
    """None: the account was told of it already."""
    found = await tx.value(
        "INSERT INTO push_message (account_id, ref, tag, title, text, path) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT DO NOTHING RETURNING id",
        account_id,
        note.ref,
        note.tag,
        note.title,
        note.text,
        note.path,
    )
    return None if found is None else int(found)


async def message(tx: Tx, message_id: int) -> Message | None:
    return await tx.maybe(
        Message,
        "SELECT m.id, m.account_id, m.tag, m.title, m.text, m.path, m.at, a.language FROM push_message m"
        " JOIN account a ON a.id = m.account_id WHERE m.id = $1 AND a.disabled_at IS NULL",
        message_id,
    )


async def take_back(tx: Tx, ref: str) -> None:
    await tx.execute("DELETE FROM push_message WHERE ref = $1", ref)


async def forget_messages(tx: Tx, older_than: timedelta) -> None:
    await tx.execute("DELETE FROM push_message WHERE at < clock_timestamp() - $1::interval", older_than)
    await tx.execute("DELETE FROM push_service WHERE paused_until < clock_timestamp() - interval '1 day'")


async def quiet(tx: Tx, account_id: int) -> Quiet | None:
    return await tx.maybe(Quiet, "SELECT from_minute, until_minute FROM push_quiet WHERE account_id = $1", account_id)


async def set_quiet(tx: Tx, account_id: int, found: Quiet | None) -> None:
    if found is None:
        await tx.execute("DELETE FROM push_quiet WHERE account_id = $1", account_id)
        return
    await tx.execute(
        "INSERT INTO push_quiet (account_id, from_minute, until_minute) VALUES ($1, $2, $3) ON CONFLICT (account_id)"
        " DO UPDATE SET from_minute = excluded.from_minute, until_minute = excluded.until_minute",
        account_id,
        found.from_minute,
        found.until_minute,
    )


async def paused_s(tx: Tx, origin: str) -> float:
    """How long nobody waits for this push service; 0: it is asked."""
    found = await tx.value(
        "SELECT extract(epoch FROM paused_until - clock_timestamp())::float8 FROM push_service WHERE origin = $1",
        origin,
    )
    return max(0.0, float(found or 0))


async def pause(tx: Tx, origin: str, how_long: timedelta) -> None:
    await tx.execute(
        "INSERT INTO push_service (origin, paused_until) VALUES ($1, clock_timestamp() + $2::interval)"
        " ON CONFLICT (origin) DO UPDATE SET paused_until = greatest(push_service.paused_until, excluded.paused_until)",
        origin,
        how_long,
    )
