"""What is drawn of the last weeks: numbers with sparklines, the trend, the week's heat map. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from schools.dashboard import rules
from schools.dashboard.board import History
from schools.dashboard.model import HourFigures, Numbers

SPARK: Final = (120.0, 28.0)
CHART: Final = (640.0, 180.0)


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One of the four numbers. `value` and `usual`: shares between 0 and 1 for `present`, else counts."""

    name: str
    value: float | None
    usual: float | None
    spark: str
    last_x: float
    last_y: float


def number_tiles(numbers: Numbers, past: History, *, reached: int) -> list[Tile]:
    """In the order in which they stand. Before the first lesson there is no «now» to compare."""
    days, usual = past.days, past.usual
    begun = reached > 0
    shares: list[float | None] = [one.present / one.counted if one.counted else None for one in days]
    counts = (
        ("absent", numbers.absent if begun else None, usual.absent, [one.absent for one in days]),
        ("unchecked", numbers.unchecked if begun else None, usual.unchecked, [one.unchecked for one in days]),
        ("substitutions", numbers.substitutions, usual.substitutions, [one.substitutions for one in days]),
    )
    return [
        _tile("present", numbers.share if begun else None, usual.share, shares, floor=0.7, ceiling=1.0),
        *(_tile(name, value, mean, before) for name, value, mean, before in counts),
    ]


def _tile(
    name: str,
    value: float | None,
    usual: float | None,
    before: Sequence[float | None],
    *,
    floor: float = 0,
    ceiling: float | None = None,
) -> Tile:
    values = [*before] if value is None else [*before, value]
    high = ceiling if ceiling is not None else max([1, *(one for one in values if one is not None)])
    drawn = rules.steps(values, floor, high, *SPARK)
    last = drawn.rpartition(" ")[2].split(",") if drawn else ["0", "0"]
    return Tile(name=name, value=value, usual=usual, spark=drawn, last_x=float(last[0]), last_y=float(last[1]))


class TrendPoint(msgspec.Struct, frozen=True, kw_only=True):
    on_date: date
    share: float
    present: int
    counted: int
    x: float
    y: float


class TrendLine(msgspec.Struct, frozen=True, kw_only=True):
    """Four weeks of daily presence. `low`: share at the bottom of the chart; `usual_y`: where the mean runs."""

    trend: rules.Trend
    points: list[TrendPoint]
    low: float
    usual_y: float


def trend_line(hours: Iterable[HourFigures]) -> TrendLine:
    found = list(hours)
    days = rules.by_day(found)
    shown = [(day, *days[day]) for day in sorted(days) if days[day][1]]
    shares = [present / counted for _day, present, counted in shown]
    low = max(0.0, int(min(shares, default=1.0) * 20) / 20 - 0.05)
    width, height = CHART
    last = max(len(shown) - 1, 1)

    def across(share: float) -> float:
        return round(height - height * (share - low) / (1 - low), 1)

    points = [
        TrendPoint(
            on_date=day,
            share=present / counted,
            present=present,
            counted=counted,
            x=round(width * place / last, 1),
            y=across(present / counted),
        )
        for place, (day, present, counted) in enumerate(shown)
    ]
    usual = sum(one[1] for one in shown) / sum(one[2] for one in shown) if shown else 1.0
    return TrendLine(trend=rules.trend_of(found), points=points, low=low, usual_y=across(usual))


class HeatCell(msgspec.Struct, frozen=True, kw_only=True):
    """`step`: 0 (best) to 4 (fewest present), by the percentage points away from the week's best hour."""

    share: float
    present: int
    counted: int
    step: int


class HeatMap(msgspec.Struct, frozen=True, kw_only=True):
    """The week of a day: lesson hours down, days across."""

    days: list[date]
    periods: list[int]
    cells: dict[tuple[date, int], HeatCell]
    worst: HourFigures | None


def heat_map(hours: Iterable[HourFigures], day: date) -> HeatMap:
    monday = day - timedelta(days=day.weekday())
    week = [one for one in hours if monday <= one.on_date <= monday + timedelta(days=6) and one.counted]
    if len({one.on_date for one in week}) < 2:  # Monday says little of a week: the five days before it are there, too
        week = [one for one in hours if monday - timedelta(days=7) <= one.on_date <= day and one.counted]
    best = max((Decimal(one.present) / one.counted for one in week), default=Decimal(1))
    return HeatMap(
        days=sorted({one.on_date for one in week}),
        periods=sorted({one.period for one in week}),
        cells={
            (one.on_date, one.period): HeatCell(
                share=one.present / one.counted,
                present=one.present,
                counted=one.counted,
                step=min(4, int((best - Decimal(one.present) / one.counted) * 100 / 3)),
            )
            for one in week
        },
        worst=rules.worst_hour(week),
    )
