"""Statements and their votes as CSV: no people, and of groups of fewer than five nothing."""

from collections.abc import Sequence

from app.i18n import Locale, _
from portals.dialog.opinions.model import OpinionMap
from portals.dialog.opinions.views import LETTERS, Line
from portals.dialog.spreadsheets import Cell, csv_lines


def csv_of(locale: Locale, lines: Sequence[Line], found: OpinionMap | None) -> bytes:
    """See `portals.dialog.spreadsheets`."""
    groups = found.groups if found else []
    words = (_("Statement"), _("Seen"), _("Agree"), _("Disagree"), _("Pass"), _("Consensus"))
    header = [locale.gettext(word) for word in words]
    for group in groups:
        name = f"{locale.gettext(_('Group'))} {LETTERS[group.number]}"
        header += [f"{name}: {locale.gettext(word)}" for word in words[1:4]]
    rows: list[list[Cell]] = []
    for line in lines:
        votes, result = line.votes, line.result
        row: list[Cell] = [line.statement.text]
        row += [votes.seen, votes.agree, votes.disagree, votes.seen - votes.agree - votes.disagree]
        row.append(f"{result.consensus:.3f}" if result else "")
        for group in groups:
            own = result.by_group[group.number] if result else None
            row += [own.seen, own.agree, own.disagree] if own else ["< 5", "", ""]
        rows.append(row)
    return csv_lines([header, *rows])
