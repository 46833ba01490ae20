"""Who people are: residents ask, the office checks and decides."""

from collections.abc import Sequence
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from app.feature import Job
from app.i18n import _
from app.identity.post import Post
from app.jobs import part
from app.mail import send_mail
from app.throttle import Charge, Limit, spend
from portals.dialog import participant_store, rules
from portals.dialog.joining import NEEDED, clean
from portals.dialog.model import Verification, VerificationDraft

ASK_LIMIT: Final = Limit("dialog.verification", burst=5, every_s=600)
VERIFIED: Final = _("The office has checked your account")
VERIFIED_TEXT: Final = _(
    "Hello %(name)s,\n\nthe office has checked who you are. You can now take part where that is needed:\n\n%(link)s"
)
REFUSED: Final = _("The office could not check your account")
REFUSED_TEXT: Final = _(
    "Hello %(name)s,\n\n"
    "the office could not check who you are. The reason: %(reason)s\n\n"
    "You can correct your request and send it again:\n\n"
    "%(link)s"
)


class TellVerified(msgspec.Struct, frozen=True):
    """A decision that waits to be told."""

    verification_id: int
    rev: int


async def ask(
    database: Database, actor: Actor, draft: VerificationDraft, districts: Sequence[str] = ()
) -> Verification:
    """Asks the office; asked anew, an earlier decision falls. Raises `Invalid` per field."""
    if actor.account_id is None:
        raise SignInNeeded
    await spend(database, Charge(ASK_LIMIT, f"account/{actor.account_id}"))
    draft = checked(draft, districts)
    async with database.transaction() as tx:
        row = await participant_store.ask_verification(tx, actor.account_id, draft)
        await tx.audit(actor, "resident.ask_verification", f"account/{actor.account_id}", kind=draft.kind)
        return row


async def decide(
    database: Database, actor: Actor, verification_id: int, rev: int, *, verified: bool, reason: str = ""
) -> Verification:
    """The clerk has looked: it is so, or it is not and why. Raises `Conflict` where it was changed meanwhile."""
    reason = clean(reason)
    async with database.transaction() as tx:
        before = await access_verification(tx, actor, verification_id)
        if before.rev != rev:
            raise Conflict
        if before.account_id == actor.account_id:
            raise Forbidden("Somebody else has to do this to your account")
        if not verified and not reason:
            raise Invalid(fields={"reason": "Say why: the person is told"})
        if len(reason) > 500:
            raise Invalid(fields={"reason": "This is too long: 500 characters at most"})
        state = "verified" if verified else "refused"
        row = await participant_store.decide_verification(tx, before.id, state, reason, actor.account_id)
        await tx.enqueue(TELL_VERIFIED, TellVerified(row.id, row.rev))
        await tx.audit(actor, f"resident.{state}", f"account/{row.account_id}", kind=row.kind, district=row.district)
        return row


async def access_verification(tx: Tx, actor: Actor, verification_id: int) -> Verification:
    """A request in the hands of those who decide it, locked."""
    found = await participant_store.verification(tx, verification_id, lock=True)
    if found is None or not rules.can_manage(actor):
        raise NotFound
    return found


def checked(draft: VerificationDraft, districts: Sequence[str]) -> VerificationDraft:
    """The draft as it is kept. Raises `Invalid` per field."""
    draft = msgspec.structs.replace(
        draft,
        full_name=clean(draft.full_name),
        organisation=clean(draft.organisation) if draft.kind != "resident" else "",
        address=clean(draft.address),
        note=draft.note.strip(),
    )
    fields: dict[str, str] = {}
    if not draft.full_name:
        fields["full_name"] = NEEDED
    if draft.kind != "resident" and not draft.organisation:
        fields["organisation"] = NEEDED
    if districts and draft.district not in districts:
        fields["district"] = _("Choose one of these")
    for name, most in (("full_name", 200), ("organisation", 200), ("address", 300), ("note", 1000)):
        if len(getattr(draft, name)) > most:
            fields[name] = _("This is too long")
    if fields:
        raise Invalid(fields=fields)
    return draft


async def _tell(database: Database, payload: TellVerified) -> None:
    """A second run finds the decision told: the letter's transaction has counted the row."""
    post = part(Post)
    async with database.transaction() as tx:
        row = await participant_store.verification(tx, payload.verification_id, lock=True)
        if row is None or row.rev != payload.rev or not row.email or row.state == "asked":
            return
        language = await participant_store.language_of(tx, row.account_id)
        locale = post.locales.get(language)
        subject, text = (VERIFIED, VERIFIED_TEXT) if row.state == "verified" else (REFUSED, REFUSED_TEXT)
        page = "/dialog" if row.state == "verified" else "/dialog/verification"
        values = {"name": row.full_name, "reason": row.reason, "link": post.origin + page}
        await send_mail(
            tx,
            to=row.email,
            subject=f"{locale.gettext(subject)} · {post.city.name}",
            text=f"{locale.filled(text, values)}\n\n{post.city.office}\n",
        )
        await participant_store.count_verification(tx, row.id)


TELL_VERIFIED = Job(name="dialog.tell_verified", payload=TellVerified, run=_tell)
