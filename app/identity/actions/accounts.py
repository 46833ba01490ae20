"""What administrators do with accounts and roles, and with the organisation's tree."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from app.identity import rules, store
from app.identity.access import (
    AccountFile,
    access_account,
    access_account_to_change,
    access_unit,
    administered_paths,
    city_path,
)
from app.identity.actions.own_account import save_profile
from app.identity.identity import Identity
from app.identity.keys import digest, new_token
from app.identity.model import Account, AccountLine, NewAccount, Purpose, Unit
from app.identity.passwords import fold, password_problem
from app.identity.post import Post, send_invitation
from app.identity.sessions import end_sessions

PAGE = 50
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


class CreatedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """`password` is set where one was made: it is shown this once and must be changed at the first sign-in."""

    account: Account
    password: str | None = None
    invited: bool = False


async def create_account(
    database: Database, identity: Identity, actor: Actor, new: NewAccount, post: Post | None = None
) -> CreatedAccount:
    """Opens an account in a unit the actor administers. With an e-mail address and no password an invitation is sent.

    Raises `Invalid` per field, `NotFound` for a unit out of reach.
    """
    login, email = rules.login_of(new.login), rules.login_of(new.email or "") or None
    name = " ".join(new.name.split())
    invited = new.password is None and email is not None and post is not None
    made = None if invited or new.password is not None else new_password()
    password = new.password if new.password is not None else made
    _check_new(identity, new, login, email, name)
    hashed = await identity.passwords.hash(password) if password is not None else None
    async with database.transaction() as tx:
        await _access_home(tx, actor, new.unit_id)
        account_id = await store.add_account(
            tx,
            login=login,
            email=email,
            name=name,
            language=new.language,
            unit_id=new.unit_id,
            password_hash=hashed,
            staff_grade=password is not None,
            must_change_password=made is not None or new.must_change_password,
            folded=fold(f"{name} {login} {email or ''}"),
        )
        if account_id is None:
            if await store.login_taken(tx, login):
                raise Invalid(fields={"login": "This login is taken"})
            raise Invalid(fields={"email": "Another account has this address"})
        account = await store.account(tx, account_id)
        assert account is not None
        if invited and post is not None:
            await _invite(tx, identity, account, post)
        await tx.audit(actor, "account.create", f"account/{account_id}", login=login, unit=new.unit_id)
    return CreatedAccount(account=account, password=made, invited=invited)


async def list_accounts(
    database: Database, actor: Actor, *, text: str = "", role: str = "", page: int = 1
) -> tuple[list[AccountLine], bool]:
    """A page of the accounts that the actor may see, and whether there is another one."""
    async with database.transaction(readonly=True) as tx:
        paths = administered_paths(actor)
        lines = await store.accounts_within(
            tx,
            paths=paths,
            strangers=await city_path(tx) in paths,
            words=fold(text).split(),
            role=role,
            offset=(page - 1) * PAGE,
            limit=PAGE + 1,
        )
    return lines[:PAGE], len(lines) > PAGE


async def show_account(database: Database, actor: Actor, account_id: int) -> AccountFile:
    async with database.transaction() as tx:
        return await access_account(tx, actor, account_id)


async def change_account(
    database: Database, identity: Identity, actor: Actor, account_id: int, *, name: str, email: str | None, rev: int
) -> None:
    """Raises `Invalid` per field and `Conflict`."""
    async with database.transaction() as tx:
        account = (await access_account_to_change(tx, actor, account_id)).account
        await save_profile(tx, identity, account, name=name, email=email, language=account.language, rev=rev)
        if email != account.email:
            await store.remove_tokens(tx, account.id)
        await tx.audit(actor, "account.change", f"account/{account_id}", name=name)


async def disable_account(database: Database, actor: Actor, account_id: int) -> None:
    """Its sessions end at once."""
    async with database.transaction() as tx:
        account = (await access_account_to_change(tx, actor, account_id)).account
        if not rules.can_disable(actor, account):
            raise Forbidden("Somebody else has to do this to your account")
        await store.set_disabled(tx, account_id, disabled=True)
        await store.remove_tokens(tx, account_id)
        await end_sessions(tx, account_id)
        await tx.audit(actor, "account.disable", f"account/{account_id}")


async def enable_account(database: Database, actor: Actor, account_id: int) -> None:
    async with database.transaction() as tx:
        await access_account_to_change(tx, actor, account_id)
        await store.set_disabled(tx, account_id, disabled=False)
        await tx.audit(actor, "account.enable", f"account/{account_id}")


async def renew_password(
    database: Database, identity: Identity, actor: Actor, account_id: int, *, drop_second_factor: bool = False
) -> str:
    """A password to hand over, to be changed at the first sign-in. `drop_second_factor` for a lost telephone."""
    made = new_password()
    hashed = await identity.passwords.hash(made)
    async with database.transaction() as tx:
        await access_account_to_change(tx, actor, account_id)
        await store.set_password(tx, account_id, hashed, staff_grade=True, must_change=True)
        await store.remove_tokens(tx, account_id)
        if drop_second_factor:
            await store.disable_factor(tx, account_id)
        await end_sessions(tx, account_id)
        await tx.audit(
            actor, "account.password_renewed", f"account/{account_id}", second_factor_dropped=drop_second_factor
        )
    return made


async def grant_role(
    database: Database,
    identity: Identity,
    actor: Actor,
    account_id: int,
    *,
    role: str,
    unit_id: int,
    expires_at: datetime | None = None,
) -> None:
    """Gives a role in a unit that the actor administers; the account's sessions end, so that it acts anew at once.

    Raises `Invalid` (`role`, `expires_at`), `NotFound` for an account or unit out of reach.
    """
    if role not in identity.roles:
        raise Invalid(fields={"role": "There is no such role"})
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise Invalid(fields={"expires_at": "Choose a day to come"})
    async with database.transaction() as tx:
        file = await access_account(tx, actor, account_id)
        unit = await access_unit(tx, actor, unit_id)
        if not rules.can_grant(actor, unit.path):
            raise Forbidden
        await store.add_grant(tx, file.account.id, role, unit.id, actor.account_id, expires_at)
        await end_sessions(tx, account_id)
        await tx.audit(
            actor,
            "role.grant",
            f"account/{account_id}",
            role=role,
            unit=unit.path,
            until=expires_at.isoformat() if expires_at else None,
        )


async def revoke_role(database: Database, actor: Actor, account_id: int, grant_id: int) -> None:
    """Takes a role away; the account's sessions end."""
    async with database.transaction() as tx:
        await access_account(tx, actor, account_id)
        held = await store.held_role(tx, grant_id)
        if held is None or held.account_id != account_id:
            raise NotFound
        if not rules.can_revoke(actor, held):
            raise Forbidden("This role is in other hands")
        await store.remove_grant(tx, grant_id)
        await end_sessions(tx, account_id)
        await tx.audit(actor, "role.revoke", f"account/{account_id}", role=held.role, unit=held.unit_path)


