"""Forms of votes: the clerk's rules, options, paper; and what a ballot's own form says."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import wtforms
from multidict import MultiDictProxy

from app.forms import Form
from app.i18n import _
from portals.dialog.ballots.model import Marks, Method, Option

NUMBER: Final = {"inputmode": "numeric", "autocomplete": "off"}


class Typed(msgspec.Struct, frozen=True):
    """A ballot's form as it was sent: marks, and what was typed where it is no number."""

    marks: Marks
    typed: dict[int, str]
    odd: bool = False
    """Something typed is no number."""


def read_ballot(posted: "MultiDictProxy[Any] | Mapping[str, Any]", method: Method, options: list[Option]) -> Typed:
    """Choices by name: `option` (its id, once each), `mark-<id>` (points, places)."""
    typed: dict[int, str] = {}
    if method in {"single", "approval"}:
        chosen = posted.getall("option", []) if isinstance(posted, MultiDictProxy) else []
        typed = {int(one): "1" for one in map(str, chosen) if one.isascii() and one.isdigit() and len(one) < 18}
        return Typed(dict.fromkeys(typed, 1), typed)
    for one in options:
        text = str(posted.get(f"mark-{one.id}", "")).strip()
        if text and text != "0":
            typed[one.id] = text[:9]
    good = {option: int(text) for option, text in typed.items() if text.isascii() and text.isdigit()}
    return Typed(good, typed, odd=len(good) != len(typed))


class VoteForm(Form):
    """The clerk's rules; fields are named as the settings' fields."""

    method = wtforms.SelectField(
        _("How one votes"),
        choices=[
            ("single", _("One choice")),
            ("approval", _("Several choices")),
            ("points", _("Points to give away")),
            ("ranked", _("Ranking: 1, 2, 3 …")),
        ],
    )
    most = wtforms.IntegerField(
        _("Most choices, or points to give away"), [wtforms.validators.InputRequired()], render_kw=NUMBER
    )
    most_each = wtforms.IntegerField(
        _("Most points for one"), [wtforms.validators.InputRequired()], description=_("0: no limit"), render_kw=NUMBER
    )
    counting = wtforms.SelectField(
        _("How a ranking is counted"),
        choices=[
            ("irv", _("Instant run-off: the last one goes, its ballots move on")),
            ("borda", _("Borda's points: the first of five gets 5, the next 4 …")),
        ],
    )
    winners = wtforms.IntegerField(_("How many win"), [wtforms.validators.InputRequired()], render_kw=NUMBER)
    least_votes = wtforms.IntegerField(_("Fewest votes to win"), [wtforms.validators.InputRequired()], render_kw=NUMBER)
    ties = wtforms.SelectField(
        _("Equal results"),
        choices=[
            ("first", _("The one that stands first on the ballot")),
            ("lower_cost", _("The cheaper one")),
            ("committee", _("The committee draws lots")),
        ],
    )
    secret = wtforms.BooleanField(
        _("Secret"), description=_("Nobody can find out who chose what, the office neither; each voter gets a receipt")
    )
    changeable = wtforms.BooleanField(
        _("A ballot may be changed until the end"), description=_("Only where the vote is not secret")
    )
    results = wtforms.SelectField(
        _("Totals are shown"), choices=[("close", _("After the end")), ("live", _("While people vote"))]
    )
    budget = wtforms.BooleanField(
        _("Participatory budget"), description=_("Options are projects with a cost, paid from pools of money")
    )
    city_pool = wtforms.IntegerField(
        _("Money for projects of the whole city, in złoty"), [wtforms.validators.InputRequired()], render_kw=NUMBER
    )
    district_pools = wtforms.TextAreaField(
        _("Money of the districts"), description=_("A line each, such as Zatorze: 150000"), render_kw={"rows": 6}
    )
    city_most = wtforms.IntegerField(
        _("Most projects of the city one may choose"),
        [wtforms.validators.InputRequired()],
        description=_("0: no limit"),
        render_kw=NUMBER,
    )
    district_most = wtforms.IntegerField(
        _("Most projects of districts one may choose"),
        [wtforms.validators.InputRequired()],
        description=_("0: no limit"),
        render_kw=NUMBER,
    )
    district_choice = wtforms.SelectField(
        _("Projects of which districts"),
        choices=[
            ("one", _("Of one district, any")),
            ("own", _("Of one's own district")),
            ("any", _("Of all districts")),
        ],
    )
    skip_too_large = wtforms.BooleanField(
        _("What does not fit into the money left is passed over"),
        description=_("The next one that fits wins; else the pool ends at the first that does not fit"),
    )


class OptionForm(Form):
    """An option of the ballot."""

    title = wtforms.StringField(_("Name"), [wtforms.validators.InputRequired()])
    description = wtforms.TextAreaField(_("Description"), render_kw={"rows": 3})
    district = wtforms.StringField(_("District"), description=_("Of a budget; empty: the whole city"))
    cost_pln = wtforms.IntegerField(_("Cost in złoty"), [wtforms.validators.Optional()], render_kw=NUMBER)
    rev = wtforms.HiddenField()


class PaperForm(Form):
    """Paper ballots of a polling point."""

    place = wtforms.StringField(_("Polling point"), [wtforms.validators.InputRequired()])
    kind = wtforms.SelectField(
        _("Who voted there"),
        choices=[("resident", _("Resident")), ("business", _("Business")), ("organisation", _("Organisation"))],
    )
    district = wtforms.StringField(_("District of the voters"), description=_("For the turnout; may stay empty"))
    written = wtforms.TextAreaField(_("Ballots"), render_kw={"rows": 12, "spellcheck": "false"})
    invalid = wtforms.IntegerField(_("Invalid ballots"), [wtforms.validators.Optional()], render_kw=NUMBER)


class RejectForm(Form):
    """Why a batch does not count."""

    rev = wtforms.HiddenField()
    reason = wtforms.StringField(_("What does not agree with the paper"))
