"""Who sees which paper when, and what may be written of one. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from app.actor import Actor
from app.i18n import _
from portals.council.model import AgendaItem, Session
from portals.council.papers.model import Paper, PaperDraft
from portals.council.papers.settings import PapersSettings
from portals.council.rules import COUNCILLOR, can_run

MAX_TITLE: Final = 300
MAX_NOTE: Final = 500
MAX_REASON: Final = 300
MAX_PAPERS: Final = 500
KINDS: Final = ("resolution", "justification", "report", "opinion", "minutes", "other")


def is_public(paper: Paper, now: datetime) -> bool:
    """Whether residents see it."""
    return paper.audience == "public" or (paper.public_from is not None and paper.public_from <= now)


def sees_all(actor: Actor) -> bool:
    """Councillors and the office see papers that are not public yet."""
    return can_run(actor) or actor.has(COUNCILLOR)


def can_see(actor: Actor, paper: Paper, now: datetime) -> bool:
    return sees_all(actor) or is_public(paper, now)


def seen_by(actor: Actor, papers: Iterable[Paper], now: datetime) -> list[Paper]:
    return [paper for paper in papers if can_see(actor, paper, now)]


def faults(draft: PaperDraft, items: Sequence[AgendaItem]) -> dict[str, str]:
    """Fields with what is wrong (message ids)."""
    fields: dict[str, str] = {}
    if not draft.title.strip():
        fields["title"] = _("A paper needs a title")
    elif len(draft.title) > MAX_TITLE:
        fields["title"] = _("This is too long: 300 characters at most")
    if draft.audience == "public" and draft.public_from is not None:
        fields["public_from"] = _("A public paper has no day on which it becomes public")
    if draft.item_id is not None and all(item.id != draft.item_id for item in items):
        fields["item"] = _("This item is not in the agenda any more")
    return fields


def title_from(name: str) -> str:
    """A title from a file's name: «uchwala_budzet-2027.pdf» → «uchwala budzet-2027»."""
    stem = name.rpartition(".")[0] or name
    return " ".join(stem.replace("_", " ").split())[:MAX_TITLE]


def late_notice(session: Session, settings: PapersSettings, today: date, begins: date) -> bool:
    """Whether inviting today is later than the statute wants."""
    days = settings.notice_days if session.committee_id is None else settings.committee_notice_days
    return today > begins - timedelta(days=days)


def calls_for_news(before: Session, after: Session) -> bool:
    """Whether whoever was invited must hear: another time, another place, called off, held after all."""
    return (before.planned_at, before.place, before.called_off_at is None) != (
        after.planned_at,
        after.place,
        after.called_off_at is None,
    )


def length_minutes(items: Sequence[AgendaItem], settings: PapersSettings) -> int:
    """How long a session may take: the sum of what is planned where most items say it, else the setting's guess.

    An item with sub-items needs no time of its own.
    """
    parents = {item.parent_id for item in items}
    known = [item.planned_minutes for item in items if item.planned_minutes]
    expected = sum(item.planned_minutes is not None or item.id not in parents for item in items)
    return sum(known) if known and len(known) * 2 > expected else settings.planned_minutes
