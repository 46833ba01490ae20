"""SQL of accounts, roles, units and one-time links."""

from datetime import datetime

from app.database import Tx
from app.errors import Conflict
from app.identity.model import (
    Account,
    AccountLine,
    HeldRole,
    OneTimeToken,
    Purpose,
    Unit,
    UnitKind,
)

_UNIT = "SELECT id, parent_id, kind, name, path, rev FROM unit"

_ACCOUNT = """
SELECT a.id, a.login, a.email, a.name, a.language, a.unit_id, u.path AS unit_path, a.password_hash,
       a.staff_grade, a.must_change_password, a.totp_secret, a.totp_pending, a.totp_last_step, a.disabled_at,
       a.signed_in_at,
       a.created_at, a.rev
  FROM account a LEFT JOIN unit u ON u.id = a.unit_id
"""

_HELD = """
SELECT id, account_id, role, unit_id, unit_path, unit_name, granted_by, granted_at, expires_at FROM active_grant
"""


# units


async def add_unit(tx: Tx, parent_id: int | None, kind: UnitKind, name: str) -> Unit:
    """The path is the parent's and the new id."""
    return await tx.one(
        Unit,
        "WITH next AS (SELECT nextval(pg_get_serial_sequence('unit', 'id')) AS id)"
        " INSERT INTO unit (id, parent_id, kind, name, path) OVERRIDING SYSTEM VALUE"
        " SELECT next.id, $1, $2, $3, coalesce((SELECT path || '.' FROM unit WHERE id = $1), '') || next.id FROM next"
        " RETURNING id, parent_id, kind, name, path, rev",
        parent_id,
        kind,
        name,
    )


async def rename_unit(tx: Tx, unit_id: int, name: str, rev: int) -> Unit:
    """Raises `Conflict` when somebody else changed it since `rev`."""
    unit = await tx.maybe(
        Unit,
        "UPDATE unit SET name = $2, rev = rev + 1 WHERE id = $1 AND rev = $3"
        " RETURNING id, parent_id, kind, name, path, rev",
        unit_id,
        name,
        rev,
    )
    if unit is None:
        raise Conflict
    return unit


async def unit(tx: Tx, unit_id: int) -> Unit | None:
    return await tx.maybe(Unit, f"{_UNIT} WHERE id = $1", unit_id)


async def city_unit(tx: Tx) -> Unit | None:
    return await tx.maybe(Unit, f"{_UNIT} WHERE parent_id IS NULL")


async def lock_tree(tx: Tx) -> None:
    """Lets one transaction at a time make the city or a unit of the same name."""
    await tx.execute("LOCK TABLE unit IN SHARE ROW EXCLUSIVE MODE")


async def units_below(tx: Tx, paths: list[str]) -> list[Unit]:
    """Units at or below one of the paths, each after its parent, siblings by name."""
    return await tx.all(
        Unit,
        "WITH RECURSIVE seen AS ("
        " SELECT id, ARRAY[name, id::text] AS place FROM unit WHERE parent_id IS NULL"
        " UNION ALL SELECT u.id, s.place || ARRAY[u.name, u.id::text] FROM unit u JOIN seen s ON u.parent_id = s.id)"
        " SELECT u.id, u.parent_id, u.kind, u.name, u.path, u.rev FROM unit u JOIN seen s ON s.id = u.id"
        " WHERE EXISTS (SELECT FROM unnest($1::text[]) AS p WHERE u.path = p OR starts_with(u.path, p || '.'))"
        " ORDER BY s.place",
        paths,
    )


async def sibling_named(tx: Tx, parent_id: int | None, name: str) -> int | None:
    """Id of the unit that has this name under this parent."""
    found = await tx.value("SELECT id FROM unit WHERE parent_id IS NOT DISTINCT FROM $1 AND name = $2", parent_id, name)
    return None if found is None else int(found)


# accounts


async def add_account(
    tx: Tx,
    *,
    login: str,
    email: str | None,
    name: str,
    language: str,
    unit_id: int | None,
    password_hash: str | None,
    staff_grade: bool,
    must_change_password: bool,
    folded: str,
) -> int | None:
    """Id of the new account; None when login or e-mail are taken."""
    found = await tx.value(
        "INSERT INTO account (login, email, name, language, unit_id, password_hash, staff_grade,"
        " must_change_password, folded)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING id",
        login,
        email,
        name,
        language,
        unit_id,
        password_hash,
        staff_grade,
        must_change_password,
        folded,
    )
    return None if found is None else int(found)


