"""What is expected of working time, computed by hand: a calendar and a wall clock, no program.

Moments are written as the clocks in Warsaw show them, with their distance from UTC: +01:00 in winter, +02:00 in summer.
"""

from datetime import date, datetime
from typing import NamedTuple

from portals.helpdesk.sla.model import Calendar, Hours, Pause, Span, Week
from portals.helpdesk.sla.rules import ROUND_THE_CLOCK

LONG_AGO = date(2020, 1, 1)


def span(text: str) -> Span:
    """`7:30-15:30`."""
    opens, closes = (int(hour) * 60 + int(minute) for hour, minute in (one.split(":") for one in text.split("-")))
    return Span(opens, closes)


def weekdays(hours: Hours, since: date = LONG_AGO) -> Week:
    """Monday to Friday alike, the weekend free."""
    return Week(since, (hours, hours, hours, hours, hours, (), ()))


def every_day(hours: Hours) -> Week:
    return Week(LONG_AGO, (hours,) * 7)


def calendar(*weeks: Week, country: str = "", own_days: dict[date, Hours] | None = None) -> Calendar:
    return Calendar(time_zone="Europe/Warsaw", weeks=weeks, country=country, own_days=own_days or {})


DESK = (span("7:30-15:30"),)
OFFICE = calendar(weekdays(DESK), country="PL")
"""A city hall: Monday to Friday, 7:30 to 15:30, public holidays free."""
LUNCH = calendar(weekdays((span("8:00-12:00"), span("12:30-16:00"))), country="PL")
ALWAYS = calendar(every_day(ROUND_THE_CLOCK))
NIGHT = calendar(every_day((span("0:00-6:00"), span("22:00-24:00"))))
SMALL_HOURS = calendar(every_day((span("1:00-2:30"),)))
NEVER = calendar(weekdays(()))
IN_LIEU = calendar(weekdays(DESK), country="PL", own_days={date(2026, 8, 14): ()})
"""15 August 2026 is a Saturday: the office gives the Friday before instead."""
OPEN_SATURDAY = calendar(weekdays(DESK), country="PL", own_days={date(2026, 12, 12): (span("9:00-13:00"),)})
ON_DUTY = calendar(weekdays(DESK), country="PL", own_days={date(2026, 11, 11): (span("10:00-12:00"),)})
LATER = calendar(weekdays(DESK), weekdays((span("8:00-16:00"),), date(2026, 12, 1)), country="PL")
"""From 1 December 2026 on the office opens half an hour later."""
STORM = calendar(weekdays(DESK), country="PL", own_days={date(2026, 12, 2): ()})
"""Without power on 2 December 2026; entered when the day was over."""


class Due(NamedTuple):
    why: str
    calendar: Calendar
    start: str
    minutes: int
    expected: str | None
    pauses: tuple[tuple[str, str | None], ...] = ()


class Used(NamedTuple):
    why: str
    calendar: Calendar
    start: str
    end: str
    seconds: float
    pauses: tuple[tuple[str, str | None], ...] = ()


class Told(NamedTuple):
    why: str
    calendar: Calendar
    start: str
    minutes: int
    warn_percent: int
    warn: str | None
    due: str | None
    late: str | None
    pauses: tuple[tuple[str, str | None], ...] = ()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def pauses_of(case: Due | Used | Told) -> list[Pause]:
    return [Pause(moment(since), moment(until) if until else None) for since, until in case.pauses]


