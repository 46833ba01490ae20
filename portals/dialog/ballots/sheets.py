"""Tables of a result, in a reader's language."""

from collections.abc import Sequence
from typing import Final

from app.i18n import Locale, _
from portals.dialog.access import Place
from portals.dialog.ballots.exporting import Report
from portals.dialog.ballots.model import (
    Marks,
    Option,
    OptionResult,
    Outcome,
    SecretBallot,
    Vote,
    VoteResult,
    VoteSettings,
)
from portals.dialog.spreadsheets import Cell, Sheet

OUTCOMES: Final[dict[Outcome, str]] = {
    "won": _("wins"),
    "lost": _("does not win"),
    "no_money": _("not enough money"),
    "too_few": _("too few votes"),
    "undecided": _("a tie: lots are drawn"),
}
KINDS: Final = {"resident": _("Resident"), "business": _("Business"), "organisation": _("Organisation")}


def said(settings: VoteSettings, options: Sequence[Option], marks: Marks) -> list[str]:
    """What a ballot says: a line for each option."""
    by_id = {one.id: one.title for one in options}
    ordered = sorted(marks.items(), key=lambda one: (one[1] if settings.method == "ranked" else -one[1], one[0]))
    titles = [(by_id.get(option, "?"), mark) for option, mark in ordered]
    if settings.method == "ranked":
        return [f"{mark}. {title}" for title, mark in titles]
    return [f"{title}: {mark}" for title, mark in titles] if settings.method == "points" else [t for t, _m in titles]


def sheets_of(locale: Locale, rules: VoteSettings, options: Sequence[Option], result: VoteResult) -> list[Sheet]:
    """Results first, then pools, rounds and the turnout."""
    by_id = {one.id: one for one in options}
    numbers = {one.id: number for number, one in enumerate(options, start=1)}
    header = [_("Number"), _("Option"), _("Ballots"), _("of these on paper"), _("Score"), _("Place"), _("Outcome")]
    if rules.budget:
        header += [_("District"), _("Cost in złoty")]

    def row(one: OptionResult) -> list[Cell]:
        option = by_id[one.option_id]
        cells: list[Cell] = [numbers[option.id], option.title, one.votes, one.paper, one.score, one.place]
        cells.append(locale.gettext(OUTCOMES[one.outcome]))
        return [*cells, option.district or _city(locale), option.cost_pln] if rules.budget else cells

    found = [_sheet(locale, _("Results"), header, [row(one) for one in result.options if one.option_id in by_id])]
    if result.pools:
        rows: list[list[Cell]] = [
            [number, pool.district or _city(locale), pool.budget_pln, pool.spent_pln, pool.budget_pln - pool.spent_pln]
            for number, pool in enumerate(result.pools, start=1)
        ]
        names = [_("Number"), _("District"), _("Money"), _("Given to projects"), _("Left")]
        found.append(_sheet(locale, _("Pools"), names, rows))
    if result.rounds:
        rounds: list[list[Cell]] = [
            [number, by_id[option].title, votes, locale.gettext(_("goes")) if option == one.out else ""]
            for number, one in enumerate(result.rounds, start=1)
            for option, votes in one.votes.items()
            if option in by_id
        ]
        found.append(_sheet(locale, _("Rounds"), [_("Round"), _("Option"), _("Ballots"), _("Outcome")], rounds))
    lines: list[list[Cell]] = [
        [number, line.district or "–", locale.gettext(KINDS[line.kind]), line.online, line.paper]
        for number, line in enumerate(result.turnout, start=1)
    ]
    names = [_("Number"), _("District"), _("Who"), _("On the screen"), _("On paper")]
    found.append(_sheet(locale, _("Turnout"), names, lines))
    return found


def ballots_sheet(locale: Locale, options: Sequence[Option], ballots: Sequence[SecretBallot]) -> Sheet:
    """A row a ballot, a column an option."""
    rows: list[list[Cell]] = [[one.receipt, *(one.marks.get(option.id, 0) for option in options)] for one in ballots]
    return Sheet(locale.gettext(_("Ballots")), [locale.gettext(_("Receipt")), *(one.title for one in options)], rows)


def report(
    locale: Locale, office: str, place: Place, vote: Vote, result: VoteResult, sheets: Sequence[Sheet]
) -> Report:
    """The PDF's words."""
    state = _("Final") if vote.final_at else _("Not final yet") if vote.counted_at else _("Voting goes on")
    facts = [
        (_("State"), locale.gettext(state)),
        (_("Votes on the screen"), locale.format_number(result.online)),
        (_("Votes on paper"), locale.format_number(result.paper)),
        (_("Invalid paper ballots"), locale.format_number(result.invalid)),
    ]
    if vote.tie_reason:
        facts.append((_("Lots were drawn"), vote.tie_reason))
    return Report(
        title=place.block.title or locale.gettext(_("Results of the vote")),
        subtitle=place.consultation.title,
        office=office,
        language=locale.language,
        facts=[(locale.gettext(term), text) for term, text in facts],
        sheets=list(sheets),
        note=f"{place.consultation.title} · {locale.format_datetime(place.now, weekday=False)}",
    )


def _sheet(locale: Locale, name: str, header: Sequence[str], rows: list[list[Cell]]) -> Sheet:
    return Sheet(locale.gettext(name), [locale.gettext(one) for one in header], rows)


def _city(locale: Locale) -> str:
    return locale.gettext(_("the whole city"))
