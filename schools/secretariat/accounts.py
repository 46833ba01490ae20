"""Giving people of a school their accounts: by a letter, by connecting the one they have, by a code on paper."""

from typing import Final, Literal

import msgspec

from app.actor import SYSTEM, Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.i18n import _
from app.identity import actions as identity_actions
from app.identity import store as identity_store
from app.identity.identity import Identity
from app.identity.model import NewAccount
from app.identity.post import Post
from schools.secretariat import account_store as store
from schools.secretariat import rules
from schools.secretariat.account_store import Person
from schools.secretariat.model import PersonKind
from schools.structure import store as structure
from schools.structure.access import access_office, own_memberships
from schools.structure.model import Member
from schools.structure.rules import plain_letters
from schools.structure.tenancy import school_transaction

Outcome = Literal["invited", "connected", "ask"]
TAKEN: Final = _("Somebody else of this school signs in with this account")
LOGINS_TRIED: Final = 30


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over on paper: the password works until the first sign-in asks for another."""

    name: str
    login: str
    password: str


async def invite(
    database: Database,
    identity: Identity,
    post: Post,
    actor: Actor,
    school_id: int,
    kind: PersonKind,
    person_id: int,
    *,
    confirmed: bool = False,
) -> Outcome:
    """A letter with a link; where the address has an account, that one is connected once it is `confirmed`."""
    async with school_transaction(database, school_id) as tx:
        person = await access_person(tx, actor, school_id, kind, person_id)
        if not person.email:
            raise Invalid("Enter an e-mail address first")
        known = await store.account_with(tx, person.email)
        if known is not None:
            if not known.enabled:
                raise Conflict("The account with this address is closed")
            if not confirmed:
                return "ask"
            await _bind(tx, actor, school_id, kind, person, known.id, "account_connect")
            return "connected"
    created = await _open(database, identity, person, person.email, post)
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        await _bind(tx, actor, school_id, kind, person, created.account.id, "account_invite")
    return "invited"


async def access_person(tx: Tx, actor: Actor, school_id: int, kind: PersonKind, person_id: int) -> Person:
    """Somebody without an account, whom the actor may give one."""
    member = await access_office(tx, actor, school_id)
    person = await store.person(tx, kind, person_id)
    if person is None:
        raise NotFound
    if kind == "staff" and not rules.can_invite_staff(member, person.roles):  # type: ignore[arg-type]  # checked words
        raise Forbidden("The principal invites people with this role")
    if person.account_id is not None:
        raise Conflict("This person has an account already")
    return person


async def codes_of_class(
    database: Database, identity: Identity, actor: Actor, school_id: int, class_id: int
) -> tuple[Member, str, list[Slip]]:
    """Accounts for the pupils of a class who have none, each with a password to hand over; it is told this once."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        school_class = await structure.school_class(tx, class_id)
        if school_class is None:
            raise NotFound
        people = await store.without_account(tx, class_id)
    if not people:
        raise Conflict("Everybody in this class has an account already")
    slips = [await _slip(database, identity, actor, school_id, person) for person in people]
    return member, school_class.name, slips


async def code_of_pupil(
    database: Database, identity: Identity, actor: Actor, school_id: int, pupil_id: int
) -> tuple[Member, list[Slip]]:
    """The same for one pupil; for a lost slip a new password, where the account is this pupil's and nothing else."""
    async with school_transaction(database, school_id) as tx:
        member = await access_office(tx, actor, school_id)
        person = await store.person(tx, "pupil", pupil_id)
        if person is None:
            raise NotFound
        known = None if person.account_id is None else await store.account(tx, person.account_id)
    if known is None:
        return member, [await _slip(database, identity, actor, school_id, person)]
    async with database.transaction() as tx:
        account = await identity_store.account(tx, known.id)
        if account is None:
            raise NotFound
        roles = await identity_store.held_roles(tx, known.id)
        elsewhere = await own_memberships(tx, Actor(account_id=known.id, name=account.name, login=account.login))
    if known.email or roles or any(one.roles or one.is_guardian for one in elsewhere):
        raise Forbidden("This account is not the pupil's alone: its owner asks for a new password on the sign-in page")
    password = await identity_actions.renew_password(database, identity, SYSTEM, known.id)
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        await _audit(tx, actor, "code_again", school_id, f"pupil/{pupil_id}")
    return member, [Slip(name=person.name, login=account.login, password=password)]


async def _slip(database: Database, identity: Identity, actor: Actor, school_id: int, person: Person) -> Slip:
    created = await _open(database, identity, person, None, None)
    async with school_transaction(database, school_id) as tx:
        await access_office(tx, actor, school_id)
        await _bind(tx, actor, school_id, "pupil", person, created.account.id, "account_code")
    return Slip(name=person.name, login=created.account.login, password=created.password or "")


async def _open(
    database: Database, identity: Identity, person: Person, email: str | None, post: Post | None
) -> identity_actions.CreatedAccount:
    """Under the first login that is free: `jan.wrona`, `jan.wrona2` …"""
    words = plain_letters(f"{person.first_name} {person.last_name}").split()
    stem = ".".join("".join(letter for letter in word if letter.isascii() and letter.isalnum()) for word in words)
    stem = stem.strip(".")[:40] or "uczen"
    for number in range(1, LOGINS_TRIED):
        login = stem if number == 1 else f"{stem}{number}"
        new = NewAccount(login=login, name=person.name, email=email)
        try:
            return await identity_actions.create_account(database, identity, SYSTEM, new, post)
        except Invalid as problem:
            if "login" not in problem.fields:
                raise
    raise Conflict("There is no free login for this name")


async def _bind(
    tx: Tx, actor: Actor, school_id: int, kind: PersonKind, person: Person, account_id: int, verb: str
) -> None:
    if not await store.bind(tx, kind, person.id, account_id):
        raise Conflict(TAKEN)
    await _audit(tx, actor, verb, school_id, f"{kind}/{person.id}", account=account_id)


async def _audit(tx: Tx, actor: Actor, verb: str, school_id: int, subject: str, /, **details: object) -> None:
    await tx.audit(actor, f"secretariat.{verb}", f"school/{school_id}/{subject}", **details)