DUES = [
    # inside and outside of hours
    Due("an hour in the middle of a day", OFFICE, "2026-11-30T09:00+01:00", 60, "2026-11-30T10:00+01:00"),
    Due("half an hour before closing, half after opening", OFFICE, "2026-11-30T15:00+01:00", 60, "2026-12-01T08:00+01:00"),
    Due("used up at closing is due at closing", OFFICE, "2026-11-30T14:30+01:00", 60, "2026-11-30T15:30+01:00"),
    Due("sent before opening counts from opening", OFFICE, "2026-11-30T05:12+01:00", 30, "2026-11-30T08:00+01:00"),
    Due("sent at closing counts from the next day", OFFICE, "2026-11-30T15:30+01:00", 30, "2026-12-01T08:00+01:00"),
    Due("sent in the evening counts from the next day", OFFICE, "2026-11-30T18:45+01:00", 30, "2026-12-01T08:00+01:00"),
    Due("Friday afternoon goes on on Monday", OFFICE, "2026-12-04T15:00+01:00", 60, "2026-12-07T08:00+01:00"),
    Due("sent on Saturday: a day is all of Monday", OFFICE, "2026-12-05T12:00+01:00", 480, "2026-12-07T15:30+01:00"),
    Due("seconds are kept: 30 of them before closing", OFFICE, "2026-11-30T15:29:30+01:00", 1, "2026-12-01T07:30:30+01:00"),
    Due("five days are a week, to its last moment", OFFICE, "2026-11-30T07:30+01:00", 2400, "2026-12-04T15:30+01:00"),
    Due("and a minute more is Monday", OFFICE, "2026-11-30T07:30+01:00", 2401, "2026-12-07T07:31+01:00"),
    Due("said in UTC: half past midnight of Tuesday", OFFICE, "2026-11-30T23:30+00:00", 30, "2026-12-01T08:00+01:00"),
    Due("said in UTC: it is Saturday already", OFFICE, "2026-12-04T23:30+00:00", 30, "2026-12-07T08:00+01:00"),
    Due("a break at noon does not count", LUNCH, "2026-11-30T11:30+01:00", 60, "2026-11-30T13:00+01:00"),
    Due("sent in the break counts from its end", LUNCH, "2026-11-30T12:10+01:00", 30, "2026-11-30T13:00+01:00"),
    Due("used up as the break begins is due then", LUNCH, "2026-11-30T11:00+01:00", 60, "2026-11-30T12:00+01:00"),
    Due("nothing wanted is due at once", OFFICE, "2026-11-30T09:00+01:00", 0, "2026-11-30T09:00+01:00"),
    Due("nothing wanted is due at once, at night too", OFFICE, "2026-11-29T03:00+01:00", 0, "2026-11-29T03:00+01:00"),
    Due("nobody ever works: never", NEVER, "2026-11-30T09:00+01:00", 1, None),
    # holidays
    Due("24, 25 and 26 December 2026 and Sunday are free", OFFICE, "2026-12-23T15:00+01:00", 60, "2026-12-28T08:00+01:00"),
    Due("Christmas Eve is free from 2025 on", OFFICE, "2025-12-23T15:00+01:00", 60, "2025-12-29T08:00+01:00"),
    Due("Christmas Eve of 2024 was a Tuesday of work", OFFICE, "2024-12-23T15:00+01:00", 60, "2024-12-24T08:00+01:00"),
    Due("1 January 2027 is a Friday", OFFICE, "2026-12-31T15:00+01:00", 60, "2027-01-04T08:00+01:00"),
    Due("Epiphany, a Tuesday in 2026", OFFICE, "2026-01-05T15:00+01:00", 60, "2026-01-07T08:00+01:00"),
    Due("Good Friday is a day of work", OFFICE, "2026-04-02T15:00+02:00", 60, "2026-04-03T08:00+02:00"),
    Due("Easter Monday is free", OFFICE, "2026-04-03T15:00+02:00", 60, "2026-04-07T08:00+02:00"),
    Due("1 May 2026 is a Friday, 3 May a Sunday", OFFICE, "2026-04-30T15:00+02:00", 60, "2026-05-04T08:00+02:00"),
    Due("Corpus Christi, the Thursday 4 June 2026", OFFICE, "2026-06-03T15:00+02:00", 60, "2026-06-05T08:00+02:00"),
    Due("a holiday on a Saturday takes no Friday away", OFFICE, "2026-08-13T15:00+02:00", 60, "2026-08-14T08:00+02:00"),
    Due("unless the office gives the Friday instead", IN_LIEU, "2026-08-13T15:00+02:00", 60, "2026-08-17T08:00+02:00"),
    Due("All Saints of 2026 is a Sunday: Monday is worked", OFFICE, "2026-10-30T15:00+01:00", 60, "2026-11-02T08:00+01:00"),
    Due("11 November 2026 is a Wednesday", OFFICE, "2026-11-10T15:00+01:00", 60, "2026-11-12T08:00+01:00"),
    Due("somebody is on duty on 11 November, from 10", ON_DUTY, "2026-11-10T15:00+01:00", 60, "2026-11-11T10:30+01:00"),
    Due("a Saturday is worked off from 9 on", OPEN_SATURDAY, "2026-12-11T15:00+01:00", 60, "2026-12-12T09:30+01:00"),
    Due("round the clock knows no holiday", ALWAYS, "2026-12-24T23:00+01:00", 180, "2026-12-25T02:00+01:00"),
    # the clocks are changed
    Due("noon to noon has 23 hours in March", ALWAYS, "2026-03-28T12:00+01:00", 23 * 60, "2026-03-29T12:00+02:00"),
    Due("so 24 hours end at one", ALWAYS, "2026-03-28T12:00+01:00", 24 * 60, "2026-03-29T13:00+02:00"),
    Due("noon to noon has 25 hours in October", ALWAYS, "2026-10-24T12:00+02:00", 25 * 60, "2026-10-25T12:00+01:00"),
    Due("so 24 hours end at eleven", ALWAYS, "2026-10-24T12:00+02:00", 24 * 60, "2026-10-25T11:00+01:00"),
    Due("from 1:30 over the hour that is not there", ALWAYS, "2026-03-29T01:30+01:00", 60, "2026-03-29T03:30+02:00"),
    Due("half past two comes twice, an hour apart", ALWAYS, "2026-10-25T02:30+02:00", 60, "2026-10-25T02:30+01:00"),
    Due("the weekend of March shifts no hour of work", OFFICE, "2026-03-27T15:00+01:00", 60, "2026-03-30T08:00+02:00"),
    Due("nor does the one of October", OFFICE, "2026-10-23T15:00+02:00", 60, "2026-10-26T08:00+01:00"),
    Due("the night shift of March has 7 hours", NIGHT, "2026-03-28T22:00+01:00", 7 * 60, "2026-03-29T06:00+02:00"),
    Due("that of October has 9: 7 are over at four", NIGHT, "2026-10-24T22:00+02:00", 7 * 60, "2026-10-25T04:00+01:00"),
    Due("1:00 to 2:30 is an hour that night", SMALL_HOURS, "2026-03-29T00:00+01:00", 60, "2026-03-29T03:00+02:00"),
    Due("its second half hour waits for the next night", SMALL_HOURS, "2026-03-29T00:00+01:00", 70, "2026-03-30T01:10+02:00"),
    Due("90 minutes, closed until three, then 2:00 again", SMALL_HOURS, "2026-10-25T00:00+02:00", 100, "2026-10-25T02:10+01:00"),
    # midnight and ends of years
    Due("no minute is lost at midnight", ALWAYS, "2026-11-30T23:59+01:00", 2, "2026-12-01T00:01+01:00"),
    Due("due at midnight itself", ALWAYS, "2026-11-30T23:00+01:00", 60, "2026-12-01T00:00+01:00"),
    Due("a week of seven days round the clock", ALWAYS, "2026-11-30T00:00+01:00", 7 * 1440, "2026-12-07T00:00+01:00"),
    Due("the year ends in between", ALWAYS, "2026-12-31T23:30+01:00", 60, "2027-01-01T00:30+01:00"),
    Due("29 February 2028 has 24 hours as well", ALWAYS, "2028-02-28T23:00+01:00", 26 * 60, "2028-03-01T01:00+01:00"),
    Due("a shift goes on over midnight", NIGHT, "2026-11-30T23:30+01:00", 60, "2026-12-01T00:30+01:00"),
    # pauses
    Due("an hour of waiting", OFFICE, "2026-11-30T09:00+01:00", 120, "2026-11-30T12:00+01:00",
        (("2026-11-30T10:00+01:00", "2026-11-30T11:00+01:00"),)),
    Due("waiting across a weekend", OFFICE, "2026-12-04T14:00+01:00", 120, "2026-12-07T10:00+01:00",
        (("2026-12-04T15:00+01:00", "2026-12-07T09:00+01:00"),)),
    Due("waiting while nobody works takes nothing", OFFICE, "2026-11-30T15:00+01:00", 60, "2026-12-01T08:00+01:00",
        (("2026-11-30T16:00+01:00", "2026-12-01T07:00+01:00"),)),
    Due("waiting for two things at once counts once", OFFICE, "2026-11-30T09:00+01:00", 120, "2026-11-30T12:30+01:00",
        (("2026-11-30T10:30+01:00", "2026-11-30T11:30+01:00"), ("2026-11-30T10:00+01:00", "2026-11-30T11:00+01:00"))),
    Due("two pauses, the second one over night", OFFICE, "2026-11-30T09:00+01:00", 240, "2026-12-01T10:30+01:00",
        (("2026-11-30T10:00+01:00", "2026-11-30T12:00+01:00"), ("2026-11-30T14:00+01:00", "2026-12-01T09:30+01:00"))),
    Due("it still waits: nobody knows", OFFICE, "2026-11-30T09:00+01:00", 120, None, (("2026-11-30T10:00+01:00", None),)),
    Due("it was due before it began to wait", OFFICE, "2026-11-30T09:00+01:00", 60, "2026-11-30T10:00+01:00",
        (("2026-11-30T10:30+01:00", None),)),
    Due("it began to wait in the moment it was due", OFFICE, "2026-11-30T09:00+01:00", 60, "2026-11-30T10:00+01:00",
        (("2026-11-30T10:00+01:00", None),)),
    Due("it waits from the first moment", OFFICE, "2026-11-30T09:00+01:00", 60, "2026-11-30T10:30+01:00",
        (("2026-11-30T09:00+01:00", "2026-11-30T09:30+01:00"),)),
    Due("a pause from before the start counts from there", OFFICE, "2026-11-30T09:00+01:00", 30, "2026-11-30T10:00+01:00",
        (("2026-11-30T08:00+01:00", "2026-11-30T09:30+01:00"),)),
    Due("a pause of no length", OFFICE, "2026-11-30T09:00+01:00", 60, "2026-11-30T10:00+01:00",
        (("2026-11-30T09:30+01:00", "2026-11-30T09:30+01:00"),)),
    Due("from 1:00 to 4:00 are two hours in March", ALWAYS, "2026-03-28T20:00+01:00", 600, "2026-03-29T09:00+02:00",
        (("2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00"),)),
    Due("from 1:00 to 4:00 are four hours in October", ALWAYS, "2026-10-25T00:00+02:00", 120, "2026-10-25T05:00+01:00",
        (("2026-10-25T01:00+02:00", "2026-10-25T04:00+01:00"),)),
    Due("waiting over Christmas", OFFICE, "2026-12-23T14:30+01:00", 120, "2026-12-28T11:30+01:00",
        (("2026-12-23T15:00+01:00", "2026-12-28T10:00+01:00"),)),
    Due("a pause over midnight round the clock", ALWAYS, "2026-11-30T23:30+01:00", 60, "2026-12-01T00:50+01:00",
        (("2026-11-30T23:50+01:00", "2026-12-01T00:10+01:00"),)),
    # 10:00-11:00 an hour; waits over the break; 13:00-14:00 the other
    Due("waiting across the break at noon", LUNCH, "2026-11-30T10:00+01:00", 120, "2026-11-30T14:00+01:00",
        (("2026-11-30T11:00+01:00", "2026-11-30T13:00+01:00"),)),
    # 22:00-24:00 two hours, 0:00-2:30 two and a half, an hour of waiting between both half past twos, 2:30-3:00 the last half
    Due("waiting for the hour that comes twice", NIGHT, "2026-10-24T22:00+02:00", 300, "2026-10-25T03:00+01:00",
        (("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"),)),
    # 15:00-15:30 half an hour; nobody works until Monday the 28th, whatever it waits for; 7:30-8:00 the other half
    Due("it waits on days that are free anyway", OFFICE, "2026-12-23T15:00+01:00", 60, "2026-12-28T08:00+01:00",
        (("2026-12-24T09:00+01:00", "2026-12-27T18:00+01:00"),)),
    # 15:00-15:15 by the old hours; it goes on at 8:10, open since 8:00 by the new ones; 45 minutes are left
    Due("it waits while the hours change", LATER, "2026-11-30T15:00+01:00", 60, "2026-12-01T08:55+01:00",
        (("2026-11-30T15:15+01:00", "2026-12-01T08:10+01:00"),)),
    # 15:00-15:30, 10:00-10:10, 11:50-12:00 make 50 minutes; 10 are left on the 12th from 7:30 on
    Due("it waits on a holiday with somebody on duty", ON_DUTY, "2026-11-10T15:00+01:00", 60, "2026-11-12T07:40+01:00",
        (("2026-11-11T10:10+01:00", "2026-11-11T11:50+01:00"),)),
    # 12:00-18:00 six hours; a day that has 23; 18:00-22:00 the other four
    Due("it waits from six to six over the change of March", ALWAYS, "2026-03-28T12:00+01:00", 600, "2026-03-29T22:00+02:00",
        (("2026-03-28T18:00+01:00", "2026-03-29T18:00+02:00"),)),
    # the calendar is changed later
    Due("new hours hold from their day on", LATER, "2026-11-30T15:00+01:00", 60, "2026-12-01T08:30+01:00"),
    Due("what was before stays as it was", LATER, "2026-11-30T07:30+01:00", 480, "2026-11-30T15:30+01:00"),
    Due("the new end of the day holds too", LATER, "2026-12-01T15:00+01:00", 60, "2026-12-01T16:00+01:00"),
    Due("a day that is entered as closed afterwards", STORM, "2026-12-01T15:00+01:00", 60, "2026-12-03T08:00+01:00"),
]  # fmt: skip

