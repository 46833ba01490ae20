"""What a report says first, and how its numbers are drawn. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from app.i18n import Locale, _
from portals.helpdesk import words
from portals.helpdesk.charts import nice_top
from portals.helpdesk.reports.model import AgentLoad, DayCount, Group, Kept, ModelCount

LONGEST_DAYS: Final = 731
USUAL_DAYS: Final = 30
MOST_POINTS: Final = 62
"""Beyond so many days a point is a week."""
CLEARLY: Final = 1.1
FEW_DEVICES: Final = 3
"""Of a model of which there are fewer, a single ticket would say too much."""
CHART: Final = (640.0, 200.0)


def span_of(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The days that are meant: never later than today, at most two years, the last thirty where nothing is said."""
    end = min(last or today, today)
    begin = first if first is not None and first <= end else end - timedelta(days=USUAL_DAYS - 1)
    return max(begin, end - timedelta(days=LONGEST_DAYS - 1)), end


def step_of(first: date, last: date) -> int:
    """Days that a point of the chart is for."""
    return 1 if (last - first).days < MOST_POINTS else 7


def in_steps(days: Sequence[DayCount], step: int) -> list[DayCount]:
    """Days put together, counted from the last one backwards, so that the newest point is whole."""
    if step == 1:
        return list(days)
    parts = [days[max(end - step, 0) : end] for end in range(len(days), 0, -step)]
    return [
        DayCount(
            day=part[-1].day,
            sent=sum(one.sent for one in part),
            solved=sum(one.solved for one in part),
            open=part[-1].open,
        )
        for part in reversed(parts)
    ]


# findings: the titles of what is drawn


class Finding(msgspec.Struct, frozen=True):
    """A message id with its places filled."""

    message: str
    values: dict[str, str] = {}

    def text(self, locale: Locale) -> str:
        return locale.filled(self.message, self.values)


def about_days(locale: Locale, days: Iterable[DayCount]) -> Finding:
    found = list(days)
    sent, solved = sum(one.sent for one in found), sum(one.solved for one in found)
    values = {"sent": locale.format_number(sent), "solved": locale.format_number(solved)}
    if not sent and not solved:
        return Finding(_("Nothing came and nothing was solved"))
    if sent > solved * CLEARLY:
        return Finding(_("More comes than is solved: %(sent)s to %(solved)s"), values)
    if solved > sent * CLEARLY:
        return Finding(_("More is solved than comes: %(solved)s to %(sent)s"), values)
    return Finding(_("As much is solved as comes: %(solved)s and %(sent)s"), values)


def about_kept(locale: Locale, kept: Iterable[Kept]) -> Finding:
    found = [one for one in kept if one.count]
    if not found:
        return Finding(_("No promise came to its end"))
    share = sum(one.kept for one in found) / sum(one.count for one in found)
    if share == 1:
        count = locale.format_number(sum(one.count for one in found))
        return Finding(_("Every promise was kept: %(count)s of them"), {"count": count})
    worst = min(found, key=lambda one: (one.share, -one.missed))
    first = _("%(share)s were in time. First answers were late most often: %(worst)s in time (%(priority)s)")
    solution = _("%(share)s were in time. Solutions were late most often: %(worst)s in time (%(priority)s)")
    return Finding(
        first if worst.measure == "response" else solution,
        {
            "share": percent(locale, share),
            "worst": percent(locale, worst.share),
            "priority": locale.gettext(words.PRIORITIES[worst.priority]).lower(),
        },
    )


def percent(locale: Locale, share: float) -> str:
    """Rounded so that 100 % is said of nothing that is less, and 0 % of nothing that is more."""
    return locale.format_percent(min(max(share, 0.01), 0.99) if 0 < share < 1 else share)


def about_categories(locale: Locale, groups: Sequence[Group]) -> Finding:
    return _first(locale, groups, _("Most are about: %(name)s (%(share)s of tickets)"))


def about_units(locale: Locale, groups: Sequence[Group]) -> Finding:
    return _first(locale, groups, _("Most come from: %(name)s (%(share)s of tickets)"))


def _first(locale: Locale, groups: Sequence[Group], message: str) -> Finding:
    """The greatest group that has a name; groups come sorted."""
    count = sum(one.sent for one in groups)
    top = next((one for one in groups if one.id is not None and one.sent), None)
    if top is None:
        return Finding(_("No tickets came in these days"))
    return Finding(message, {"name": top.name, "share": percent(locale, top.sent / count)})


def about_models(locale: Locale, models: Iterable[ModelCount]) -> Finding:
    found = [one for one in models if one.devices >= FEW_DEVICES and one.tickets]
    if not found:
        return Finding(_("No model stands out"))
    worst = max(found, key=lambda one: (one.rate, one.tickets))
    return Finding(
        _("%(name)s fails most: %(rate)s tickets for 100 devices"),
        {"name": worst.name, "rate": locale.format_number(round(worst.rate, 1))},
    )


def about_agents(locale: Locale, agents: Iterable[AgentLoad]) -> Finding:
    found = list(agents)
    free = next((one.open for one in found if one.account_id is None), 0)
    named = [one for one in found if one.account_id is not None and (one.open or one.solved)]
    if not named and not free:
        return Finding(_("Nobody has anything to do"))
    fullest = max(named, key=lambda one: (one.open, one.late), default=None)
    if fullest is None or free > fullest.open:
        return Finding(_("Nobody has taken %(count)s open tickets yet"), {"count": locale.format_number(free)})
    return Finding(
        _("%(name)s has most to do: %(open)s open, %(late)s of them late"),
        {
            "name": fullest.name,
            "open": locale.format_number(fullest.open),
            "late": locale.format_number(fullest.late),
        },
    )


# drawing


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """Points of a chart, as `x,y` with spaces between, and the marks of its axis with where they stand."""

    sent: str
    solved: str
    open: str
    marks: list[tuple[float, int]]
    dots: list[tuple[float, float, float]]
    """Of the last point: x, and y of sent and of solved."""


def lines(days: Sequence[DayCount]) -> Lines:
    width, height = CHART
    top = nice_top(max([1, *(max(one.sent, one.solved) for one in days)]))
    last = max(len(days) - 1, 1)
    fullest = max([1, *(one.open for one in days)])

    def path(values: Iterable[int], most: int) -> str:
        return " ".join(
            f"{width * n / last:.1f},{height - height * value / most:.1f}" for n, value in enumerate(values)
        )

    ends = days[-1:]
    return Lines(
        sent=path((one.sent for one in days), top),
        solved=path((one.solved for one in days), top),
        open=path((one.open for one in days), nice_top(fullest)),
        marks=[(round(height - height * value / top, 1), value) for value in (0, top // 2, top)],
        dots=[
            (width if len(days) > 1 else 0.0, height - height * one.sent / top, height - height * one.solved / top)
            for one in ends
        ],
    )
