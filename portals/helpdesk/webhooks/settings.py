"""What an operator allows webhooks: section `helpdesk_webhooks`."""

from ipaddress import ip_network
from typing import Annotated

import msgspec

from app.config import Described
from app.errors import ConfigurationError
from portals.helpdesk.webhooks.rules import Network


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where webhooks may go, and how long a receiver may take."""

    allow_networks: Annotated[
        tuple[str, ...],
        Described(
            description="Networks inside the office to which webhooks may be sent, over http too, such as"
            " `10.20.0.0/16`. Everything else must be a public address over https."
        ),
    ] = ()
    timeout_s: Annotated[
        float,
        msgspec.Meta(ge=1, le=30),
        Described(description="Seconds in which a receiver must have answered; then it is tried again later."),
    ] = 15.0


def networks_of(settings: WebhookSettings) -> tuple[Network, ...]:
    """Raises `ConfigurationError` for what is no network."""
    try:
        return tuple(ip_network(one, strict=False) for one in settings.allow_networks)
    except ValueError as problem:
        raise ConfigurationError(f"[helpdesk_webhooks] allow_networks: {problem}") from None
