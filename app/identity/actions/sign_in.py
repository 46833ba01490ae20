"""Signing in and out."""

import time
from typing import Final

import structlog

from app.actor import Actor, Grant
from app.database import Database, Tx
from app.errors import Invalid, NotFound
from app.i18n import _
from app.identity import rules, second_factor, store
from app.identity.identity import Identity
from app.identity.model import Account, Credentials, SignedIn, Visitor
from app.identity.sessions import begin_session, end_session, end_sessions
from app.throttle import Charge, Limit, network_of, refund, spend

log = structlog.get_logger(__name__)

WRONG: Final = _("Login or password is not right")
WRONG_CODE: Final = _("This code is not right, or it has been used already")
CODE_NEEDED: Final = _("Enter the code from the authenticator app, or a recovery code")

PER_ADDRESS: Final = Limit("sign-in/address", burst=100, every_s=5)
"""A whole school sits behind one address, and what turns out well is given back."""
PER_ACCOUNT_AND_ADDRESS: Final = Limit("sign-in/account+address", burst=10, every_s=30)
PER_ACCOUNT: Final = Limit("sign-in/account", burst=50, every_s=36)
"""Against guessing from many addresses: 100 an hour at most (ASVS 5.0, 6.3.1)."""
PER_DEVICE: Final = Limit("sign-in/device", burst=10, every_s=30)
"""For browsers on which this account signed in before: guessing elsewhere does not slow the owner down."""
CODES: Final = Limit("sign-in/code", burst=10, every_s=120)
CODES_PER_DEVICE: Final = Limit("sign-in/code+device", burst=10, every_s=120)


async def sign_in(
    database: Database, identity: Identity, credentials: Credentials, visitor: Visitor, replaces: str = ""
) -> SignedIn:
    """Checks everything at once and begins a session. `replaces` is the handle of the browser's session so far.

    Raises `Invalid` (field `password` or `code`) and `TooMany`.
    """
    account = await check_password(database, identity, credentials, visitor)
    if account.has_second_factor:
        if not credentials.code.strip():
            raise Invalid(fields={"code": CODE_NEEDED})
        await check_code(database, identity, account, credentials.code, visitor)
    return await open_session(database, identity, account, visitor, replaces)


async def check_password(database: Database, identity: Identity, credentials: Credentials, visitor: Visitor) -> Account:
    """The account whose password this is. Unknown, disabled and wrong take the same time and get the same answer."""
    login = rules.login_of(credentials.login)
    async with database.transaction(readonly=True) as tx:
        account = await store.account_called(tx, login)
    charges = _charges(identity, login, account, visitor)
    await spend(database, *charges)
    stored = account.password_hash if account is not None and account.enabled else None
    right = await identity.passwords.verify(stored, credentials.password)
    if account is None or not right:
        await _record_failure(database, account, visitor, "password")
        raise Invalid(fields={"password": WRONG})
    await refund(database, *charges)
    if stored is not None and identity.passwords.outdated(stored):
        renewed = await identity.passwords.hash(credentials.password)
        async with database.transaction() as tx:
            await store.renew_hash(tx, account.id, stored, renewed)
    return account


async def load_enabled_account(database: Database, account_id: int) -> Account:
    """Somebody who has shown the password and owes the code. Raises `NotFound` when the account is closed meanwhile."""
    async with database.transaction(readonly=True) as tx:
        account = await store.account(tx, account_id)
    if account is None or not account.enabled:
        raise NotFound
    return account


async def check_code(database: Database, identity: Identity, account: Account, code: str, visitor: Visitor) -> None:
    """The second factor: a code by time, good once, or a recovery code. Raises `Invalid` (field `code`)."""
    known = knows_device(identity, account.id, visitor)
    charge = Charge(CODES_PER_DEVICE if known else CODES, str(account.id))
    await spend(database, charge)
    async with database.transaction() as tx:
        fresh = await store.account(tx, account.id)
        right = fresh is not None and await take_code(tx, identity, fresh, code)
    if not right:
        await _record_failure(database, account, visitor, "code")
        raise Invalid(fields={"code": WRONG_CODE})
    await refund(database, charge)


