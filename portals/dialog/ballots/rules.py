"""What a ballot may say, on the screen and on paper. Pure."""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from app.errors import Invalid
from app.i18n import Locale, _
from portals.dialog.ballots.model import Marks, Option, OptionDraft, VoteSettings

RECEIPT_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that are taken for one another."""
_RECEIPT: Final = re.compile(rf"[{RECEIPT_LETTERS}]{{16}}")
_TIMES: Final = re.compile(r"\s*[x×*]\s*(\d{1,6})\s*$", re.IGNORECASE)
_POOL: Final = re.compile(r"(.+?)\s*[:;=]\s*([\d\s.]+?)\s*(?:zł|PLN)?", re.IGNORECASE)
MOST_PAPER_LINES: Final = 5000


class Fault(msgspec.Struct, frozen=True):
    """Why a ballot does not count. `message`: a message id with places."""

    message: str
    values: dict[str, object] = {}

    def text(self, locale: Locale) -> str:
        return locale.filled(self.message, self.values)


def settings_faults(settings: VoteSettings) -> dict[str, str]:
    """What is wrong with the clerk's rules: field → message id."""
    faults = {}
    if not 1 <= settings.most <= 1000:
        faults["most"] = _("A number from 1 to 1000")
    faults |= {
        name: _("A number from 0 to 1,000,000")
        for name in ("most_each", "city_most", "district_most", "least_votes")
        if not 0 <= getattr(settings, name) <= 1_000_000
    }
    if not 1 <= settings.winners <= 1000:
        faults["winners"] = _("A number from 1 to 1000")
    if settings.secret and settings.results == "live":
        faults["results"] = _("Totals of a secret vote are not shown before its end: single ballots could be guessed")
    if settings.secret and settings.changeable:
        faults["changeable"] = _("A secret ballot cannot be changed: nobody can find it in the urn")
    if settings.method == "ranked" and settings.counting == "irv" and settings.winners > 1 and not settings.budget:
        faults["winners"] = _("An instant run-off has one winner; choose Borda's points for more")
    return faults | _money_faults(settings)


def _money_faults(settings: VoteSettings) -> dict[str, str]:
    faults = {}
    if settings.budget and settings.method == "ranked" and settings.counting == "irv":
        faults["counting"] = _("A budget needs an order of all projects: choose Borda's points")
    if not 0 <= settings.city_pool <= 1_000_000_000:
        faults["city_pool"] = _("This is more than can be counted")
    if pools_of(settings.district_pools) is None:
        faults["district_pools"] = _("A line each, such as Zatorze: 150000")
    if settings.budget and not settings.city_pool and not pools_of(settings.district_pools):
        faults["city_pool"] = _("A budget needs money: of the city or of a district")
    return faults


def pools_of(text: str) -> dict[str, int] | None:
    """District → złoty; None where a line cannot be read or a district comes twice."""
    found: dict[str, int] = {}
    for line in filter(None, (one.strip() for one in text.splitlines())):
        match = _POOL.fullmatch(line)
        digits = re.sub(r"[\s.]", "", match[2]) if match else ""
        if match is None or not digits.isascii() or not digits.isdigit() or len(digits) > 9 or match[1] in found:
            return None
        found[match[1]] = int(digits)
    return found


def ballot_fault(settings: VoteSettings, options: Sequence[Option], marks: Marks, home: str | None) -> Fault | None:
    """Why this ballot cannot be taken; None: it can. `home`: the voter's district, None where it does not matter."""
    known = {one.id: one for one in options}
    if not marks:
        return Fault(_("Nothing is chosen yet"))
    if not marks.keys() <= known.keys():
        return Fault(_("One of these is not on the ballot any more. Look at the list again"))
    if any(value < 1 for value in marks.values()):
        return Fault(_("This does not have the form that is expected"))
    fault = _method_fault(settings, options, marks)
    return fault or (_budget_fault(settings, [known[one] for one in marks], home) if settings.budget else None)


def _method_fault(settings: VoteSettings, options: Sequence[Option], marks: Marks) -> Fault | None:
    match settings.method:
        case "single" if len(marks) > 1:
            return Fault(_("Choose one"))
        case "single" | "approval" if any(value != 1 for value in marks.values()):
            return Fault(_("This does not have the form that is expected"))
        case "approval" if len(marks) > settings.most:
            return Fault(
                _("%(chosen)s are chosen; at most %(most)s may be"), {"chosen": len(marks), "most": settings.most}
            )
        case "points" if sum(marks.values()) > settings.most:
            given = sum(marks.values())
            return Fault(
                _("%(given)s points are given away; there are %(most)s"), {"given": given, "most": settings.most}
            )
        case "points" if settings.most_each and max(marks.values()) > settings.most_each:
            return Fault(_("One may get %(most)s points at most"), {"most": settings.most_each})
        case "ranked" if sorted(marks.values()) != list(range(1, len(marks) + 1)):
            return Fault(_("Number them 1, 2, 3 …: no number twice, none left out"))
        case "ranked" if len(marks) > len(options):
            return Fault(_("This does not have the form that is expected"))
    return None


