"""Events of the bell and of the wall, and the names of their rooms."""

from app.feature import Event
from portals.helpdesk.alerts.model import Bell, WallQueue


class BellChanged(Event, frozen=True, tag=True):
    """Settings are others, or alerts were put away: on every page of the account."""

    bell: Bell


class WallChanged(Event, frozen=True, tag=True):
    """A queue on the wall as it is now."""

    queue: WallQueue


class WallEnded(Event, frozen=True, tag=True):
    """The address was taken back: the screen goes dark."""


def bell_room(account_id: int) -> str:
    return f"helpdesk/bell/{account_id}"


def wall_room(queue_id: int, key: str = "") -> str:
    """`key`: of an address; without it for those who work at the helpdesk."""
    return f"helpdesk/wall/{queue_id}/{key}" if key else f"helpdesk/wall/{queue_id}"
