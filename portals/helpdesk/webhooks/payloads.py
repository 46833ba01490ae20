"""What is sent, made of rows as they were when it happened. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import msgspec

from portals.helpdesk.numbers import digits_of, number_of
from portals.helpdesk.webhooks.model import (
    AlarmData,
    AlarmMessage,
    AlarmSaid,
    EntryData,
    EntryMessage,
    EntrySaid,
    OutageData,
    OutageMessage,
    OutageSaid,
    ProbeData,
    ProbeMessage,
    TicketData,
    TicketMessage,
    TicketSaid,
    UpdateSaid,
)


def body_of(kind: str, data: Mapping[str, Any], at: datetime, origin: str) -> str:
    """JSON. `origin`: of this installation, for links. Raises `msgspec.ValidationError` for rows of another time."""
    return msgspec.json.encode(_message(cast("Any", kind), data, at, origin)).decode()


def _message(kind: Any, data: Mapping[str, Any], at: datetime, origin: str) -> msgspec.Struct:
    if kind == "webhook.test":
        return ProbeMessage(type=kind, timestamp=at, data=ProbeData(str(data["webhook"])))
    if kind.startswith("outage."):
        row = data["outage"]
        outage = msgspec.convert({**row, "url": f"{origin}/pomoc/awarie/{row['id']}"}, OutageSaid)
        return OutageMessage(
            type=kind, timestamp=at, data=OutageData(outage, msgspec.convert(data["update"], UpdateSaid))
        )
    ticket = _ticket(data["ticket"], origin)
    if kind in {"ticket.replied", "ticket.noted"}:
        return EntryMessage(type=kind, timestamp=at, data=EntryData(ticket, msgspec.convert(data["entry"], EntrySaid)))
    if kind == "ticket.alarm":
        return AlarmMessage(type=kind, timestamp=at, data=AlarmData(ticket, msgspec.convert(data["alarm"], AlarmSaid)))
    return TicketMessage(type=kind, timestamp=at, data=TicketData(ticket))


def _ticket(row: Mapping[str, Any], origin: str) -> TicketSaid:
    ticket_id = int(row["id"])
    more = {"number": number_of(ticket_id), "url": f"{origin}/pomoc/obsluga/{digits_of(ticket_id)}"}
    return msgspec.convert({**row, **more}, TicketSaid)
