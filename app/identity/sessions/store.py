"""SQL of web sessions."""

from app.database import Tx
from app.identity.model import LoadedSession, SessionLine


async def add_session(
    tx: Tx,
    token_sha256: bytes,
    handle: str,
    account_id: int | None,
    *,
    data: dict[str, object],
    idle_s: int,
    lasting_s: int,
    address: str,
    user_agent: str,
) -> None:
    await tx.execute(
        "INSERT INTO web_session"
        " (token_sha256, handle, account_id, data, idle_s, expires_at, address, user_agent)"
        " VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), $7, $8)",
        token_sha256,
        handle,
        account_id,
        data,
        idle_s,
        lasting_s,
        address,
        user_agent[:300],
    )


async def load_session(tx: Tx, token_sha256: bytes) -> LoadedSession | None:
    """A session that has not ended, with its account and grants."""
    return await tx.maybe(
        LoadedSession,
        "SELECT s.handle, s.data, s.created_at, s.seen_at < now() - interval '1 minute' AS stale, s.account_id,"
        " a.login, a.name, a.language, a.staff_grade, a.must_change_password,"
        " a.totp_secret IS NOT NULL AS second_factor,"
        " coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'unit_path', g.unit_path)"
        "            ORDER BY g.role, g.unit_path)"
        "            FROM active_grant g WHERE g.account_id = s.account_id), '[]') AS grants"
        " FROM open_session s LEFT JOIN account a ON a.id = s.account_id WHERE s.token_sha256 = $1",
        token_sha256,
    )


async def touch_session(tx: Tx, token_sha256: bytes, address: str) -> None:
    await tx.execute(
        "UPDATE web_session SET seen_at = now(), address = $2 WHERE token_sha256 = $1", token_sha256, address
    )


async def set_session_data(tx: Tx, token_sha256: bytes, data: dict[str, object]) -> None:
    await tx.execute("UPDATE web_session SET data = $2 WHERE token_sha256 = $1", token_sha256, data)


async def rotate_session(tx: Tx, handle: str, token_sha256: bytes, new_handle: str) -> bool:
    """The same session under another token and handle; False when it has ended meanwhile."""
    done = await tx.execute(
        "UPDATE web_session SET token_sha256 = $2, handle = $3 WHERE handle = $1", handle, token_sha256, new_handle
    )
    return done == "UPDATE 1"


async def remove_session(tx: Tx, handle: str, account_id: int | None = None) -> bool:
    """Whether there was one; with `account_id` only if it is theirs."""
    done = await tx.execute(
        "DELETE FROM web_session WHERE handle = $1 AND ($2::bigint IS NULL OR account_id = $2)", handle, account_id
    )
    return done == "DELETE 1"


async def remove_sessions(tx: Tx, account_id: int, keep: str = "") -> list[str]:
    """Handles of the account's sessions that have ended by this; `keep` stays."""
    rows = await tx.records(
        "DELETE FROM web_session WHERE account_id = $1 AND handle <> $2 RETURNING handle", account_id, keep
    )
    return [row["handle"] for row in rows]


async def sessions_of(tx: Tx, account_id: int) -> list[SessionLine]:
    return await tx.all(
        SessionLine,
        "SELECT handle, created_at, seen_at, address, user_agent FROM open_session WHERE account_id = $1"
        " ORDER BY seen_at DESC, created_at DESC",
        account_id,
    )


async def forget_expired_sessions(tx: Tx) -> list[str]:
    """Removes sessions that have run out; returns their handles."""
    rows = await tx.records("DELETE FROM web_session WHERE ends_at <= now() RETURNING handle")
    return [row["handle"] for row in rows]


async def next_session_end_s(tx: Tx) -> float | None:
    """Seconds until the first session runs out; None where there is none."""
    found = await tx.value("SELECT extract(epoch FROM min(ends_at) - now())::float8 FROM web_session")
    return None if found is None else float(found)
