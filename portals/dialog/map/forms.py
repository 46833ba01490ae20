"""Forms of maps."""

import wtforms
from wtforms.validators import InputRequired, Length

from app.forms import Form
from app.i18n import _
from portals.dialog.map.rules import ALIGNMENTS, COLOURS, SHAPES

NEEDED = InputRequired(_("This is needed"))


class MapForm(Form):
    """Settings of the block."""

    intro = wtforms.TextAreaField(
        _("Above the map"),
        description=_("Markdown: what the office asks for"),
        render_kw={"rows": 4, "data-markdown": "1"},
    )
    lines = wtforms.BooleanField(_("People may draw lines"))
    areas = wtforms.BooleanField(_("People may draw areas"))


class EntryForm(Form):
    """What somebody puts on the map. `geometry`: GeoJSON from the map; the numbers are the way without it."""

    geometry = wtforms.HiddenField()
    address = wtforms.StringField(
        _("Address or name of the place"),
        description=_("In words, for instance: ul. Orzeszkowej 14, by the bridge. Enough without a map"),
        validators=[Length(max=200, message=_("This is too long: 200 characters at most"))],
    )
    latitude = wtforms.StringField(_("Latitude"), description=_("For instance 54.4641"))
    longitude = wtforms.StringField(_("Longitude"), description=_("For instance 17.0287"))
    category_id = wtforms.SelectField(_("Category"), choices=[], validate_choice=False)
    alignment = wtforms.RadioField(
        _("About what is planned here"),
        choices=[(str(key), label) for key, label in ALIGNMENTS.items()],
        default="0",
    )
    text = wtforms.TextAreaField(
        _("Comment"),
        description=_("**bold**, *italics*, - list, > quote, addresses of pages"),
        validators=[InputRequired(_("Write what you think of this place"))],
        render_kw={"rows": 5, "maxlength": 4000},
    )


class PaperForm(EntryForm):
    """The same from paper, with whose it is."""

    participant_id = wtforms.SelectField(_("Whose entry"), choices=[("0", _("somebody new"))], validate_choice=False)
    name = wtforms.StringField(_("First and last name"), validators=[Length(max=200)])
    kind = wtforms.SelectField(
        _("Who it is"),
        choices=[("resident", _("Resident")), ("business", _("Business")), ("organisation", _("Organisation"))],
    )
    organisation = wtforms.StringField(_("Name of the business or organisation"), validators=[Length(max=200)])
    district = wtforms.StringField(_("District"), validators=[Length(max=120)])
    shown_as = wtforms.SelectField(
        _("How the public sees the person"),
        choices=[
            ("name", _("by name")),
            ("pseudonym", _("by a pseudonym")),
            ("anonymous", _("as an anonymous person")),
        ],
    )
    received = wtforms.DateField(_("When it came in"), validators=[NEEDED], render_kw={"type": "date"})


class CategoryForm(Form):
    """A category with its sign."""

    name = wtforms.StringField(_("Name of the category"), render_kw={"maxlength": 80})
    colour = wtforms.SelectField(_("Colour"), choices=list(COLOURS.items()), validate_choice=False)
    shape = wtforms.SelectField(_("Shape"), choices=list(SHAPES.items()), validate_choice=False)


class LayerForm(Form):
    """Outlines of the office."""

    title = wtforms.StringField(_("Title of the layer"), render_kw={"maxlength": 120})
    file = wtforms.FileField(
        _("File"),
        description=_("GeoJSON (.geojson, .json) in WGS 84, up to 1 MB. It takes the place of the text below"),
    )
    text = wtforms.TextAreaField(_("Or GeoJSON as text"), render_kw={"rows": 8, "spellcheck": "false"})


class ReasonForm(Form):
    """Why an entry is hidden."""

    reason = wtforms.TextAreaField(_("Reason"), description=_("Everybody reads it"), render_kw={"rows": 2})
