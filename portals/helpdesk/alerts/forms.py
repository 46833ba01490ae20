"""The form of the bell, and that of a screen's address."""

from collections.abc import Sequence
from typing import Final

import wtforms
from wtforms import validators

from app.forms import Form
from app.i18n import _
from portals.helpdesk.alerts.model import PLAIN, Bell, BellDraft, BellQueue, Ring, Tone
from portals.helpdesk.sla.forms import DAYS, WEEKDAYS, Choices, Readable
from portals.helpdesk.sla.hours import hours_text, read_hours
from portals.helpdesk.sla.rules import ROUND_THE_CLOCK

HOURS_HINT: Final = _("For instance 7:30–15:30, or 8–12, 12:30–16; 24h: all day. Empty: silent")
RING_WORDS: Final[dict[Ring, str]] = {
    "new": _("New tickets"),
    "moved": _("Tickets moved to the queue"),
    "answers_mine": _("Answers in tickets that are mine"),
    "answers_any": _("Answers in all tickets of the queue"),
    "alarms": _("Warnings and missed promises"),
}
TONE_WORDS: Final[dict[Tone, str]] = {
    "bell": _("Bell"),
    "chime": _("Three notes"),
    "knock": _("Knocking"),
    "horn": _("Low horn"),
}
WHICH: Final = (("own", _("Those of my teams, whatever they are")), ("chosen", _("Only these:")))


def _hours(place: int, hint: str = "") -> wtforms.StringField:
    return wtforms.StringField(WEEKDAYS[place], description=hint, validators=[Readable(read_hours)])


class BellForm(Form):
    """What rings, when and how."""

    which = wtforms.RadioField(_("Queues that ring"), choices=list(WHICH))
    queues = Choices(_("Queues"), coerce=int, validate_choice=False)
    rings = Choices(_("What rings"), choices=list(RING_WORDS.items()))
    hours_0 = _hours(0, HOURS_HINT)
    hours_1 = _hours(1)
    hours_2 = _hours(2)
    hours_3 = _hours(3)
    hours_4 = _hours(4)
    hours_5 = _hours(5)
    hours_6 = _hours(6)
    holidays_off = wtforms.BooleanField(_("Silent on public holidays"))
    sound = wtforms.BooleanField(_("With a sound"))
    tone = wtforms.SelectField(_("Which sound"), choices=list(TONE_WORDS.items()))
    volume = wtforms.IntegerField(
        _("How loud"), validators=[validators.NumberRange(1, 100, _("Between 1 and 100 percent"))]
    )
    notify = wtforms.BooleanField(
        _("A notice on the screen, while the page lies behind others"),
        description=_("The browser asks once whether it may."),
    )
    push = wtforms.BooleanField(
        _("A notice on my devices, while no page is open"),
        description=_("Within the hours above, on the devices that are on in «My account», «Notifications»."),
    )


class WallboardForm(Form):
    """A new address."""

    name = wtforms.StringField(
        _("Where the screen hangs"), description=_("For instance: the helpdesk's room"), render_kw={"maxlength": 80}
    )
    queues = Choices(_("Queues it shows"), description=_("None chosen: all"), coerce=int, validate_choice=False)


def fill_bell(form: BellForm, bell: Bell, queues: Sequence[BellQueue]) -> None:
    """Shows what is set."""
    form.which.data = "own" if bell.queues is None else "chosen"
    form.queues.data = [one.id for one in queues if one.rings]
    form.rings.data = list(bell.rings)
    for place in DAYS:
        form[f"hours_{place}"].data = "24h" if bell.hours[place] == ROUND_THE_CLOCK else hours_text(bell.hours[place])
    for name in PLAIN:
        form[name].data = getattr(bell, name)


def bell_draft(form: BellForm) -> BellDraft:
    """What a sent and valid form says."""
    return BellDraft(
        queues=list(form.queues.data or []) if form.which.data == "chosen" else None,
        rings=[one for one in RING_WORDS if one in (form.rings.data or [])],
        hours=[(form[f"hours_{place}"].data or "")[:400] for place in DAYS],
        holidays_off=bool(form.holidays_off.data),
        sound=bool(form.sound.data),
        tone=next((one for one in TONE_WORDS if one == form.tone.data), "bell"),
        volume=form.volume.data or 60,
        notify=bool(form.notify.data),
        push=bool(form.push.data),
    )
