"""SQL of who signs in as whom. Inside a school unless said otherwise."""

import msgspec

from app.database import Tx
from schools.secretariat.model import PersonKind


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the school, to be given an account."""

    id: int
    account_id: int | None
    first_name: str
    last_name: str
    email: str
    roles: list[str] = []

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class KnownAccount(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    email: str | None
    enabled: bool


async def person(tx: Tx, kind: PersonKind, person_id: int) -> Person | None:
    roles = "roles" if kind == "staff" else "'{}'::text[] AS roles"
    return await tx.maybe(
        Person, f"SELECT id, account_id, first_name, last_name, email, {roles} FROM {kind} WHERE id = $1", person_id
    )


async def without_account(tx: Tx, class_id: int) -> list[Person]:
    """Pupils of a class today, by number."""
    return await tx.all(
        Person,
        "SELECT p.id, p.account_id, p.first_name, p.last_name, p.email FROM class_membership m"
        " JOIN pupil p ON p.id = m.pupil_id WHERE m.class_id = $1 AND m.during @> school_today()"
        " AND p.account_id IS NULL ORDER BY m.number NULLS LAST, p.sort_key, p.id",
        class_id,
    )


async def account_with(tx: Tx, email: str) -> KnownAccount | None:
    return await tx.maybe(
        KnownAccount,
        "SELECT id, email, disabled_at IS NULL AS enabled FROM account WHERE lower(email) = lower($1)",
        email,
    )


async def account(tx: Tx, account_id: int) -> KnownAccount | None:
    return await tx.maybe(
        KnownAccount, "SELECT id, email, disabled_at IS NULL AS enabled FROM account WHERE id = $1", account_id
    )


async def bind(tx: Tx, kind: PersonKind, person_id: int, account_id: int) -> bool:
    """False: somebody else of this kind has the account, or the person has one."""
    done = await tx.execute(
        f"UPDATE {kind} SET account_id = $2, rev = rev + 1 WHERE id = $1 AND account_id IS NULL"
        f" AND NOT EXISTS (SELECT FROM {kind} WHERE account_id = $2 AND school_id = current_school())",
        person_id,
        account_id,
    )
    return done == "UPDATE 1"