USES = [
    Used("28 March noon to 29 March noon", ALWAYS, "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", 23 * 3600),
    Used("24 October noon to 25 October noon", ALWAYS, "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00", 25 * 3600),
    Used("no minute is lost at midnight", ALWAYS, "2026-11-30T23:59+01:00", "2026-12-01T00:01+01:00", 120),
    Used("the change of March, minute by minute", ALWAYS, "2026-03-29T01:59+01:00", "2026-03-29T03:01+02:00", 120),
    Used("a year has 365 days", ALWAYS, "2026-01-01T00:00+01:00", "2027-01-01T00:00+01:00", 365 * 86400),
    Used("a week of work has 40 hours", OFFICE, "2026-11-30T00:00+01:00", "2026-12-07T00:00+01:00", 40 * 3600),
    Used("the week of Christmas has three days", OFFICE, "2026-12-21T00:00+01:00", "2026-12-28T00:00+01:00", 24 * 3600),
    Used("April 2026: 22 weekdays but Easter Monday", OFFICE, "2026-04-01T00:00+02:00", "2026-05-01T00:00+02:00", 21 * 8 * 3600),
    Used("May 2026: 21 weekdays but the first", OFFICE, "2026-05-01T00:00+02:00", "2026-06-01T00:00+02:00", 20 * 8 * 3600),
    Used("30 seconds before closing, 15 after opening", OFFICE, "2026-11-30T15:29:30+01:00", "2026-12-01T07:30:15+01:00", 45),
    Used("a weekend is no work", OFFICE, "2026-12-04T15:30+01:00", "2026-12-07T07:30+01:00", 0),
    Used("waiting across a weekend", OFFICE, "2026-12-04T14:00+01:00", "2026-12-07T10:00+01:00", 7200,
         (("2026-12-04T15:00+01:00", "2026-12-07T09:00+01:00"),)),
    Used("it waits since ten", OFFICE, "2026-11-30T09:00+01:00", "2026-11-30T12:00+01:00", 3600, (("2026-11-30T10:00+01:00", None),)),
    Used("the end comes first", OFFICE, "2026-11-30T12:00+01:00", "2026-11-30T09:00+01:00", 0),
    Used("a Saturday that is worked off", OPEN_SATURDAY, "2026-12-12T00:00+01:00", "2026-12-13T00:00+01:00", 4 * 3600),
    Used("new hours: 8 of the old day, 8 of the new", LATER, "2026-11-30T00:00+01:00", "2026-12-02T00:00+01:00", 16 * 3600),
]  # fmt: skip

