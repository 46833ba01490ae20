"""Statements and their votes as CSV: no people, and of groups of fewer than five nothing."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from app.i18n import Locale, _
from portals.dialog.opinions.model import OpinionMap
from portals.dialog.opinions.views import LETTERS, Line

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(locale: Locale, lines: Sequence[Line], found: OpinionMap | None) -> bytes:
    """UTF-8 with BOM for Excel; formulas are neutralised."""
    groups = found.groups if found else []
    words = (_("Statement"), _("Seen"), _("Agree"), _("Disagree"), _("Pass"), _("Consensus"))
    header = [locale.gettext(word) for word in words]
    for group in groups:
        name = f"{locale.gettext(_('Group'))} {LETTERS[group.number]}"
        header += [f"{name}: {locale.gettext(word)}" for word in words[1:4]]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    for line in lines:
        votes, result = line.votes, line.result
        said = line.statement.text
        row: list[object] = [f"'{said}" if said.startswith(_FORMULA) else said]
        row += [votes.seen, votes.agree, votes.disagree, votes.seen - votes.agree - votes.disagree]
        row.append(f"{result.consensus:.3f}" if result else "")
        for group in groups:
            own = result.by_group[group.number] if result else None
            row += [own.seen, own.agree, own.disagree] if own else ["< 5", "", ""]
        writer.writerow(row)
    return b"\xef\xbb\xbf" + text.getvalue().encode()
