"""Forms of planning, and an agenda as rows of a form."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import wtforms
from aiohttp import web

from app.database import DATABASE
from app.forms import Form
from app.i18n import _
from app.wire import CITY
from portals.council import store as council_store
from portals.council.model import Committee, ItemDraft, Session, SessionDraft
from portals.council.planning import outline, store

NOT_MINUTES: Final = _("Minutes are between 1 and 1440")


class DetailsForm(Form):
    """What the clerk writes of a session beside its agenda."""

    number = wtforms.StringField(_("Number"), description=_("As in the papers, for instance XXXI"))
    title = wtforms.StringField(_("Title"), validators=[wtforms.validators.InputRequired()])
    committee = wtforms.SelectField(_("Who meets"), validate_choice=False)
    planned_at = wtforms.DateTimeLocalField(
        _("Begins"), format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], validators=[wtforms.validators.InputRequired()]
    )
    place = wtforms.StringField(_("Place"))


class PlanForm(DetailsForm):
    """The same with an agenda to paste."""

    agenda = wtforms.TextAreaField(
        _("Agenda"),
        description=_(
            "Pasted from a document: numbered lines become items, 7.1 and a) sub-items, wrapped lines are joined"
        ),
        render_kw={"rows": 14},
    )


class CallOffForm(Form):
    """Why a session is not held."""

    reason = wtforms.StringField(_("Why it is called off"), validators=[wtforms.validators.InputRequired()])


class Row(msgspec.Struct, frozen=True):
    """An item as the form holds it: what was typed, and what is wrong with it (message ids)."""

    id: int | None
    number: str
    title: str
    depth: int
    minutes: str
    counted: str = ""
    """The number it gets by itself."""
    errors: list[str] = []
    attachments: list[str] = []
    """Lines of the pasted document that name what is attached."""
    debated: bool = False


class AgendaRows(msgspec.Struct, frozen=True):
    """An agenda that is being edited."""

    rows: list[Row]
    drafts: list[ItemDraft]
    faults: list[str]

    @property
    def valid(self) -> bool:
        return not self.faults and not any(row.errors for row in self.rows)


async def committee_choices(request: web.Request, form: DetailsForm, chosen: int | None = None) -> None:
    """Fills the list of bodies: the council, the committees of this term, and the one that is chosen."""
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        term = await council_store.newest_term(tx)
        found: list[Committee] = await store.committees(tx, term.id) if term else []
        if chosen is not None and all(one.id != chosen for one in found):
            past = await store.committee(tx, chosen)
            found += [past] if past else []
    form.committee.choices = [("", form.locale.gettext("The council")), *((str(one.id), one.name) for one in found)]


def fill(form: DetailsForm, session: Session, zone: ZoneInfo) -> None:
    form.number.data, form.title.data, form.place.data = session.number, session.title, session.place
    form.committee.data = str(session.committee_id or "")
    form.planned_at.data = session.planned_at.astimezone(zone).replace(tzinfo=None)


def draft(request: web.Request, form: DetailsForm, items: Sequence[ItemDraft] = ()) -> SessionDraft:
    """What a valid form says; times are the city's."""
    local = form.planned_at.data
    assert local is not None  # the form has validated it
    committee = str(form.committee.data or "")
    return SessionDraft(
        number=" ".join((form.number.data or "").split()),
        title=" ".join((form.title.data or "").split()),
        place=" ".join((form.place.data or "").split()),
        planned_at=local.replace(tzinfo=ZoneInfo(request.app[CITY].time_zone)).astimezone(UTC),
        agenda=[],
        committee_id=int(committee) if committee.isascii() and committee.isdigit() and len(committee) < 18 else None,
        items=list(items),
    )


def posted_rows(values: Any, debated: Iterable[int] = ()) -> AgendaRows:
    """The rows of a form: `item`, `row_number`, `row_title`, `depth`, `minutes`, each as often as there are rows.

    A row without any text is left out: it is what «add» leaves behind.
    """
    columns = [
        [str(value) for value in values.getall(name, [])]
        for name in ("item", "row_number", "row_title", "depth", "minutes")
    ]
    debated_ids = frozenset(debated)
    rows = []
    for item, number, title, depth, minutes in zip(*columns, strict=False):
        if title.strip() or number.strip() or minutes.strip():
            item_id = int(item) if item.isascii() and item.isdigit() and len(item) < 18 else None
            level = int(depth) if depth in {"0", "1", "2"} else 0
            rows.append(
                Row(
                    item_id,
                    number.strip(),
                    " ".join(title.split()),
                    level,
                    minutes.strip(),
                    debated=item_id in debated_ids,
                )
            )
    return checked(rows)


def checked(rows: Sequence[Row]) -> AgendaRows:
    """The rows with counted numbers and with what is wrong beside each."""
    drafts = [ItemDraft(row.title, row.depth, row.number, _minutes(row.minutes), row.id) for row in rows]
    problems: dict[int, list[str]] = {}
    whole = []
    for place, problem in outline.faults(drafts):
        if place is None:
            whole.append(problem)
        else:
            problems.setdefault(place, []).append(problem)
    layout = outline.Layout()
    shown = []
    for index, (row, one) in enumerate(zip(rows, drafts, strict=True)):
        counted, _above = layout.counted(one.depth)
        line = layout.add(one)
        shown.append(msgspec.structs.replace(row, counted=counted, depth=line.depth, errors=problems.get(index, [])))
    return AgendaRows(shown, drafts, whole)


def _minutes(text: str) -> int | None:
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def rows_of(
    drafts: Sequence[ItemDraft], attachments: Mapping[int, list[str]] | None = None, debated: Iterable[int] = ()
) -> AgendaRows:
    """Drafts as rows to be edited; `attachments` by the index of the draft."""
    debated_ids = frozenset(debated)
    return checked(
        [
            Row(
                one.id,
                one.number,
                one.title,
                one.depth,
                str(one.minutes or ""),
                attachments=(attachments or {}).get(index, []),
                debated=one.id in debated_ids,
            )
            for index, one in enumerate(drafts)
        ]
    )