TOLD = [
    Told("three of four hours, then the fourth", OFFICE, "2026-11-30T09:00+01:00", 240, 75,
         "2026-11-30T12:00+01:00", "2026-11-30T13:00+01:00", "2026-11-30T13:00+01:00"),
    Told("due at Friday's closing, late on Monday", OFFICE, "2026-12-04T13:30+01:00", 120, 50,
         "2026-12-04T14:30+01:00", "2026-12-04T15:30+01:00", "2026-12-07T07:30+01:00"),
    Told("half is over at closing: told in the morning", OFFICE, "2026-12-04T14:30+01:00", 120, 50,
         "2026-12-07T07:30+01:00", "2026-12-07T08:30+01:00", "2026-12-07T08:30+01:00"),
    Told("round the clock the due moment is the late one", ALWAYS, "2026-11-30T23:00+01:00", 60, 75,
         "2026-11-30T23:45+01:00", "2026-12-01T00:00+01:00", "2026-12-01T00:00+01:00"),
    Told("it waits as it is due: late when it goes on", OFFICE, "2026-11-30T09:00+01:00", 60, 50,
         "2026-11-30T09:30+01:00", "2026-11-30T10:00+01:00", "2026-11-30T12:00+01:00",
         (("2026-11-30T10:00+01:00", "2026-11-30T12:00+01:00"),)),
    Told("it waits still: nothing is told", OFFICE, "2026-11-30T09:00+01:00", 60, 75, None, None, None,
         (("2026-11-30T09:30+01:00", None),)),
    Told("the warning came before it began to wait", OFFICE, "2026-11-30T09:00+01:00", 60, 50,
         "2026-11-30T09:30+01:00", None, None, (("2026-11-30T09:45+01:00", None),)),
    Told("a hundred percent: no warning", OFFICE, "2026-11-30T09:00+01:00", 60, 100,
         None, "2026-11-30T10:00+01:00", "2026-11-30T10:00+01:00"),
]  # fmt: skip