async def take_code(tx: Tx, identity: Identity, account: Account, code: str) -> bool:
    """Whether the code is right and was not used before; from now on it was."""
    secret = identity.keys.unseal(account.totp_secret, account.id) if account.totp_secret else None
    step = second_factor.matching_step(secret, code, time.time()) if secret else None
    if step is not None:
        return await store.take_step(tx, account.id, step)
    if not await store.take_recovery_code(tx, account.id, second_factor.recovery_digest(code)):
        return False
    left = await store.count_recovery_codes(tx, account.id)
    await tx.audit(_actor_of(account), "account.recovery_code_used", f"account/{account.id}", left=left)
    return True


async def open_session(
    database: Database, identity: Identity, account: Account, visitor: Visitor, replaces: str = ""
) -> SignedIn:
    """A new session for somebody who has shown all that is asked; the browser's former session ends."""
    async with database.transaction() as tx:
        grants = tuple(held.grant for held in await store.held_roles(tx, account.id))
        staff = identity.is_staff(grants)
        if replaces:
            await end_session(tx, replaces)
        session = await begin_session(tx, identity, account.id, visitor, staff=staff)
        await store.mark_signed_in(tx, account.id)
        await tx.audit(
            _actor_of(account, grants, session.handle, visitor.address), "account.sign_in", f"account/{account.id}"
        )
    return SignedIn(
        session=session,
        account=account,
        grants=grants,
        owed=identity.owed(
            grants,
            must_change_password=account.must_change_password,
            staff_grade=account.staff_grade,
            second_factor=account.has_second_factor,
        ),
        device=identity.keys.issue("device", str(account.id)),
    )


async def sign_out(database: Database, actor: Actor) -> None:
    """Ends the session through which the actor acts; its sockets close."""
    if not actor.session_id:
        return
    async with database.transaction() as tx:
        await end_session(tx, actor.session_id)
        if actor.signed_in:
            await tx.audit(actor, "account.sign_out", f"account/{actor.account_id}")


async def sign_out_everywhere(database: Database, actor: Actor, *, keep_this: bool = False) -> int:
    """Ends the actor's sessions, `keep_this` all but the present one; returns how many."""
    if actor.account_id is None:
        return 0
    async with database.transaction() as tx:
        ended = await end_sessions(tx, actor.account_id, actor.session_id if keep_this else "")
        await tx.audit(actor, "account.sign_out_everywhere", f"account/{actor.account_id}", sessions=ended)
    return ended


async def end_own_session(database: Database, actor: Actor, handle: str) -> None:
    """Ends one of the actor's sessions; that it is gone already is fine."""
    async with database.transaction() as tx:
        if await end_session(tx, handle, actor.account_id):
            await tx.audit(actor, "account.session_ended", f"account/{actor.account_id}")


async def check_own_password(database: Database, identity: Identity, account: Account, password: str) -> None:
    """Asked again before something that matters. Raises `Invalid` (field `current`) and `TooMany`."""
    charge = Charge(PER_DEVICE, f"own/{account.id}")
    await spend(database, charge)
    if not await identity.passwords.verify(account.password_hash, password):
        raise Invalid(fields={"current": "This is not your present password"})
    await refund(database, charge)


def knows_device(identity: Identity, account_id: int, visitor: Visitor) -> bool:
    """Whether this account signed in on this browser before."""
    marks = visitor.device.split("~")[:10]
    return any(identity.keys.accepts("device", mark, str(account_id)) for mark in marks)


def _charges(identity: Identity, login: str, account: Account | None, visitor: Visitor) -> tuple[Charge, ...]:
    network = network_of(visitor.address)
    if account is not None and knows_device(identity, account.id, visitor):
        return (Charge(PER_DEVICE, f"{account.id}"),)
    who = f"{account.id}" if account is not None else f"nobody/{login}"
    return (
        Charge(PER_ADDRESS, network),
        Charge(PER_ACCOUNT_AND_ADDRESS, f"{who}/{network}"),
        Charge(PER_ACCOUNT, who),
    )


async def _record_failure(database: Database, account: Account | None, visitor: Visitor, what: str) -> None:
    subject = f"account/{account.id}" if account is not None else "account/unknown"
    async with database.transaction() as tx:
        await tx.audit(Actor(address=visitor.address), "account.sign_in_failed", subject, wrong=what)
    log.info("sign-in failed", subject=subject, wrong=what)


def _actor_of(account: Account, grants: tuple[Grant, ...] = (), handle: str = "", address: str = "") -> Actor:
    return Actor(
        account_id=account.id,
        name=account.name,
        login=account.login,
        language=account.language,
        grants=grants,
        session_id=handle,
        address=address,
    )
