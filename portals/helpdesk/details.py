"""Values of a category's own fields, and the fields as a lead writes them down. Pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from app.i18n import _
from portals.helpdesk.model import CategoryField, Value
from portals.helpdesk.rules import NEEDED, one_line, plain_words, too_long

NOT_OFFERED: Final = _("Choose one of what is offered")
NO_NUMBER: Final = _("Write a number")
NO_DATE: Final = _("Write a date such as 2026-11-25")
YES: Final = frozenset({"true", "1", "on", "yes", "tak", "y"})
NO: Final = frozenset({"false", "0", "off", "no", "nie", "n"})


def checked_details(
    fields: Sequence[CategoryField], given: Mapping[str, Value | None], *, whole: bool = True
) -> tuple[dict[str, Value], dict[str, str]]:
    """Values as they are kept, and what is wrong by `details.<key>`. `whole`: all fields are answered here, so what is
    required must be there. Values of unknown keys are faults: they would be lost.
    """
    values: dict[str, Value] = {}
    faults: dict[str, str] = {}
    by_key = {one.key: one for one in fields}
    for key in given:
        if key not in by_key:
            faults[f"details.{key[:40]}"] = _("This category has no such field")
    for field in fields:
        if field.key not in given and not whole:
            continue
        value = given.get(field.key)
        if value is None or value == "":
            if field.required:
                faults[f"details.{field.key}"] = NEEDED
            continue
        kept, fault = checked_value(field, value)
        if fault:
            faults[f"details.{field.key}"] = fault
        elif kept is not None:
            values[field.key] = kept
    return values, faults


def checked_value(field: CategoryField, value: Value) -> tuple[Value | None, str]:
    """The value as it is kept, or what is wrong with it."""
    match field.kind:
        case "yes_no":
            return _yes_no(value)
        case "number":
            return _number(field, value)
        case "date":
            return _date(value)
        case "choice":
            return (value, "") if isinstance(value, str) and value in field.choices else (None, NOT_OFFERED)
        case "text":
            text = one_line(str(value))
            return text, too_long(text, 500)


def _yes_no(value: Value) -> tuple[Value | None, str]:
    if isinstance(value, bool):
        return value, ""
    word = str(value).strip().lower()
    return (word in YES, "") if word in YES | NO else (None, NOT_OFFERED)


def _number(field: CategoryField, value: Value) -> tuple[Value | None, str]:
    if isinstance(value, bool):
        return None, NO_NUMBER
    try:
        number = float(value.replace(",", ".").replace(" ", "")) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return None, NO_NUMBER
    if not math.isfinite(number) or abs(number) > 1e15:
        return None, NO_NUMBER
    if field.minimum is not None and number < field.minimum:
        return None, _("This number is too small")
    if field.maximum is not None and number > field.maximum:
        return None, _("This number is too large")
    return (int(number) if number.is_integer() else number), ""


def _date(value: Value) -> tuple[Value | None, str]:
    try:
        return date.fromisoformat(str(value).strip()).isoformat(), ""
    except ValueError:
        return None, NO_DATE


def field_faults(fields: Sequence[CategoryField]) -> str:
    """What is wrong with the fields of a category; empty: nothing."""
    if len({one.key for one in fields}) != len(fields):
        return _("Two fields have the same name")
    for one in fields:
        if one.kind == "choice" and len(one.choices) < 2:
            return _("A choice needs two answers at least")
        if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
            return _("The smallest number is larger than the largest")
    return ""


def key_of(label: str, taken: Sequence[str]) -> str:
    """A key for a field that a lead has just named; later labels change and the key stays."""
    words = "_".join(plain_words(label).split())
    letters = "".join(one for one in words if one.isascii())[:24].strip("_")
    stem = letters if letters[:1].isalpha() else f"f_{letters}".rstrip("_")
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}_{number}"
    return key


def in_words(value: Value | None) -> str:
    """For events: codes and numbers as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
