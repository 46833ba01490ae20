"""The places in which the portal's parts meet."""

from datetime import UTC, datetime

import msgspec
import pytest

from app.actor import Actor
from app.errors import Conflict
from portals.council.model import AgendaItem, Session
from portals.council.panels import SLOTS, Panel, Panels

MOMENT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
SESSION = Session(
    id=1,
    slug="xxxi",
    number="XXXI",
    title="XXXI sesja",
    place="",
    planned_at=MOMENT,
    state="live",
    stream_id="s",
    chat_open=False,
    started_at=MOMENT,
    ended_at=None,
    rev=1,
)
ITEM = AgendaItem(1, 1, 1, "1", "Otwarcie", "current", MOMENT, 1)


class Data(msgspec.Struct, frozen=True):
    said: str


def panel(name: str, order: int, **more) -> Panel:
    async def data(_tx, actor, session):
        return Data(f"{name} {session.number} {actor.name}")

    return Panel(name=name, data=data, order=order, **more)


@pytest.fixture
def panels():
    found = Panels(
        {
            "votes": frozenset({"_desk.html", "_tab.html", "_parts.html"}),
            "papers": frozenset({"_desk.html", "_tab.html", "_item.html"}),
            "silent": frozenset(),
        }
    )
    found.add(panel("votes", 30, tab="Votes"))
    found.add(panel("papers", 20, tab="Papers", tab_when=lambda data, session: session.state == "ended"))
    found.add(panel("silent", 10, tab="Nobody sees this"))
    return found


async def test_pages_get_what_each_part_returned_and_its_templates_in_order(panels):
    context = await panels.context(None, Actor(name="Jan"), SESSION)
    assert context["panels"] == {
        "silent": Data("silent XXXI Jan"),
        "papers": Data("papers XXXI Jan"),
        "votes": Data("votes XXXI Jan"),
    }
    assert set(context["slots"]) == set(SLOTS)
    assert context["slots"]["desk"] == ["papers/_desk.html", "votes/_desk.html"]
    assert context["slots"]["item"] == ["papers/_item.html"]
    assert context["slots"]["phone"] == []
    # a tab needs a template, and its own consent
    assert [(tab.name, tab.label) for tab in context["tabs"]] == [("votes", "Votes")]
    ended = msgspec.structs.replace(SESSION, state="ended", ended_at=MOMENT)
    assert [tab.name for tab in (await panels.context(None, Actor(), ended))["tabs"]] == ["papers", "votes"]


async def test_parts_hear_what_happens_in_their_order(panels):
    heard = []

    async def item_begun(_tx, actor, session, item):
        heard.append(("item", actor.name, session.id, item.number))

    async def session_ended(_tx, _actor, session):
        heard.append(("end", session.id))
        raise Conflict("Not now")

    panels.add(panel("votes", 30, item_begun=item_begun))
    panels.add(panel("papers", 20, session_ended=session_ended))
    await panels.item_begun(None, Actor(name="Iwona"), SESSION, ITEM)
    assert heard == [("item", "Iwona", 1, "1")]
    # what a part refuses stops the whole action, so that nothing ends half
    with pytest.raises(Conflict):
        await panels.session_ended(None, Actor(), SESSION)
