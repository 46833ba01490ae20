"""Who may write to whom, and what becomes of it: a talk or a broadcast. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from app.errors import Invalid
from app.files.sniff import DOCUMENTS, IMAGES
from app.i18n import _
from schools.messages.model import Draft, Person, PersonKind, ThreadKind
from schools.structure.model import Member

ACCEPTED: Final = DOCUMENTS | IMAGES
FILE_BYTES: Final = 10_000_000
MOST_FILES: Final = 5
MOST_IN_TALK: Final = 20
"""Staff who read one another; more than that get a broadcast."""
REMIND_AFTER: Final = timedelta(hours=1)


class Address(msgspec.Struct, frozen=True):
    """What `Draft.to` says, taken apart. `side`: of a class, a group or the school."""

    kind: str
    id: int = 0
    side: str = ""


def address(text: str) -> Address | None:
    """None where it means nothing."""
    kind, *rest = text.split(":")
    if kind == "school" and rest in (["staff"], ["guardians"], ["pupils"]):
        return Address(kind, 0, rest[0])
    if kind in {"class", "group"} and len(rest) == 2 and _number(rest[0]) and rest[1] in {"guardians", "pupils"}:
        return Address(kind, int(rest[0]), rest[1])
    if kind in {"staff", "pupil", "guardian", "parents"} and len(rest) == 1 and _number(rest[0]):
        return Address(kind, int(rest[0]))
    return None


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def can_write(sender: PersonKind, recipient: PersonKind, *, pupils_write: bool) -> bool:
    """Staff to everybody; parents to staff, never to other parents; pupils to staff where the school says so.

    Which of the staff a family may write to, and which families a teacher, is asked of the database.
    """
    if sender == "staff":
        return True
    if recipient != "staff":
        return False
    return sender == "guardian" or pupils_write


def can_broadcast(member: Member, sides: Iterable[Address], classes: Iterable[int], groups: Iterable[int]) -> bool:
    """To a whole class or group: who teaches it or is its homeroom teacher; to the school: principal and office.

    `classes`, `groups`: the sender's own ones.
    """
    if member.has("principal", "secretary"):
        return True
    own_classes, own_groups = set(classes), set(groups)
    for one in sides:
        if one.kind == "school" and one.side != "staff":
            return False
        if one.kind == "class" and one.id not in own_classes and not member.has("counsellor"):
            return False
        if one.kind == "group" and one.id not in own_groups and not member.has("counsellor"):
            return False
    return member.staff_id is not None


def kind_of(sender: PersonKind, recipients: Sequence[Person], *, to_confirm: bool, audience: str) -> ThreadKind:
    """A talk is between two, or among staff; all else is a broadcast, so that no parent reads another."""
    if to_confirm or audience:
        return "broadcast"
    if len(recipients) == 1:
        return "talk"
    among_staff = sender == "staff" and all(one.kind == "staff" for one in recipients)
    return "talk" if among_staff and len(recipients) <= MOST_IN_TALK else "broadcast"


def merged(people: Iterable[Person]) -> list[Person]:
    """Each person once; a guardian of two pupils stands for both."""
    found: dict[str, Person] = {}
    for one in people:
        known = found.get(one.key)
        if known is not None:
            through = sorted({*known.through, *one.through})
            found[one.key] = msgspec.structs.replace(known, through=through)
        else:
            found[one.key] = one
    return list(found.values())


def checked(draft: Draft) -> Draft:
    """Raises `Invalid` beside the field."""
    subject, text = " ".join(draft.subject.split()), draft.text.strip()
    faults = {}
    if not subject:
        faults["subject"] = _("Say in a few words what it is about")
    if not text:
        faults["text"] = _("Write the message first")
    if faults:
        raise Invalid(fields=faults)
    return msgspec.structs.replace(draft, subject=subject, text=text)


def can_remind(reminded_at: datetime | None, now: datetime) -> bool:
    return reminded_at is None or now - reminded_at >= REMIND_AFTER
