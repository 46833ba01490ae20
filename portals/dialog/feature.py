"""Consultations: the visible place where everything they add stands."""

from pathlib import Path

from app.actor import Actor
from app.database import Tx
from app.feature import ANYONE, Feature, NavItem, Params, Role, Room, RoomKind
from portals.dialog import actions, demo, rules
from portals.dialog.access import room_number
from portals.dialog.blocks import blocks_service
from portals.dialog.clock import clock_service
from portals.dialog.model import (
    BlockChanged,
    ConsultationChanged,
    ConsultationView,
    PhaseBegun,
    PhaseChanged,
    PhaseEnded,
    PlanReplaced,
)
from portals.dialog.notices import TELL
from portals.dialog.routes import ROUTES
from portals.dialog.settings import DialogSettings
from portals.dialog.verification import TELL_VERIFIED


async def consultation_snapshot(tx: Tx, actor: Actor, params: Params) -> ConsultationView:
    return await actions.consultation_view(tx, actor, room_number(params, "consultation_id"))


FEATURE = Feature(
    name="dialog",
    folder=Path(__file__).parent,
    needs=("identity", "mail", "realtime"),
    settings=DialogSettings,
    roles=(
        Role(name=rules.CLERK, title="Clerk of consultations"),
        Role(name=rules.MODERATOR, title="Moderator of consultations"),
    ),
    nav=(NavItem(label="Consultations", path="/dialog", allow=ANYONE, order=15, icon="dialog"),),
    routes=ROUTES,
    rooms=(
        Room(
            pattern="dialog/{consultation_id}",
            allow=ANYONE,
            kind=RoomKind.LATEST,
            snapshot=consultation_snapshot,
            events=(ConsultationChanged, PhaseChanged, PhaseBegun, PhaseEnded, BlockChanged, PlanReplaced),
            summary="A consultation with its phases and blocks",
        ),
    ),
    jobs=(TELL, TELL_VERIFIED),
    services=(blocks_service, clock_service),
    demo=demo.fill,
    template_globals={"which_of_two": rules.which_of_two},
)
