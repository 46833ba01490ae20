"""A device's history in words. Pure."""

from collections.abc import Mapping
from typing import Any

from portals.equipment.model import Change, HistoryLine, Told
from portals.equipment.rules import FIELD_TITLES, STATE_TITLES


def told(change: Change, units: Mapping[int, str], models: Mapping[int, str]) -> HistoryLine:
    """Fields in the order of the form. States are message ids; units and models stand by the name they have now."""
    names: dict[str, Mapping[Any, str]] = {"unit_id": units, "model_id": models, "state": STATE_TITLES}

    def words(field: str, value: object) -> str:
        if value is None:
            return ""
        known = names.get(field)
        return str(value) if known is None else known.get(value, str(value))

    return HistoryLine(
        id=change.id,
        cause=change.cause,
        by_name=change.by_name,
        at=change.at,
        told=[
            Told(field, words(field, change.changes[field][0]), words(field, change.changes[field][1]))
            for field in FIELD_TITLES
            if field in change.changes
        ],
    )
