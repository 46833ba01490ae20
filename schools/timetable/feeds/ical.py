"""Writes a timetable as iCalendar (RFC 5545). Pure.

A lesson keeps its UID whatever becomes of it: school, day, hour and class (or group) make it, not the entry, which is
another one in each version of the timetable. Its SEQUENCE goes up with each change. Cancelled lessons stay, as
CANCELLED, since a calendar that merely loses an event does not tell anybody.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from app.i18n import Locale, _
from schools.timetable.feeds.model import Contents, DatedDuty
from schools.timetable.model import Planned

REFRESH: Final = "PT15M"


def calendar_of(contents: Contents, locale: Locale) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Gryf//timetable//PL")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", contents.name)
    calendar.add("x-wr-timezone", contents.time_zone)
    calendar.add("x-published-ttl", REFRESH)
    zone = ZoneInfo(contents.time_zone)
    used: Counter[str] = Counter()
    for one in contents.lessons:
        uid = _uid(contents.school_id, one)
        used[uid] += 1
        # two lessons of one class at one hour, where the timetable says so
        local = uid if used[uid] == 1 else f"{uid}-{used[uid]}"
        calendar.add_component(_lesson(contents, one, local, zone, locale))
    for duty in contents.duties:
        calendar.add_component(_duty(contents, duty, zone, locale))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _uid(school_id: int, one: Planned) -> str:
    who = f"c{one.class_id}" if one.class_id is not None else f"g{one.group_id}"
    return f"s{school_id}-{one.on_date:%Y%m%d}-{one.period}-{who}"


def _lesson(contents: Contents, one: Planned, uid: str, zone: ZoneInfo, locale: Locale) -> Event:
    stamp = contents.stamps.get((one.entry_id, one.on_date))
    event = Event()
    event.add("uid", f"{uid}@gryf")
    event.add("sequence", stamp.rev if stamp else 0)
    event.add("dtstamp", _whole(stamp.at if stamp else contents.made_at))
    event.add("dtstart", one.starts_at.astimezone(zone))
    event.add("dtend", one.ends_at.astimezone(zone))
    gone = one.cancelled or (contents.staff_id is not None and one.absent_id == contents.staff_id)
    event.add("summary", _summary(contents, one, locale))
    if one.room:
        event.add("location", locale.filled(_("room %(room)s"), {"room": one.room}))
    words = _words(contents, one, locale)
    if words:
        event.add("description", "\n".join(words))
    event.add("status", "CANCELLED" if gone else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if gone else "OPAQUE")
    return event


def _summary(contents: Contents, one: Planned, locale: Locale) -> str:
    what = f"{one.class_name}: {one.subject}" if contents.staff_id is not None else one.subject
    if one.cancelled:
        return locale.filled(_("Cancelled: %(what)s"), {"what": what})
    if contents.staff_id is not None and one.absent_id == contents.staff_id:
        return locale.filled(_("Taken by %(name)s: %(what)s"), {"name": one.staff, "what": what})
    if one.kind in {"substitution", "joint"}:
        return locale.filled(_("Substitution: %(what)s"), {"what": what})
    return what


def _words(contents: Contents, one: Planned, locale: Locale) -> list[str]:
    found = []
    if contents.staff_id is None:
        found.append(one.staff)
    if one.absent:
        found.append(locale.filled(_("for %(name)s"), {"name": one.absent}))
    if one.note:
        found.append(one.note)
    return found


def _duty(contents: Contents, one: DatedDuty, zone: ZoneInfo, locale: Locale) -> Event:
    event = Event()
    event.add("uid", f"s{contents.school_id}-{one.on_date:%Y%m%d}-duty-{one.duty.id}@gryf")
    event.add("dtstamp", _whole(contents.made_at))
    event.add("dtstart", one.starts_at.astimezone(zone))
    event.add("dtend", one.ends_at.astimezone(zone))
    event.add("summary", locale.filled(_("Duty: %(place)s"), {"place": one.duty.place}))
    if one.duty.stand_in_id is not None:
        event.add("description", locale.filled(_("for %(name)s"), {"name": one.duty.staff}))
    return event


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
