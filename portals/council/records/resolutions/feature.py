"""The register of resolutions: the visible place where everything it adds stands."""

from pathlib import Path

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Feature, NavItem, Params, Room, RoomKind, Route, having
from portals.council.records.resolutions import actions, api, demo, pages
from portals.council.records.resolutions.model import ROOM, Draft, Register, Resolution, ResolutionChanged
from portals.council.rules import DESK_ROLES

KEEPERS = having(*DESK_ROLES)
ID = r"{resolution_id:\d{1,18}}"


async def snapshot(tx: Tx, actor: Actor, _params: Params) -> Register:
    return await actions.register_view(tx, actor)


FEATURE = Feature(
    name="resolutions",
    folder=Path(__file__).parent,
    needs=("council", "votes"),
    nav=(NavItem(label="Resolutions", path="/council/resolutions", allow=ANYONE, order=22, icon="document"),),
    routes=(
        Route(method="GET", path="/council/resolutions", handler=pages.list_resolutions, allow=ANYONE, name="register"),
        Route(method="GET", path="/council/resolutions/new", handler=pages.show_new, allow=KEEPERS, name="new"),
        Route(method="POST", path="/council/resolutions/new", handler=pages.enter_resolution, allow=KEEPERS),
        Route(
            method="GET",
            path=f"/council/resolutions/{ID}",
            handler=pages.show_resolution,
            allow=ANYONE,
            name="resolution",
        ),
        Route(method="GET", path=f"/council/resolutions/{ID}/text", handler=pages.send_text, allow=ANYONE, name="text"),
        Route(
            method="POST",
            path=f"/council/resolutions/{ID}/text",
            handler=pages.attach_text,
            allow=KEEPERS,
            max_bytes=pages.LARGEST_TEXT + 1024 * 1024,
        ),
        Route(
            method="GET", path=f"/council/resolutions/{ID}/edit", handler=pages.show_edit, allow=KEEPERS, name="edit"
        ),
        Route(method="POST", path=f"/council/resolutions/{ID}/edit", handler=pages.change_resolution, allow=KEEPERS),
        Route(
            method="GET",
            path="/api/council/resolutions",
            handler=api.list_resolutions,
            allow=ANYONE,
            summary="The register of resolutions, newest first",
            query=api.Asked,
            reply=Register,
        ),
        Route(
            method="GET",
            path=f"/api/council/resolutions/{ID}",
            handler=api.show_resolution,
            allow=ANYONE,
            summary="A resolution",
            reply=Resolution,
        ),
        Route(
            method="POST",
            path="/api/council/resolutions",
            handler=api.enter_resolution,
            allow=KEEPERS,
            summary="Enter a resolution into the register",
            body=Draft,
            reply=Resolution,
            status=201,
        ),
        Route(
            method="PUT",
            path=f"/api/council/resolutions/{ID}",
            handler=api.change_resolution,
            allow=KEEPERS,
            summary="Change an entry of the register",
            body=api.Change,
            reply=Resolution,
        ),
    ),
    rooms=(
        Room(
            pattern=ROOM,
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=snapshot,
            events=(ResolutionChanged,),
            summary="The register of resolutions; the snapshot holds the newest hundred",
        ),
    ),
    demo=demo.fill,
)