async def account(tx: Tx, account_id: int, *, lock: bool = False) -> Account | None:
    return await tx.maybe(Account, f"{_ACCOUNT} WHERE a.id = $1{' FOR UPDATE OF a' if lock else ''}", account_id)


async def account_called(tx: Tx, login_or_email: str) -> Account | None:
    """By login, else by e-mail address; a login holds no @, so the two never meet."""
    return await tx.maybe(Account, f"{_ACCOUNT} WHERE a.login = $1 OR a.email = $1", login_or_email)


async def login_taken(tx: Tx, login: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM account WHERE login = $1)", login))


async def accounts_within(
    tx: Tx, *, paths: list[str], strangers: bool, words: list[str], role: str, offset: int, limit: int
) -> list[AccountLine]:
    """Accounts whose home or a role lies at or below one of the paths; `strangers`: those without home and role too.

    Every one of `words` (folded) is found in name, login or e-mail.
    """
    return await tx.all(
        AccountLine,
        "SELECT a.id, a.login, a.email, a.name, u.name AS unit_name, a.disabled_at IS NOT NULL AS disabled,"
        " a.totp_secret IS NOT NULL AS second_factor, a.signed_in_at,"
        " ARRAY(SELECT DISTINCT g.role FROM active_grant g WHERE g.account_id = a.id ORDER BY 1) AS roles"
        " FROM account a LEFT JOIN unit u ON u.id = a.unit_id"
        " WHERE ($2 OR EXISTS (SELECT FROM unnest($1::text[]) AS p"
        "   WHERE u.path = p OR starts_with(u.path, p || '.')"
        "      OR EXISTS (SELECT FROM active_grant g WHERE g.account_id = a.id"
        "                  AND (g.unit_path = p OR starts_with(g.unit_path, p || '.')))))"
        " AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS w WHERE strpos(a.folded, w) = 0)"
        " AND ($4 = '' OR EXISTS (SELECT FROM active_grant g WHERE g.account_id = a.id AND g.role = $4))"
        " ORDER BY a.folded, a.id OFFSET $5 LIMIT $6",
        paths,
        strangers,
        words,
        role,
        offset,
        limit,
    )


async def set_profile(
    tx: Tx, account_id: int, *, name: str, email: str | None, language: str, folded: str, rev: int
) -> None:
    """Raises `Conflict` when somebody else changed it since `rev`."""
    done = await tx.execute(
        "UPDATE account SET name = $2, email = $3, language = $4, folded = $5, rev = rev + 1"
        " WHERE id = $1 AND rev = $6",
        account_id,
        name,
        email,
        language,
        folded,
        rev,
    )
    if done != "UPDATE 1":
        raise Conflict


async def email_taken(tx: Tx, email: str, other_than: int) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM account WHERE email = $1 AND id <> $2)", email, other_than))


async def set_language(tx: Tx, account_id: int, language: str) -> None:
    await tx.execute("UPDATE account SET language = $2, rev = rev + 1 WHERE id = $1", account_id, language)


async def set_password(
    tx: Tx, account_id: int, password_hash: str, *, staff_grade: bool, must_change: bool = False
) -> None:
    await tx.execute(
        "UPDATE account SET password_hash = $2, staff_grade = $3, must_change_password = $4, rev = rev + 1"
        " WHERE id = $1",
        account_id,
        password_hash,
        staff_grade,
        must_change,
    )


async def renew_hash(tx: Tx, account_id: int, old: str, new: str) -> None:
    """Same password, newer parameters; nothing if the password was changed meanwhile."""
    await tx.execute("UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2", account_id, old, new)


async def set_disabled(tx: Tx, account_id: int, *, disabled: bool) -> None:
    await tx.execute(
        "UPDATE account SET disabled_at = CASE WHEN $2 THEN now() END, rev = rev + 1 WHERE id = $1",
        account_id,
        disabled,
    )


async def mark_signed_in(tx: Tx, account_id: int) -> None:
    await tx.execute("UPDATE account SET signed_in_at = now() WHERE id = $1", account_id)


# second factor


async def set_pending_factor(tx: Tx, account_id: int, sealed: bytes) -> None:
    await tx.execute("UPDATE account SET totp_pending = $2 WHERE id = $1", account_id, sealed)


async def enable_factor(tx: Tx, account_id: int, step: int, codes_sha256: list[bytes]) -> None:
    """The pending secret becomes the one in use; recovery codes of before are gone."""
    await tx.execute(
        "UPDATE account SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = $2, rev = rev + 1"
        " WHERE id = $1",
        account_id,
        step,
    )
    await set_recovery_codes(tx, account_id, codes_sha256)


