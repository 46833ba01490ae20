"""What a new consultation begins with: phases and blocks by its template. All of it can be changed."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from app.i18n import Locale, _
from portals.dialog.model import ConsultationDraft, OpenTo, PhaseDraft, ShownAs, Template
from portals.dialog.rules import moments


class KitPhase(msgspec.Struct, frozen=True):
    """A phase to come: its title (a message id), days after the start, days it lasts, kinds of its blocks."""

    title: str
    after_days: int
    lasts_days: int
    kinds: tuple[str, ...] = ()


class Kit(msgspec.Struct, frozen=True, kw_only=True):
    """A template. `always`: kinds of blocks without a phase. Labels are message ids."""

    label: str
    description: str
    legal_basis: str = ""
    open_to: OpenTo = "signed_in"
    shown_as: tuple[ShownAs, ...] = ("name", "pseudonym")
    always: tuple[str, ...] = ("information", "materials")
    phases: tuple[KitPhase, ...] = ()


REPORT: Final = KitPhase(_("What became of it"), 35, 60, ("outcome",))

KITS: Final[dict[Template, Kit]] = {
    "resolution": Kit(
        label=_("Draft of a resolution"),
        description=_("Remarks to paragraphs, discussion, the office's answer to each remark"),
        legal_basis=_("Act on municipal self-government, article 5a"),
        phases=(
            KitPhase(_("Remarks and discussion"), 1, 21, ("remarks", "discussion")),
            KitPhase(_("The office answers"), 22, 14, ("remarks",)),
            REPORT,
        ),
    ),
    "plan": Kit(
        label=_("Spatial plan"),
        description=_("Map, remarks by people, firms and organisations, on paper too"),
        legal_basis=_("Act on spatial planning and development, articles 8i and 8j"),
        shown_as=("name", "pseudonym", "anonymous"),
        phases=(
            KitPhase(_("Remarks to the plan"), 1, 28, ("map", "remarks", "discussion")),
            KitPhase(_("Open meeting"), 10, 1, ("meeting",)),
            REPORT,
        ),
    ),
    "budget": Kit(
        label=_("Participatory budget"),
        description=_("Projects are sent in, checked, voted on"),
        legal_basis=_("Act on municipal self-government, article 5a paragraph 3"),
        open_to="verified",
        phases=(
            KitPhase(_("Sending in projects"), 1, 30, ("budget", "discussion")),
            KitPhase(_("The office checks"), 31, 30),
            KitPhase(_("Voting"), 61, 14, ("ballots",)),
            KitPhase(_("What became of it"), 75, 60, ("outcome",)),
        ),
    ),
    "survey": Kit(
        label=_("Simple survey"),
        description=_("A few questions, results drawn; no account is needed"),
        open_to="everyone",
        always=("information",),
        phases=(KitPhase(_("Survey"), 1, 14, ("surveys",)), REPORT),
    ),
    "meeting": Kit(
        label=_("Live consultation"),
        description=_("A stream with questions, polls and raised hands"),
        phases=(
            KitPhase(_("Questions beforehand"), 1, 7, ("discussion",)),
            KitPhase(_("Meeting"), 8, 1, ("meeting",)),
            KitPhase(_("What became of it"), 9, 30, ("outcome",)),
        ),
    ),
    "empty": Kit(label=_("Empty"), description=_("No phases and no blocks yet"), always=()),
}


def draft_of(kit: Kit, title: str, contact: str, locale: Locale) -> ConsultationDraft:
    return ConsultationDraft(
        title=title,
        open_to=kit.open_to,
        shown_as=kit.shown_as,
        contact=contact,
        legal_basis=locale.gettext(kit.legal_basis),
    )


def phase_draft(phase: KitPhase, now: datetime, zone: ZoneInfo, locale: Locale) -> PhaseDraft:
    """From 8:00 of its first day to 20:00 of its last one, on the city's clocks."""
    first = now.astimezone(zone).date() + timedelta(days=phase.after_days)
    last = first + timedelta(days=phase.lasts_days - 1)
    return PhaseDraft(
        title=locale.gettext(phase.title),
        starts_at=moments(datetime.combine(first, time(8)), zone)[0],
        ends_at=moments(datetime.combine(last, time(20)), zone)[0],
    )
