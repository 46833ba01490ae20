"""Writing audit entries, and finding them."""

from datetime import datetime
from typing import Any, Final

import msgspec

from app.actor import Actor
from app.audit import store
from app.database import Tx

SEALING: Final = "audit.sealing"
"""What every entry wakes."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to what, when and from where."""

    id: int
    at: datetime
    account_id: int | None
    login: str
    name: str
    address: str
    action: str
    subject: str
    details: dict[str, Any]


class FoundEntry(AuditEntry, frozen=True, kw_only=True):
    """An entry in the auditor's list; `position` in the chain is None until it is sealed."""

    position: int | None


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What the auditor looks for. `action` and `subject` are beginnings; `before` is an entry's id, for paging."""

    person: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


async def record(tx: Tx, actor: Actor, action: str, subject: str, details: dict[str, object]) -> None:
    """Writes an entry in the caller's transaction. `details` become JSON and must hold no secret."""
    plain = msgspec.to_builtins(details, str_keys=True)
    await store.add_audit_entry(tx, actor.account_id, actor.login, actor.name, actor.address, action, subject, plain)
    tx.wake(SEALING)


async def find_entries(tx: Tx, wanted: AuditFilter, limit: int) -> list[FoundEntry]:
    """Newest first."""
    rows = await store.find_audit_entries(tx, **msgspec.structs.asdict(wanted), limit=limit)
    return [FoundEntry(**row) for row in rows]