def new_password() -> str:
    """Four groups of four letters and digits: 79 bits, and it can be read out on the telephone."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


async def find_account(database: Database, login: str) -> Account:
    """By login or e-mail address, for the command line. Raises `NotFound`."""
    async with database.transaction(readonly=True) as tx:
        account = await store.account_called(tx, rules.login_of(login))
    if account is None:
        raise NotFound
    return account


async def _access_home(tx: Tx, actor: Actor, unit_id: int | None) -> Unit | None:
    if unit_id is not None:
        return await access_unit(tx, actor, unit_id)
    if actor != SYSTEM and not rules.can_administer_unit(actor, await city_path(tx)):
        raise Invalid(fields={"unit_id": "Choose the unit that this account belongs to"})
    return None


async def _invite(tx: Tx, identity: Identity, account: Account, post: Post) -> None:
    if account.email is None:
        raise Conflict("This account has no e-mail address")
    token = new_token()
    await store.add_token(tx, digest(token), Purpose.INVITE, account.id, account.email, identity.settings.invitation_s)
    await send_invitation(tx, post, account, token)


def _check_new(identity: Identity, new: NewAccount, login: str, email: str | None, name: str) -> None:
    fields = {}
    if not rules.is_login(login):
        fields["login"] = _("Use 2 to 64 characters: letters a to z, digits, dot, dash, underscore")
    if email is not None and not rules.is_email(email):
        fields["email"] = _("This is not an e-mail address")
    if not 1 <= len(name) <= 120:
        fields["name"] = _("Enter a name of at most 120 characters")
    if new.language not in identity.languages:
        fields["language"] = _("Choose one of the languages")
    if new.password is not None:
        about: Iterable[str] = (login, name, (email or "").partition("@")[0], identity.city)
        problem = password_problem(new.password, shortest=identity.shortest_password(staff=True), about=about)
        if problem is not None:
            fields["password"] = problem
    if fields:
        raise Invalid(fields=fields)
