"""Events of outages and the names of their rooms."""

from typing import ClassVar, Final

from app.feature import Event
from portals.helpdesk.outages.model import Notice, Outage, PublicNotice

DESK_ROOM: Final = "helpdesk/outages"
PUBLIC_ROOM: Final = "helpdesk/outages/public"


class OutageChanged(Event, frozen=True, tag=True):
    """An outage as the helpdesk sees it now: words, moments, counts."""

    outage: Outage

    @property
    def key(self) -> str:
        return f"outage/{self.outage.id}"


class NoticeChanged(Event, frozen=True, tag=True):
    """What hits a unit, or is planned for it, as it is now."""

    notice: Notice

    @property
    def key(self) -> str:
        return f"notice/{self.notice.id}"


class NoticeLeft(Event, frozen=True, tag=True):
    """It is over, was called off, or does not hit this unit any more."""

    removes: ClassVar[bool] = True
    notice: Notice

    @property
    def key(self) -> str:
        return f"notice/{self.notice.id}"


class PublicNoticeChanged(Event, frozen=True, tag=True):
    """What residents see of an outage, as it is now; also once it is over."""

    notice: PublicNotice

    @property
    def key(self) -> str:
        return f"notice/{self.notice.id}"


class PublicNoticeLeft(Event, frozen=True, tag=True):
    """It was called off, or is not public any more."""

    removes: ClassVar[bool] = True
    notice: PublicNotice

    @property
    def key(self) -> str:
        return f"notice/{self.notice.id}"


def unit_room(unit_id: int) -> str:
    return f"helpdesk/outages/unit/{unit_id}"
