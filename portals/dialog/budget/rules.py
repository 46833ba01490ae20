"""What a project needs, and who may do what with it when. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from app.i18n import _
from portals.dialog.budget.model import BudgetSettings, CostItem, Project, ProjectDraft, ProjectRow, State
from portals.dialog.model import Author

CHECKS: Final = (
    _("It is a task of the city"),
    _("The ground belongs to the city"),
    _("The cost is estimated fully"),
    _("It is open to everybody"),
    _("The list of supporters is complete"),
)
"""Where the clerk has not written others."""
NEXT: Final[dict[State, frozenset[State]]] = {
    "draft": frozenset({"submitted", "withdrawn"}),
    "submitted": frozenset({"correction", "admitted", "rejected", "withdrawn"}),
    "correction": frozenset({"submitted", "admitted", "rejected", "withdrawn"}),
    "admitted": frozenset({"rejected", "withdrawn"}),
    "rejected": frozenset({"appealed"}),
    "appealed": frozenset({"admitted", "rejected"}),
    "withdrawn": frozenset(),
}
MOST_ITEMS: Final = 40


def settings_faults(settings: BudgetSettings) -> dict[str, str]:
    """Field → message id."""
    faults = {
        name: _("A number from 0 to 1,000,000,000")
        for name in ("city_most_pln", "district_most_pln", "supporters")
        if not 0 <= getattr(settings, name) <= 1_000_000_000
    }
    faults |= {
        name: _("A number from 1 to 90")
        for name in ("correction_days", "appeal_days")
        if not 1 <= getattr(settings, name) <= 90
    }
    if len(settings.checks) > 4000:
        faults["checks"] = _("This is too long: 4,000 characters at most")
    return faults


def checks_of(settings: BudgetSettings) -> list[str]:
    """Points of the formal check: the clerk's words, else message ids."""
    return list(dict.fromkeys(line.strip()[:200] for line in settings.checks.splitlines() if line.strip())) or list(
        CHECKS
    )


def draft_faults(draft: ProjectDraft) -> dict[str, str]:
    """What keeps a draft from being saved: field → message id."""
    limits = {"title": 200, "summary": 300, "description": 10_000, "district": 120, "place": 300}
    faults = {}
    for name, most in limits.items():
        if len(getattr(draft, name)) > most:
            faults[name] = _("This is too long")
    if not draft.title:
        faults["title"] = _("This is needed here")
    if (draft.lat is None) != (draft.lng is None):
        faults["lng"] = _("Write both coordinates, or none")
    if draft.lat is not None and not -90 <= draft.lat <= 90:
        faults["lat"] = _("A latitude lies between -90 and 90")
    if draft.lng is not None and not -180 <= draft.lng <= 180:
        faults["lng"] = _("A longitude lies between -180 and 180")
    if not 0 <= draft.supporters <= 100_000:
        faults["supporters"] = _("A number from 0 to 100,000")
    if len(draft.items) > MOST_ITEMS:
        faults["estimate"] = _("At most 40 lines")
    if cost_of(draft.items) > 1_000_000_000:
        faults["estimate"] = _("This is more than can be counted")
    return faults


def submit_faults(settings: BudgetSettings, project: Project, districts: tuple[str, ...]) -> dict[str, str]:
    """What a project still needs before it is sent in: field → message id."""
    faults = {}
    if len(project.summary) < 10:
        faults["summary"] = _("Say in a sentence what it is")
    if len(project.description) < 50:
        faults["description"] = _("Describe it in at least 50 characters")
    if not project.place:
        faults["place"] = _("Say where it shall be")
    if project.district and districts and project.district not in districts:
        faults["district"] = _("Choose one of these")
    if not project.items or project.cost_pln < 1:
        faults["estimate"] = _("Write what it costs, line by line")
    most = settings.district_most_pln if project.district else settings.city_most_pln
    if most and project.cost_pln > most:
        faults["estimate"] = _("It costs more than a project here may cost")
    if project.supporters < settings.supporters:
        faults["supporters"] = _("The list of supporters is too short yet")
    return faults


def can_change(project: Project, now: datetime) -> bool:
    """The author may write: a draft while projects are taken, and until its day where the office has asked."""
    waiting = project.state == "correction" and project.due_at is not None and now < project.due_at
    return project.state == "draft" or waiting


def can_appeal(project: Project, now: datetime) -> bool:
    """Once, and until the day the office has named."""
    return project.state == "rejected" and project.due_at is not None and now < project.due_at


def can_withdraw(project: Project) -> bool:
    return project.state in {"draft", "submitted", "correction"}


def cost_of(items: tuple[CostItem, ...] | list[CostItem]) -> int:
    return sum(one.cost_pln for one in items)


def read_estimate(text: str) -> tuple[CostItem, ...] | None:
    """Lines such as «Ławki: 12 000». None where one cannot be read."""
    items = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        name, colon, cost = line.rpartition(":")
        digits = "".join(cost.lower().replace("zł", "").split())
        if not colon or not name.strip() or len(name) > 200 or not (digits.isascii() and digits.isdigit()):
            return None
        if len(digits) > 9:
            return None
        items.append(CostItem(name.strip(), int(digits)))
    return tuple(items)


def written_estimate(items: list[CostItem]) -> str:
    return "\n".join(f"{one.name}: {one.cost_pln}" for one in items)


def row_of(project: Project, author: Author, slug: str) -> ProjectRow:
    return ProjectRow(
        id=project.id,
        number=project.number or 0,
        state=project.state,
        title=project.title,
        summary=project.summary,
        district=project.district,
        place=project.place,
        cost_pln=project.cost_pln,
        author=author,
        author_name=author.name,
        path=path_of(slug, project.id),
        rev=project.rev,
    )


def path_of(slug: str, project_id: int) -> str:
    return f"/dialog/{slug}/budget/{project_id}"


def ticked(settings: BudgetSettings, posted: Mapping[str, object]) -> dict[str, bool]:
    """The checklist as it was sent: `check-1`, `check-2` …"""
    return {point: f"check-{number}" in posted for number, point in enumerate(checks_of(settings), start=1)}


def cleaned(draft: ProjectDraft) -> ProjectDraft:
    words = {name: getattr(draft, name).strip() for name in ("title", "summary", "description", "district", "place")}
    return msgspec.structs.replace(draft, **words)
