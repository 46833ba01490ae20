"""Events of webhooks, for their leads' pages."""

from typing import ClassVar, Final

from app.feature import Event
from portals.helpdesk.webhooks.model import Delivery, Webhook

ROOM: Final = "helpdesk/webhooks"


class WebhookChanged(Event, frozen=True, tag=True):
    """A webhook as it is now."""

    webhook: Webhook

    @property
    def key(self) -> str:
        return f"webhook/{self.webhook.id}"


class WebhookRemoved(Event, frozen=True, tag=True):
    removes: ClassVar[bool] = True
    webhook: Webhook

    @property
    def key(self) -> str:
        return f"webhook/{self.webhook.id}"


class DeliveryChanged(Event, frozen=True, tag=True):
    """Something was tried, got through, or was given up."""

    delivery: Delivery

    @property
    def key(self) -> str:
        return f"delivery/{self.delivery.id}"
