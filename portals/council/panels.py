"""How the parts of the council portal meet on its pages.

A part is a feature in a sub-folder of this one. Its service adds a `Panel`; the session page, the desk, the chamber's
big screen, the chair's screen and the councillor's phone page then include the part's templates with `panels.<name>`,
whatever the panel's function returned:

| template of the part | where it stands |
|---|---|
| `_head.html` | head of each of these pages: style sheets |
| `_desk.html` | desk, middle column: now |
| `_people.html` | desk, right column: people |
| `_session.html` | residents' page, below the picture |
| `_tab.html` | residents' page, a tab beside the picture; needs `tab` |
| `_phone.html` | councillor's phone page; `councillor` is there |
| `_screen.html` | chamber's big screen and the chair's screen |
| `_item.html` | in an agenda row of the residents' page; `item` is there, none in the row that scripts clone |

Every template knows `session`, `actor`, `items`, `current` and `page` (`desk`, `session`, `phone`, `screen` or
`chair`); it imports the macros it uses. It brings its own script, texts and room. Scripts of the residents' page
get the player by `import { player } from "./council-session.js"`.

Single keys of the desk: `n` next item, `1`–`3` views; the speakers' queue takes `g`, `e`, `x`, `a`. Others are free.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from app.actor import Actor
from app.database import Tx
from app.wire import FEATURES
from portals.council.model import AgendaItem, Session

SLOTS: Final = ("head", "desk", "people", "session", "tab", "phone", "screen", "item")

PanelData = Callable[[Tx, Actor, Session], Awaitable[msgspec.Struct]]
"""What the part's templates get. It reads only, for this actor alone: what the actor may not see is not in it."""

ItemHook = Callable[[Tx, Actor, Session, AgendaItem], Awaitable[None]]
SessionHook = Callable[[Tx, Actor, Session], Awaitable[None]]
TabRule = Callable[[msgspec.Struct, Session], bool]


def always(_data: msgspec.Struct, _session: Session) -> bool:
    return True


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A part's place on the pages. `name`: the part's feature."""

    name: str
    data: PanelData
    order: int = 50
    """Lower stands first, in every slot and among the tabs (the agenda is 10, the chat 90)."""
    tab: str = ""
    """Label of the tab beside the picture, a message id marked with `_`; empty where the part has none."""
    tab_when: TabRule = always
    """Whether this session has the tab; one that could fill while people watch is there from the start."""
    item_begun: ItemHook | None = None
    """Called in the transaction in which an item becomes the current one."""
    session_ended: SessionHook | None = None
    """Called in the transaction that ends a session, after its row has changed: what is open there must close."""


class Tab(msgspec.Struct, frozen=True):
    """A tab beside the picture, made by a part. `label` is a message id."""

    name: str
    label: str
    order: int


class Panels:
    """The panels of this application, added while it starts."""

    def __init__(self, templates: Mapping[str, frozenset[str]]) -> None:
        self._templates = templates
        self._panels: dict[str, Panel] = {}

    def add(self, panel: Panel) -> None:
        """Called by a part's service. A second panel of the same name takes the first one's place."""
        self._panels[panel.name] = panel

    def in_order(self) -> list[Panel]:
        return sorted(self._panels.values(), key=lambda panel: (panel.order, panel.name))

    def slots(self) -> dict[str, list[str]]:
        """Templates that stand in each slot, in order."""
        return {
            slot: [
                f"{panel.name}/_{slot}.html"
                for panel in self.in_order()
                if f"_{slot}.html" in self._templates.get(panel.name, frozenset())
            ]
            for slot in SLOTS
        }

    async def context(self, tx: Tx, actor: Actor, session: Session) -> dict[str, Any]:
        """What the pages give to their templates: `panels`, `slots` and `tabs`."""
        panels = self.in_order()
        data = {panel.name: await panel.data(tx, actor, session) for panel in panels}
        slots = self.slots()
        tabs = [
            Tab(panel.name, panel.tab, panel.order)
            for panel in panels
            if panel.tab and f"{panel.name}/_tab.html" in slots["tab"] and panel.tab_when(data[panel.name], session)
        ]
        return {"panels": data, "slots": slots, "tabs": tabs}

    async def item_begun(self, tx: Tx, actor: Actor, session: Session, item: AgendaItem) -> None:
        for panel in self.in_order():
            if panel.item_begun is not None:
                await panel.item_begun(tx, actor, session, item)

    async def session_ended(self, tx: Tx, actor: Actor, session: Session) -> None:
        for panel in self.in_order():
            if panel.session_ended is not None:
                await panel.session_ended(tx, actor, session)


PANELS: web.AppKey[Panels] = web.AppKey("panels", Panels)


async def panels_service(app: web.Application) -> AsyncIterator[None]:
    """Stands before the services of the parts, which add their panels."""
    app[PANELS] = Panels(
        {
            feature.name: frozenset(path.name for path in (feature.folder / "templates").glob("_*.html"))
            for feature in app[FEATURES]
        }
    )
    yield
