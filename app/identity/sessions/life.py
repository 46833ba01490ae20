"""A session's life in the database: it begins at sign-in, changes its token, and ends for everybody who listens."""

import secrets

from app.database import Database, Tx
from app.feature import SessionEnded
from app.identity.identity import Identity
from app.identity.keys import digest, new_token
from app.identity.model import NewSession, Visitor
from app.identity.sessions import store


async def begin_session(tx: Tx, identity: Identity, account_id: int, visitor: Visitor, *, staff: bool) -> NewSession:
    """A session of an account; staff sessions are short and their cookie ends with the browser."""
    settings = identity.settings
    idle_s = settings.staff_idle_s if staff else settings.resident_idle_s
    lasting_s = settings.staff_session_s if staff else settings.resident_session_s
    session = NewSession(new_token(), _new_handle(), None if staff else idle_s)
    await store.add_session(
        tx,
        digest(session.token),
        session.handle,
        account_id,
        data={},
        idle_s=idle_s,
        lasting_s=lasting_s,
        address=visitor.address,
        user_agent=visitor.user_agent,
    )
    return session


async def begin_visit(tx: Tx, data: dict[str, object], visitor: Visitor) -> NewSession:
    """A session of somebody who is not signed in, for what is kept meanwhile; an idle hour ends it."""
    session = NewSession(new_token(), _new_handle())
    await store.add_session(
        tx,
        digest(session.token),
        session.handle,
        None,
        data=data,
        idle_s=3600,
        lasting_s=24 * 3600,
        address=visitor.address,
        user_agent=visitor.user_agent,
    )
    return session


async def rotate_session(tx: Tx, handle: str) -> NewSession | None:
    """The same session under another token; sockets of the old handle close and come back. None when it has ended."""
    session = NewSession(new_token(), _new_handle())
    if not await store.rotate_session(tx, handle, digest(session.token), session.handle):
        return None
    tx.publish(room_of(handle), SessionEnded())
    return session


async def end_session(tx: Tx, handle: str, account_id: int | None = None) -> bool:
    """Whether it was there, and with `account_id` theirs."""
    ended = await store.remove_session(tx, handle, account_id)
    if ended:
        tx.publish(room_of(handle), SessionEnded())
    return ended


async def end_sessions(tx: Tx, account_id: int, keep: str = "") -> int:
    """Ends every session of an account but `keep` (a handle); returns how many."""
    handles = await store.remove_sessions(tx, account_id, keep)
    for handle in handles:
        tx.publish(room_of(handle), SessionEnded())
    return len(handles)


async def end_expired_sessions(database: Database) -> tuple[int, float | None]:
    """Ends the sessions that have run out and tells whoever listens.

    Returns how many, and in how many seconds the next one runs out if nobody uses it until then.
    """
    async with database.transaction() as tx:
        handles = await store.forget_expired_sessions(tx)
        for handle in handles:
            tx.publish(room_of(handle), SessionEnded())
        return len(handles), await store.next_session_end_s(tx)


def room_of(handle: str) -> str:
    """Where a session's sockets hear that it has ended."""
    return f"session/{handle}"


def _new_handle() -> str:
    return secrets.token_urlsafe(15)
