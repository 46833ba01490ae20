"""Webhooks: the visible place where everything they add stands."""

from pathlib import Path
from typing import Any, Final

from app.feature import Feature, Handler, OutgoingEvent, Room, RoomKind, Route
from portals.helpdesk.api_routes import LEADS
from portals.helpdesk.webhooks import actions, api, demo, pages, words
from portals.helpdesk.webhooks.dispatching import dispatch_service
from portals.helpdesk.webhooks.events import ROOM, DeliveryChanged, WebhookChanged, WebhookRemoved
from portals.helpdesk.webhooks.model import (
    AlarmMessage,
    Deliveries,
    Delivery,
    DeliveryView,
    EntryMessage,
    OutageMessage,
    ProbeMessage,
    TicketMessage,
    Webhook,
    WebhookDraft,
    Webhooks,
    WithSecret,
)
from portals.helpdesk.webhooks.settings import WebhookSettings

_ONE: Final = rf"{pages.HOME}/{{webhook_id:\d{{1,18}}}}"
_SENT: Final = rf"{_ONE}/wyslane/{{delivery_id:\d{{1,18}}}}"
_API: Final = "/api/helpdesk/webhooks"
_API_ONE: Final = rf"{_API}/{{webhook_id:\d{{1,18}}}}"
_API_SENT: Final = rf"{_API_ONE}/deliveries/{{delivery_id:\d{{1,18}}}}"


def _page(method: str, path: str, handler: Handler, name: str = "") -> Route:
    return Route(method=method, path=path, handler=handler, allow=LEADS, name=name)


def _api(method: str, path: str, handler: Handler, summary: str, **more: Any) -> Route:
    return Route(method=method, path=path, handler=handler, allow=LEADS, summary=summary, **more)


ROUTES: Final = (
    _page("GET", pages.HOME, pages.show_list, "settings"),
    _page("GET", f"{pages.HOME}/nowy", pages.new, "new"),
    _page("POST", f"{pages.HOME}/nowy", pages.new),
    _page("GET", _ONE, pages.show, "webhook"),
    _page("POST", _ONE, pages.show),
    _page("POST", f"{_ONE}/sekret", pages.rotate),
    _page("POST", f"{_ONE}/proba", pages.test),
    _page("POST", f"{_ONE}/usun", pages.remove),
    _page("GET", _SENT, pages.show_delivery, "delivery"),
    _page("POST", f"{_SENT}/ponow", pages.send_again),
    _api("GET", _API, api.list_webhooks, "Webhooks and how they fare", reply=Webhooks),
    _api("POST", _API, api.add, "Make a webhook; its secret is told this once", body=WebhookDraft, reply=WithSecret,
         status=201),
    _api("PUT", _API_ONE, api.change, "Change a webhook, switch it on or off", body=WebhookDraft, reply=Webhook),
    _api("DELETE", _API_ONE, api.remove, "Remove a webhook with what has not got through", status=204),
    _api("POST", f"{_API_ONE}/secret", api.rotate, "Make a new secret; for a day the one before signs too",
         reply=WithSecret),
    _api("POST", f"{_API_ONE}/test", api.test, "Send a test", reply=Delivery, status=201),
    _api("GET", f"{_API_ONE}/deliveries", api.list_deliveries, "What was sent, the newest first", query=api.LogQuery,
         reply=Deliveries),
    _api("GET", _API_SENT, api.show_delivery, "Something that was sent, with its body and each attempt",
         reply=DeliveryView),
    _api("POST", f"{_API_SENT}/redeliver", api.send_again, "Send it once more, under the same id", reply=Delivery),
)  # fmt: skip

TICKETS: Final = tuple(
    OutgoingEvent(name=name, summary=words.EVENTS[name], body=TicketMessage)
    for name in ("ticket.sent", "ticket.changed", "ticket.solved", "ticket.closed")
)
OUTAGES: Final = tuple(
    OutgoingEvent(name=name, summary=text, body=OutageMessage)
    for name, text in words.EVENTS.items()
    if name.startswith("outage.")
)

FEATURE = Feature(
    name="helpdesk_webhooks",
    folder=Path(__file__).parent,
    needs=("identity", "realtime", "push", "helpdesk", "helpdesk_sla", "helpdesk_outages"),
    settings=WebhookSettings,
    routes=ROUTES,
    rooms=(
        Room(
            pattern=ROOM,
            allow=LEADS,
            kind=RoomKind.LATEST,
            snapshot=actions.snapshot,
            events=(WebhookChanged, WebhookRemoved, DeliveryChanged),
            summary="Webhooks and what they send, for leads",
        ),
    ),
    services=(dispatch_service,),
    outgoing=(
        *TICKETS,
        OutgoingEvent(name="ticket.replied", summary=words.EVENTS["ticket.replied"], body=EntryMessage),
        OutgoingEvent(name="ticket.noted", summary=words.OTHERS["ticket.noted"], body=EntryMessage),
        OutgoingEvent(name="ticket.alarm", summary=words.EVENTS["ticket.alarm"], body=AlarmMessage),
        *OUTAGES,
        OutgoingEvent(name="webhook.test", summary=words.OTHERS["webhook.test"], body=ProbeMessage),
    ),
    demo=demo.fill,
    template_globals={"webhook_words": words},
)
