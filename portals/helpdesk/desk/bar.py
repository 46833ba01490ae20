"""What agents find at the bottom of a phone."""

from typing import Final

from aiohttp import web

from app.actor import Actor
from app.feature import NavItem
from app.i18n import _
from portals.helpdesk import rules
from portals.helpdesk.api_routes import DESK

_WANTED: Final = (
    ("helpdesk.desk", _("Ticket desk"), "help"),
    ("helpdesk_finding.search", _("Search"), "search"),
    ("helpdesk.enter", _("Somebody is calling"), "plus"),
    ("helpdesk_knowledge.home", _("Knowledge base"), "document"),
)


async def bar_of(request: web.Request, actor: Actor) -> tuple[NavItem, ...]:
    """Empty for those who do not work at the helpdesk."""
    if not rules.is_desk(actor):
        return ()
    router = request.app.router
    return tuple(
        NavItem(label=label, path=str(router[name].url_for()), allow=DESK, icon=icon)
        for name, label, icon in _WANTED
        if name in router
    )
