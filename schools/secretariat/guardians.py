"""Changing a guardian, and what the guardian may know of one child: from when, until when, as whom."""

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, Invalid, NotFound
from schools.secretariat import guardian_store as store
from schools.secretariat import people_store, rules
from schools.secretariat.model import GuardianDraft, RightFile
from schools.secretariat.people import CHANGED, audit, sign_out
from schools.secretariat.telling import tell_person
from schools.structure.access import access_office
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction


async def access_right(
    tx: Tx, actor: Actor, school_id: int, right_id: int, *, lock: bool = False
) -> tuple[Member, RightFile]:
    """A right in the hands of the office."""
    member = await access_office(tx, actor, school_id)
    found = await store.right_file(tx, right_id, lock=lock)
    if found is None:
        raise NotFound
    return member, found


async def change_right(
    database: Database, actor: Actor, school_id: int, right_id: int, draft: GuardianDraft, rev: int
) -> int:
    """The guardian's data, for all of the guardian's children, and the dates of this right.

    A right that is over by its new end closes the guardian's open pages at once. Returns the pupil.
    """
    async with school_transaction(database, school_id) as tx:
        member, before = await access_right(tx, actor, school_id, right_id, lock=True)
        faults = rules.guardian_faults(draft)
        if "email" not in faults and draft.email:
            owner = await people_store.guardian_with(tx, draft.email)
            if owner is not None and owner.id != before.guardian_id:
                faults["email"] = "Another guardian of this school has this address"
        if draft.since is not None and draft.until is not None and draft.until <= draft.since:
            faults["last_day"] = "The right would end before it begins"
        if faults:
            raise Invalid(fields=faults)
        if await store.overlaps(tx, before, draft.since, draft.until):
            raise Conflict("This guardian has another right to this pupil at that time")
        if not await store.change_guardian(tx, before.guardian_id, draft, rev):
            raise Conflict(CHANGED)
        await store.change_right(tx, right_id, draft.kind, draft.since, draft.until)
        fields = ("first_name", "last_name", "email", "phone")
        changed = [one for one in fields if getattr(before, one) != getattr(draft, one)]
        await audit(
            tx,
            actor,
            "right_change",
            school_id,
            f"pupil/{before.pupil_id}/guardian/{before.guardian_id}",
            fields=changed,
            was={"kind": before.kind, "since": before.since, "until": before.until},
            now={"kind": draft.kind, "since": draft.since, "until": draft.until},
        )
        await tell_person(tx, actor, school_id, "pupil", before.pupil_id)
        over = draft.until is not None and draft.until <= member.today
        if (over or (draft.since is not None and draft.since > member.today)) and before.account_id is not None:
            await sign_out(tx, before.account_id)
        return before.pupil_id
