"""What people do with their own account."""

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid
from app.i18n import _
from app.identity import rules, second_factor, store
from app.identity.access import access_own_account
from app.identity.actions.sign_in import WRONG_CODE, check_own_password
from app.identity.identity import Identity
from app.identity.model import Account, NewSession, SessionLine
from app.identity.passwords import fold, password_problem
from app.identity.sessions import end_sessions, rotate_session
from app.identity.sessions.store import sessions_of


class OwnAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner sees."""

    account: Account
    sessions: list[SessionLine]
    recovery_codes: int


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor that waits for its first code. `address` is for apps, `secret` for typing."""

    secret: str
    address: str
    qr_svg: str


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """The recovery codes are shown this once; `session` takes the place of the present one."""

    recovery_codes: list[str]
    session: NewSession | None


async def show_own_account(database: Database, actor: Actor) -> OwnAccount:
    """The actor's account with its open sessions."""
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        return OwnAccount(
            account=account,
            sessions=await sessions_of(tx, account.id),
            recovery_codes=await store.count_recovery_codes(tx, account.id),
        )


async def change_profile(
    database: Database, identity: Identity, actor: Actor, *, name: str, language: str, rev: int
) -> None:
    """Raises `Invalid` per field and `Conflict`. The e-mail address stays: links to sign in go there."""
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        await save_profile(tx, identity, account, name=name, email=account.email, language=language, rev=rev)
        await tx.audit(actor, "account.profile_changed", f"account/{account.id}")


async def save_profile(
    tx: Tx, identity: Identity, account: Account, *, name: str, email: str | None, language: str, rev: int
) -> None:
    """Checks and writes. Raises `Invalid` per field, and `Conflict` when it has changed since `rev`."""
    name, email = " ".join(name.split()), rules.login_of(email or "") or None
    fields = {}
    if not 1 <= len(name) <= 120:
        fields["name"] = _("Enter a name of at most 120 characters")
    if email is not None and not rules.is_email(email):
        fields["email"] = _("This is not an e-mail address")
    elif email is not None and await store.email_taken(tx, email, account.id):
        fields["email"] = _("Another account has this address")
    if language not in identity.languages:
        fields["language"] = _("Choose one of the languages")
    if fields:
        raise Invalid(fields=fields)
    folded = fold(f"{name} {account.login} {email or ''}")
    await store.set_profile(tx, account.id, name=name, email=email, language=language, folded=folded, rev=rev)


async def choose_language(database: Database, identity: Identity, actor: Actor, language: str) -> None:
    """Raises `Invalid` for one that is not offered."""
    if language not in identity.languages:
        raise Invalid(fields={"language": "Choose one of the languages"})
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        await store.set_language(tx, account.id, language)


async def change_password(
    database: Database, identity: Identity, actor: Actor, *, current: str, new: str
) -> NewSession | None:
    """Other sessions end and the present one gets a new token, which is returned.

    Raises `Invalid` (fields `current`, `new`) and `TooMany`.
    """
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        staff = identity.is_staff(held.grant for held in await store.held_roles(tx, account.id))
    await check_own_password(database, identity, account, current)
    problem = new_password_problem(identity, account, new, staff=staff)
    if problem is None and new == current:
        problem = _("This is your present password; choose another")
    if problem is not None:
        raise Invalid(fields={"new": problem})
    hashed = await identity.passwords.hash(new)
    async with database.transaction() as tx:
        fresh = await access_own_account(tx, actor)
        if fresh.password_hash != account.password_hash:
            raise Conflict
        await store.set_password(tx, account.id, hashed, staff_grade=identity.is_staff_grade(new))
        await store.remove_tokens(tx, account.id)
        await end_sessions(tx, account.id, keep=actor.session_id)
        await tx.audit(actor, "account.password_changed", f"account/{account.id}")
        return await rotate_session(tx, actor.session_id)


async def shortest_own_password(database: Database, identity: Identity, actor: Actor) -> int:
    """How long the actor's next password must be."""
    async with database.transaction(readonly=True) as tx:
        roles = await store.held_roles(tx, actor.account_id or 0)
    return identity.shortest_password(staff=identity.is_staff(held.grant for held in roles))


def new_password_problem(identity: Identity, account: Account, password: str, *, staff: bool) -> str | None:
    """What is wrong with a password for this account, or None."""
    about = (account.login, account.name, (account.email or "").partition("@")[0], identity.city)
    return password_problem(password, shortest=identity.shortest_password(staff=staff), about=about)


async def begin_second_factor(database: Database, identity: Identity, actor: Actor, issuer: str) -> Enrolment:
    """Makes a secret, or shows the one that waits for its first code. Raises `Conflict` when there is a factor."""
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        if account.has_second_factor:
            raise Conflict("This account has a second factor already")
        secret = identity.keys.unseal(account.totp_pending, account.id) if account.totp_pending else None
        if secret is None:
            secret = second_factor.new_secret()
            await store.set_pending_factor(tx, account.id, identity.keys.seal(secret, account.id))
    address = second_factor.address(secret, account.login, issuer)
    return Enrolment(secret=second_factor.as_text(secret), address=address, qr_svg=second_factor.qr_svg(address))


async def enable_second_factor(
    database: Database, identity: Identity, actor: Actor, *, current: str, code: str
) -> Enrolled:
    """The first code proves that the app has the secret. Other sessions end. Raises `Invalid` (`current`, `code`)."""
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
    await check_own_password(database, identity, account, current)
    codes = second_factor.new_recovery_codes()
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        if account.has_second_factor:
            raise Conflict("This account has a second factor already")
        secret = identity.keys.unseal(account.totp_pending, account.id) if account.totp_pending else None
        step = second_factor.matching_step(secret, code) if secret is not None else None
        if step is None:
            raise Invalid(fields={"code": WRONG_CODE})
        await store.enable_factor(tx, account.id, step, [second_factor.recovery_digest(code) for code in codes])
        await end_sessions(tx, account.id, keep=actor.session_id)
        await tx.audit(actor, "account.second_factor_enabled", f"account/{account.id}")
        session = await rotate_session(tx, actor.session_id)
    return Enrolled(recovery_codes=codes, session=session)


async def renew_recovery_codes(database: Database, identity: Identity, actor: Actor, *, current: str) -> list[str]:
    """New codes; the former ones are void. Raises `Invalid` (field `current`)."""
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
    await check_own_password(database, identity, account, current)
    codes = second_factor.new_recovery_codes()
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        if not account.has_second_factor:
            raise Conflict("This account has no second factor")
        await store.set_recovery_codes(tx, account.id, [second_factor.recovery_digest(code) for code in codes])
        await tx.audit(actor, "account.recovery_codes_renewed", f"account/{account.id}")
    return codes


async def disable_second_factor(
    database: Database, identity: Identity, actor: Actor, *, current: str
) -> NewSession | None:
    """Raises `Invalid` (field `current`). Where a second factor is required, the roles fall asleep."""
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
    await check_own_password(database, identity, account, current)
    async with database.transaction() as tx:
        account = await access_own_account(tx, actor)
        await store.disable_factor(tx, account.id)
        await end_sessions(tx, account.id, keep=actor.session_id)
        await tx.audit(actor, "account.second_factor_disabled", f"account/{account.id}")
        return await rotate_session(tx, actor.session_id)
