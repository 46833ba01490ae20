"""What is wrong with an outage that somebody declares, what people are told, and how days are drawn. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from app.i18n import _
from portals.helpdesk.outages.model import Notice, Outage, OutageDraft, PublicNotice, Update
from portals.helpdesk.rules import NEEDED, TOO_LONG, clean, one_line, plain_words

BANNER_AHEAD: Final = timedelta(hours=48)
"""So long before planned maintenance a line stands on every page."""
FURTHEST: Final = timedelta(days=366)
BACK: Final = timedelta(days=30)
HISTORY_DAYS: Final = 90
MOST_ALARMS: Final = 2
OVERDUE: Final = timedelta(minutes=15)
"""After the expected end."""
ASKED_BEFORE: Final = timedelta(minutes=15)
"""So long before planned work ends by itself, whoever planned it is asked; of a short one in its last quarter."""
LONG_TITLE: Final = _("This is too long: 120 characters at most")
LONG_TEXT: Final = _("This is too long: 2,000 characters at most")


def tidied(draft: OutageDraft) -> OutageDraft:
    """Texts as they are kept."""
    words = [plain for one in draft.words if (plain := plain_words(one))]
    return msgspec.structs.replace(
        draft,
        title=one_line(draft.title),
        text=clean(draft.text),
        room=one_line(draft.room),
        words=list(dict.fromkeys(words)),
        unit_ids=[] if draft.everywhere else sorted(set(draft.unit_ids)),
        unit_kinds=[] if draft.everywhere else sorted(set(draft.unit_kinds)),
    )


def faults(draft: OutageDraft, now: datetime, before: Outage | None = None) -> dict[str, str]:
    """By field. `before`: the outage that is changed."""
    found: dict[str, str] = {}
    if not draft.title:
        found["title"] = NEEDED
    elif len(draft.title) > 120:
        found["title"] = LONG_TITLE
    if len(draft.text) > 2000:
        found["text"] = LONG_TEXT
    if len(draft.room) > 80:
        found["room"] = TOO_LONG[80]
    if not (draft.everywhere or draft.unit_ids or draft.unit_kinds):
        found["unit_ids"] = _("Say whom it hits: units, kinds of units, or all of them")
    return found | _moment_faults(draft, now, before)


def _moment_faults(draft: OutageDraft, now: datetime, before: Outage | None) -> dict[str, str]:
    found: dict[str, str] = {}
    starts = draft.starts_at or (before.starts_at if before else now)
    moments = {"starts_at": draft.starts_at, "expected_end": draft.expected_end}
    for name, moment in moments.items():
        if moment is not None and (moment.tzinfo is None or abs(moment - now) > FURTHEST):
            found[name] = _("This moment cannot be used")
    if found:
        return found
    moved = before is None or starts != before.starts_at
    if draft.kind == "planned" and moved and starts <= now:
        found["starts_at"] = _("Planned work begins later: choose a moment to come")
    elif draft.kind == "incident" and moved and starts > now + timedelta(minutes=1):
        found["starts_at"] = _("An outage has begun already: for work to come choose planned maintenance")
    elif moved and starts < now - BACK:
        found["starts_at"] = _("This is more than 30 days ago")
    if draft.kind == "planned" and draft.expected_end is None:
        found["expected_end"] = _("Say until when it is planned")
    elif draft.expected_end is not None and draft.expected_end <= starts:
        found["expected_end"] = _("The end comes after the beginning")
    return found


def update_fault(text: str) -> str:
    if not text:
        return _("Write something first")
    return LONG_TEXT if len(text) > 2000 else ""


def notice(outage: Outage, updates: Sequence[Update]) -> Notice:
    """As those whom it hits are told."""
    news = next((one.text for one in reversed(updates) if one.kind == "update" and one.text), "")
    names = set(Notice.__struct_fields__) - {"news"}
    return Notice(news=news, **{name: getattr(outage, name) for name in names})


def public_notice(outage: Outage, updates: Sequence[Update]) -> PublicNotice:
    """Residents do not read who wrote what."""
    own = {"service", "updates"}
    return PublicNotice(
        service=outage.service_name or outage.category_name,
        updates=[msgspec.structs.replace(one, author_name="") for one in updates if one.kind != "changed" or one.text],
        **{name: getattr(outage, name) for name in PublicNotice.__struct_fields__ if name not in own},
    )


def on_banner(shown: Notice, now: datetime) -> bool:
    """Planned work is not told on every page weeks ahead."""
    return shown.state == "running" or (shown.state == "announced" and shown.starts_at - now <= BANNER_AHEAD)


def alarm(
    outage: Outage, alarms: int, now: datetime, *, ticket_open: bool
) -> Literal["silent", "overdue", "ending", "solved"] | None:
    """What the helpdesk must be told of an outage that runs. `alarms`: how often it was since the last update.

    Of planned work everybody knows how long it takes: nothing but its end is asked for.
    """
    if outage.state != "running" or alarms >= MOST_ALARMS:
        return None
    if not ticket_open:
        return "solved" if alarms == 0 else None
    if asked := asked_at(outage):
        return "ending" if alarms == 0 and now >= asked else None
    if outage.update_every_min is None:
        return None
    if now >= outage.updated_at + timedelta(minutes=outage.update_every_min) * (alarms + 1):
        return "silent"
    if alarms == 0 and outage.expected_end is not None and now >= outage.expected_end + OVERDUE:
        return "overdue"
    return None


def next_alarm(outage: Outage, alarms: int) -> datetime | None:
    """When `alarm` should be asked again; None: no sooner than something changes."""
    if outage.state == "announced":
        return outage.starts_at
    if outage.state == "running" and (asked := asked_at(outage)):
        return asked if alarms == 0 else outage.expected_end
    if outage.state != "running" or alarms >= MOST_ALARMS or outage.update_every_min is None:
        return None
    silent = outage.updated_at + timedelta(minutes=outage.update_every_min) * (alarms + 1)
    overdue = outage.expected_end + OVERDUE if alarms == 0 and outage.expected_end else silent
    return min(silent, overdue)


def ends_by_itself(outage: Outage) -> bool:
    """Planned work is over when it was said to be, unless somebody says otherwise; without an end it goes on."""
    return outage.kind == "planned" and outage.state == "running" and outage.expected_end is not None


def asked_at(outage: Outage) -> datetime | None:
    """When whoever planned it is asked whether it takes longer; None: it does not end by itself."""
    if not ends_by_itself(outage) or outage.expected_end is None:
        return None
    return outage.expected_end - min(ASKED_BEFORE, abs(outage.expected_end - outage.updated_at) / 4)


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a service: minutes without it, and minutes of planned work, on the city's clocks."""

    day: date
    lost_min: int
    planned_min: int
    titles: list[str]

    @property
    def level(self) -> int:
        """0 fine, 1 planned, 2 up to an hour, 3 up to four, 4 more."""
        if self.lost_min == 0:
            return 1 if self.planned_min else 0
        return 2 if self.lost_min <= 60 else 3 if self.lost_min <= 240 else 4


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A service through the days, the oldest first."""

    service: str
    days: list[Day]
    share: float
    """Of the time in which it worked."""


def histories(notices: Sequence[PublicNotice], now: datetime, zone: ZoneInfo) -> list[History]:
    """Of each service of which something is public, by name."""
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(HISTORY_DAYS - 1, -1, -1)]
    by_service: dict[str, list[PublicNotice]] = {}
    for one in notices:
        if one.state in {"running", "ended"}:
            by_service.setdefault(one.service, []).append(one)
    return [_history(name, by_service[name], days, now, zone) for name in sorted(by_service, key=_last)]


def _last(service: str) -> tuple[bool, str]:
    return service == "", service.casefold()


def _history(
    service: str, notices: Sequence[PublicNotice], days: Sequence[date], now: datetime, zone: ZoneInfo
) -> History:
    drawn = []
    for day in days:
        begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        following = day + timedelta(days=1)
        ends = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
        hits = [one for one in notices if one.starts_at < ends and (one.ended_at or now) > begins]
        spans: Mapping[str, list[tuple[datetime, datetime]]] = {
            kind: [(max(one.starts_at, begins), min(one.ended_at or now, ends)) for one in hits if one.kind == kind]
            for kind in ("incident", "planned")
        }
        drawn.append(
            Day(
                day=day,
                lost_min=minutes_of(spans["incident"]),
                planned_min=minutes_of(spans["planned"]),
                titles=[one.title for one in hits],
            )
        )
    whole = HISTORY_DAYS * 1440
    return History(service=service, days=drawn, share=max(0.0, 1 - sum(one.lost_min for one in drawn) / whole))


def minutes_of(spans: Sequence[tuple[datetime, datetime]]) -> int:
    """Of all spans together, where they overlap once; a begun minute counts."""
    total, until = timedelta(), None
    for begins, ends in sorted(spans):
        start = begins if until is None else max(begins, until)
        if ends > start:
            total += ends - start
        until = ends if until is None else max(until, ends)
    return -(-int(total.total_seconds()) // 60)
