"""Blocks of information: the visible place where everything they add stands."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import wtforms
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.feature import Feature
from app.forms import Form
from app.i18n import _
from app.markup import render_markdown
from portals.dialog.access import Place
from portals.dialog.blocks import BLOCKS, BlockKind
from portals.dialog.information.model import MOST_TEXT, Information, InformationSettings


class InformationForm(Form):
    """What the clerk writes."""

    text = wtforms.TextAreaField(
        _("Text"),
        description=_("Markdown: # heading, **bold**, - list, [link](https://…)"),
        render_kw={"rows": 14, "data-markdown": "1"},
    )


async def information(_tx: Tx, _actor: Actor, place: Place) -> Information:
    """The text as it stands on the page."""
    text = KIND.read(place.block).text
    return Information(render_markdown(text), len(text))


def check(settings: InformationSettings) -> Mapping[str, str]:
    return {"text": _("This is too long: 20,000 characters at most")} if len(settings.text) > MOST_TEXT else {}


async def ready(_tx: Tx, place: Place) -> Sequence[str]:
    """An empty text is no information."""
    return [] if KIND.read(place.block).text.strip() else [_("A block of information has no text yet")]


KIND = BlockKind(
    name="information",
    label=_("Information"),
    description=_("Text of the office: what it is about, how to take part"),
    icon="info",
    order=10,
    settings=InformationSettings,
    form=InformationForm,
    check=check,
    timed=False,
    data=information,
    ready=ready,
)


async def kind_service(app: web.Application) -> AsyncIterator[None]:
    """Puts the kind onto the portal's pages."""
    app[BLOCKS].add(KIND)
    yield


FEATURE = Feature(name="information", folder=Path(__file__).parent, needs=("dialog",), services=(kind_service,))
