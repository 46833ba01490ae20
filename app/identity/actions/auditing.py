"""Reading the audit log; who reads it stands in it too."""

from typing import Final

import msgspec

from app import audit
from app.actor import Actor
from app.database import Database
from app.errors import Forbidden
from app.identity import rules
from app.identity.access import city_path

PAGE: Final = 50
CHECKED_UNASKED: Final = 20_000
"""A chain up to this long is checked whenever the log is shown (about 0.2 s); a longer one when somebody asks."""


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first. `verification` None: the chain is long and nobody asked."""

    entries: list[audit.FoundEntry]
    has_more: bool
    verification: audit.Verification | None


async def read_audit(database: Database, actor: Actor, wanted: audit.AuditFilter, *, check: bool = False) -> AuditPage:
    """A page of the log, `check` with the whole chain verified. Raises `Forbidden` below the city's level."""
    async with database.transaction() as tx:
        if not rules.can_read_audit(actor, await city_path(tx)):
            raise Forbidden("The audit log tells of the whole city; a role in the city opens it")
        entries = await audit.find_entries(tx, wanted, PAGE + 1)
        length = await audit.chain_length(tx)
        verification = await audit.verify(tx) if check or length <= CHECKED_UNASKED else None
        looked_for = {name: str(value) for name, value in msgspec.structs.asdict(wanted).items() if value}
        await tx.audit(actor, "audit.read", "audit", **looked_for)
    return AuditPage(entries=entries[:PAGE], has_more=len(entries) > PAGE, verification=verification)