async def disable_factor(tx: Tx, account_id: int) -> None:
    await tx.execute(
        "UPDATE account SET totp_secret = NULL, totp_pending = NULL, rev = rev + 1 WHERE id = $1", account_id
    )
    await set_recovery_codes(tx, account_id, [])


async def take_step(tx: Tx, account_id: int, step: int) -> bool:
    """Whether no code of this time step or a later one was used before; from now on it was."""
    done = await tx.execute(
        "UPDATE account SET totp_last_step = $2 WHERE id = $1 AND totp_last_step < $2", account_id, step
    )
    return done == "UPDATE 1"


async def set_recovery_codes(tx: Tx, account_id: int, codes_sha256: list[bytes]) -> None:
    await tx.execute("DELETE FROM recovery_code WHERE account_id = $1", account_id)
    await tx.execute(
        "INSERT INTO recovery_code (account_id, code_sha256) SELECT $1, unnest($2::bytea[])", account_id, codes_sha256
    )


async def take_recovery_code(tx: Tx, account_id: int, code_sha256: bytes) -> bool:
    """Whether this code was good; from now on it is not."""
    done = await tx.execute(
        "UPDATE recovery_code SET used_at = now() WHERE account_id = $1 AND code_sha256 = $2 AND used_at IS NULL",
        account_id,
        code_sha256,
    )
    return done == "UPDATE 1"


async def count_recovery_codes(tx: Tx, account_id: int) -> int:
    return int(
        await tx.value("SELECT count(*) FROM recovery_code WHERE account_id = $1 AND used_at IS NULL", account_id)
    )


# roles


async def held_roles(tx: Tx, account_id: int) -> list[HeldRole]:
    return await tx.all(HeldRole, f"{_HELD} WHERE account_id = $1 ORDER BY role, unit_path", account_id)


async def held_role(tx: Tx, grant_id: int) -> HeldRole | None:
    return await tx.maybe(HeldRole, f"{_HELD} WHERE id = $1", grant_id)


async def add_grant(
    tx: Tx, account_id: int, role: str, unit_id: int, granted_by: int | None, expires_at: datetime | None
) -> None:
    """Granted again, a role has the new end."""
    await tx.execute(
        "INSERT INTO role_grant (account_id, role, unit_id, granted_by, expires_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account_id, role, unit_id) DO UPDATE"
        " SET granted_by = excluded.granted_by, granted_at = now(), expires_at = excluded.expires_at",
        account_id,
        role,
        unit_id,
        granted_by,
        expires_at,
    )


async def remove_grant(tx: Tx, grant_id: int) -> None:
    await tx.execute("DELETE FROM role_grant WHERE id = $1", grant_id)


# one-time links


async def add_token(
    tx: Tx, token_sha256: bytes, purpose: Purpose, account_id: int | None, email: str, lasting_s: int
) -> None:
    """Links of before, to the same person for the same end, stop working."""
    await tx.execute(
        "DELETE FROM one_time_token WHERE purpose = $1 AND account_id IS NOT DISTINCT FROM $2 AND email = $3",
        purpose,
        account_id,
        email,
    )
    await tx.execute(
        "INSERT INTO one_time_token (token_sha256, purpose, account_id, email, expires_at)"
        " VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))",
        token_sha256,
        purpose,
        account_id,
        email,
        lasting_s,
    )


async def token(tx: Tx, token_sha256: bytes) -> OneTimeToken | None:
    """A link that still works."""
    return await tx.maybe(
        OneTimeToken,
        "SELECT purpose, account_id, email FROM one_time_token"
        " WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > now()",
        token_sha256,
    )


async def take_token(tx: Tx, token_sha256: bytes) -> bool:
    """Whether the link still worked; from now on it does not."""
    done = await tx.execute(
        "UPDATE one_time_token SET used_at = now() WHERE token_sha256 = $1 AND used_at IS NULL AND expires_at > now()",
        token_sha256,
    )
    return done == "UPDATE 1"


async def remove_tokens(tx: Tx, account_id: int) -> None:
    """No link to set a password works any more."""
    await tx.execute("DELETE FROM one_time_token WHERE account_id = $1", account_id)


async def forget_expired_tokens(tx: Tx) -> None:
    """Removes links that ran out yesterday or before."""
    await tx.execute("DELETE FROM one_time_token WHERE expires_at < now() - interval '1 day'")
