"""How one comes to an account or back into it: registration, and new passwords by mailed links."""

import secrets
from typing import Final

from app.actor import Actor
from app.database import Database
from app.errors import Forbidden, Invalid, NotFound, TooMany
from app.i18n import _
from app.identity import rules, store
from app.identity.actions.own_account import new_password_problem
from app.identity.identity import Identity
from app.identity.keys import digest, new_token
from app.identity.model import Account, OneTimeToken, Purpose, Visitor
from app.identity.passwords import fold, password_problem
from app.identity.post import Post, send_registered_already, send_registration, send_reset
from app.identity.sessions import end_sessions
from app.throttle import Charge, Limit, network_of, spend

LETTERS_PER_ADDRESS: Final = Limit("letters/address", burst=20, every_s=60)
LETTERS_PER_PERSON: Final = Limit("letters/person", burst=3, every_s=600)
LINK_OVER: Final = _("This link has been used or is too old. Ask for a new one")


async def request_reset(database: Database, identity: Identity, login: str, visitor: Visitor, post: Post) -> None:
    """Mails a link if there is such an account; whether there is, nobody learns. Raises `TooMany` per address."""
    login = rules.login_of(login)
    if not await _may_write(database, login, visitor):
        return
    async with database.transaction() as tx:
        account = await store.account_called(tx, login)
        if account is None or not account.enabled or account.email is None:
            return
        token = new_token()
        await store.add_token(
            tx, digest(token), Purpose.RESET, account.id, account.email, identity.settings.reset_link_s
        )
        await send_reset(tx, post, account, token)
        await tx.audit(Actor(address=visitor.address), "account.reset_requested", f"account/{account.id}")


async def access_link(database: Database, token: str, *purposes: Purpose) -> OneTimeToken:
    """What a mailed link is for, while it works. Raises `NotFound`."""
    async with database.transaction(readonly=True) as tx:
        found = await store.token(tx, digest(token))
    if found is None or found.purpose not in purposes:
        raise NotFound(LINK_OVER)
    return found


async def shortest_for_link(database: Database, identity: Identity, token: str) -> int:
    """How long the password behind a reset or invitation link must be. Raises `NotFound`."""
    link = await access_link(database, token, Purpose.RESET, Purpose.INVITE)
    async with database.transaction(readonly=True) as tx:
        roles = await store.held_roles(tx, link.account_id or 0)
    return identity.shortest_password(staff=identity.is_staff(held.grant for held in roles))


async def reset_password(database: Database, identity: Identity, token: str, new: str, visitor: Visitor) -> Account:
    """Sets the password through a reset or invitation link; the account's sessions end. The second factor stays.

    Raises `NotFound` for a link that is over, `Invalid` (field `new`).
    """
    link = await access_link(database, token, Purpose.RESET, Purpose.INVITE)
    async with database.transaction(readonly=True) as tx:
        account = await store.account(tx, link.account_id or 0)
        roles = [] if account is None else await store.held_roles(tx, account.id)
    if account is None or not account.enabled:
        raise NotFound(LINK_OVER)
    staff = identity.is_staff(held.grant for held in roles)
    problem = new_password_problem(identity, account, new, staff=staff)
    if problem is not None:
        raise Invalid(fields={"new": problem})
    hashed = await identity.passwords.hash(new)
    async with database.transaction() as tx:
        if not await store.take_token(tx, digest(token)):
            raise NotFound(LINK_OVER)
        await store.set_password(tx, account.id, hashed, staff_grade=identity.is_staff_grade(new))
        await store.remove_tokens(tx, account.id)
        await end_sessions(tx, account.id)
        await tx.audit(
            Actor(account_id=account.id, name=account.name, login=account.login, address=visitor.address),
            "account.password_reset",
            f"account/{account.id}",
            by=str(link.purpose),
        )
    return account


async def request_registration(
    database: Database, identity: Identity, email: str, language: str, visitor: Visitor, post: Post
) -> None:
    """Mails a link that opens an account, or tells the owner of the one there is. The answer is always the same.

    Name and password are asked behind the link: nobody can prepare an account for somebody else's address.
    """
    if not identity.settings.self_registration:
        raise Forbidden("Accounts are opened by the office")
    email = rules.login_of(email)
    if not rules.is_email(email):
        raise Invalid(fields={"email": "This is not an e-mail address"})
    if not await _may_write(database, email, visitor):
        return
    async with database.transaction() as tx:
        account = await store.account_called(tx, email)
        if account is not None:
            if account.enabled:
                await send_registered_already(tx, post, account)
            return
        token = new_token()
        await store.add_token(tx, digest(token), Purpose.REGISTER, None, email, identity.settings.invitation_s)
        await send_registration(tx, post, email, language, token)


async def confirm_registration(
    database: Database, identity: Identity, token: str, *, name: str, password: str, language: str, visitor: Visitor
) -> Account:
    """Opens the resident's account behind a registration link. Raises `NotFound`, `Invalid` (`name`, `new`)."""
    link = await access_link(database, token, Purpose.REGISTER)
    name = " ".join(name.split())
    fields = {}
    if not 1 <= len(name) <= 120:
        fields["name"] = _("Enter a name of at most 120 characters")
    about = (name, link.email.partition("@")[0], identity.city)
    problem = password_problem(password, shortest=identity.shortest_password(staff=False), about=about)
    if problem is not None:
        fields["new"] = problem
    if fields:
        raise Invalid(fields=fields)
    hashed = await identity.passwords.hash(password)
    login = f"resident-{secrets.token_hex(6)}"
    async with database.transaction() as tx:
        taken = await store.take_token(tx, digest(token))
        account_id = await store.add_account(
            tx,
            login=login,
            email=link.email,
            name=name,
            language=language if language in identity.languages else identity.languages[0],
            unit_id=None,
            password_hash=hashed,
            staff_grade=identity.is_staff_grade(password),
            must_change_password=False,
            folded=fold(f"{name} {login} {link.email}"),
        )
        account = None if account_id is None else await store.account(tx, account_id)
        if not taken or account is None:
            raise NotFound(LINK_OVER)
        actor = Actor(account_id=account.id, name=account.name, login=account.login, address=visitor.address)
        await tx.audit(actor, "account.registered", f"account/{account.id}")
    return account


async def _may_write(database: Database, who: str, visitor: Visitor) -> bool:
    """Whether one more letter may go to this person; too many from one address raise `TooMany`."""
    await spend(database, Charge(LETTERS_PER_ADDRESS, network_of(visitor.address)))
    try:
        await spend(database, Charge(LETTERS_PER_PERSON, who))
    except TooMany:
        return False  # silently: the answer must not tell that there is somebody to write to
    return True