def _budget_fault(settings: VoteSettings, chosen: Sequence[Option], home: str | None) -> Fault | None:
    city = [one for one in chosen if not one.district]
    local = [one for one in chosen if one.district]
    places = {one.district for one in local}
    if settings.city_most and len(city) > settings.city_most:
        return Fault(_("Of the city's projects at most %(most)s may be chosen"), {"most": settings.city_most})
    if settings.district_most and len(local) > settings.district_most:
        return Fault(_("Of the districts' projects at most %(most)s may be chosen"), {"most": settings.district_most})
    if settings.district_choice != "any" and len(places) > 1:
        return Fault(_("Choose projects of one district only"))
    if settings.district_choice == "own" and home is not None and places - {home}:
        return Fault(_("Of the districts' projects you may choose those of your own district"))
    return None


def options_for(settings: VoteSettings, options: Sequence[Option], home: str) -> list[Option]:
    """Those that somebody from this district may choose."""
    if settings.budget and settings.district_choice == "own":
        return [one for one in options if one.district in {"", home}]
    return list(options)


def sealed_width(options: Sequence[Option]) -> int:
    """Bytes to which every ballot of a vote is filled up, so that its length says nothing."""
    return 128 + 32 * len(options)


def new_receipt() -> str:
    """16 letters, 79 bits: nobody guesses one, and two people do not get the same."""
    return "".join(secrets.choice(RECEIPT_LETTERS) for _number in range(16))


def receipt_of(text: str) -> str:
    """As it is kept, of what somebody types: `abcd-efgh …`. Empty where it is none."""
    plain = re.sub(r"[\s-]+", "", text).upper()
    return plain if _RECEIPT.fullmatch(plain) else ""


def shown_receipt(receipt: str) -> str:
    return "-".join(receipt[start : start + 4] for start in range(0, len(receipt), 4))


def paper_lines(
    settings: VoteSettings, options: Sequence[Option], written: str, locale: Locale, home: str | None = None
) -> list[tuple[Marks, int]]:
    """What the clerk has typed of paper ballots, by the numbers options have on the ballot.

    `3, 7` (chosen), `3:2, 7:1` (points), `3 > 7 > 1` (ranking), each with ` x 12` where twelve ballots say the same.
    Raises `Invalid` for the field `written` that names the first lines which do not count.
    """
    numbers = {number: one.id for number, one in enumerate(options, start=1)}
    found: list[tuple[Marks, int]] = []
    faults: list[str] = []
    for number, line in enumerate(written.splitlines(), start=1):
        if not line.strip():
            continue
        times = _TIMES.search(line)
        count = int(times[1]) if times else 1
        marks = _marks(settings, line[: times.start()] if times else line, numbers)
        fault = Fault(_("this cannot be read")) if marks is None else ballot_fault(settings, options, marks, home)
        if fault is None and count < 1:
            fault = Fault(_("this cannot be read"))
        if fault is None and marks is not None:
            found.append((marks, count))
        else:
            assert fault is not None
            faults.append(locale.filled(_("Line %(line)s: %(fault)s"), {"line": number, "fault": fault.text(locale)}))
    if faults or len(found) > MOST_PAPER_LINES:
        more = [f"… (+{len(faults) - 5})"] if len(faults) > 5 else []
        text = " ".join(faults[:5] + more) or locale.gettext(_("This is too long: divide it into two batches"))
        raise Invalid(fields={"written": text})
    return found


def _marks(settings: VoteSettings, text: str, numbers: Mapping[int, int]) -> Marks | None:
    marks: Marks = {}
    parts = re.split(r"[>\s]+" if settings.method == "ranked" else r"[,;\s]+", text.strip())
    for place, part in enumerate(parts, start=1):
        name, colon, points = part.partition(":")
        if bool(colon) != (settings.method == "points") or not re.fullmatch(r"\d{1,4}", name, re.ASCII):
            return None
        if colon and not re.fullmatch(r"\d{1,4}", points, re.ASCII):
            return None
        option = numbers.get(int(name))
        if option is None or option in marks:
            return None
        marks[option] = {"points": int(points or 0), "ranked": place}.get(settings.method, 1)
    return marks


def draft_of(option: Option) -> OptionDraft:
    return OptionDraft(
        title=option.title,
        description=option.description,
        district=option.district,
        cost_pln=option.cost_pln,
        ref=option.ref,
        path=option.path,
    )
