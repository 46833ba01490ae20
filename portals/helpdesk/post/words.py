"""How the helpdesk's mail is put into words: message ids by code."""

from typing import Final

from app.i18n import _

OUTCOMES: Final[dict[str, str]] = {
    "ticket": _("became a ticket"),
    "reply": _("a reply in a ticket"),
    "note": _("a note in a ticket"),
    "delivery": _("tells what became of a letter of ours"),
    "aside": _("set aside"),
}
REASONS: Final[dict[str, str]] = {
    "not_mail": _("This is no letter"),
    "empty": _("Neither subject nor words nor files"),
    "no_sender": _("It names no sender"),
    "several_senders": _("It names several senders, as forged letters do"),
    "headers_too_large": _("Its headers are larger than any letter's"),
    "too_deep": _("Its parts are nested too deep"),
    "too_many_parts": _("It has too many parts"),
    "too_large": _("It is larger than is taken"),
    "loop": _("It runs in a circle, or comes from ourselves"),
    "list": _("A mailing list of somebody nobody here knows"),
    "unknown_bounce": _("It tells of a letter that is not ours"),
    "unknown_answer": _("An automatic answer to nothing of ours"),
    "no_address": _("It is for none of our addresses"),
    "storm": _("Its sender writes too many letters"),
    "fault": _("It could not be read"),
}
VIAS: Final[dict[str, str]] = {
    "": "",
    "reference": _("found by the letter it answers"),
    "token": _("found by the token in the address"),
    "subject": _("found by the number in the subject"),
    "people": _("found by sender and subject"),
    "twin": _("the same letter came to another address"),
}
WHY_WITHHELD: Final[dict[str, str]] = {
    "kind": _("of a kind that is not taken"),
    "damaged": _("damaged"),
    "too_large": _("too large"),
    "too_many": _("too many files"),
    "malware": _("carries malware"),
    "unscanned": _("not checked for malware yet"),
    "empty": _("empty"),
}
