"""Who gets through where: every route and room of the helpdesk and of its parts, about the requester's ticket.

Letters are those of `walking.py`: R requester · C colleague of another unit · H head of the requester's unit · A agent of
the queue · O agent of another queue · L lead · U auditor · S resident · N nobody. Whoever is not named is refused: 401,
403 or 404, or led to the sign-in. A route that is added needs its line here, else the walk fails.

`BODIES` says what is sent where a route wants something; a part that is added brings its own table below.
"""

from typing import Any, Final

from tests.portals.helpdesk.knowledge import walk as knowledge

STAFF: Final = "RCHAOLU"
SIGNED: Final = STAFF + "S"
DESK: Final = "AOL"
INSIDE: Final = DESK + "U"
READERS: Final = "LU"
LEADS: Final = "L"
EVERYBODY: Final = SIGNED + "N"
NOBODY: Final = ""
OWN: Final = "A"
"""What the agent of the queue keeps for herself."""
HIT: Final = "RH"
"""Whose unit the outage hits."""
FOLLOWS: Final = "RHALU"
"""Of the ticket: who sent it, its unit's head, the helpdesk."""
TICKET: Final = "ALU"
"""Of the ticket from inside."""
WORKS: Final = "AL"

_N: Final = "/pomoc/{number}"
_D: Final = "/pomoc/obsluga/{number}"
_S: Final = "/pomoc/ustawienia"
_A: Final = "/api/helpdesk"
_T: Final = f"{_A}/tickets/{{number}}"

CORE: Final = {
    "GET /pomoc": SIGNED,
    "GET /pomoc/nowe": STAFF,
    "POST /pomoc/nowe": STAFF,
    "GET /pomoc/urzadzenie/{label}": STAFF,
    "GET /pomoc/obsluga": INSIDE,
    "GET /pomoc/obsluga/nowe": DESK,
    "POST /pomoc/obsluga/nowe": DESK,
    f"GET {_D}": TICKET,
    f"POST {_D}/fields": WORKS,
    f"POST {_D}/say": WORKS,
    f"POST {_D}/{{verb}}": WORKS,
    f"GET {_S}": LEADS,
    f"GET {_S}/priorytety": LEADS,
    f"POST {_S}/priorytety": LEADS,
    f"GET {_S}/{{kind}}": LEADS,
    f"GET {_S}/{{kind}}/{{thing_id}}": LEADS,
    f"POST {_S}/{{kind}}/{{thing_id}}": LEADS,
    f"POST {_S}/{{kind}}/{{thing_id}}/remove": LEADS,
    f"GET {_S}/canned-replies": DESK,
    f"GET {_S}/canned-replies/{{thing_id}}": LEADS,
    f"POST {_S}/canned-replies/{{thing_id}}": LEADS,
    f"POST {_S}/canned-replies/{{thing_id}}/remove": LEADS,
    f"GET {_N}": FOLLOWS,
    f"POST {_N}": "RH",
    f"POST {_N}/rate": "R",
    f"POST {_N}/close": "R",
    f"POST {_N}/approval/{{verb}}": FOLLOWS,
    f"GET {_N}/files/{{file_id}}": FOLLOWS,
    f"GET {_A}/own": SIGNED,
    f"GET {_A}/queues": INSIDE,
    f"GET {_A}/queues/{{queue_id}}/tickets": TICKET,
    f"GET {_A}/queues/{{queue_id}}/agents": TICKET,
    f"POST {_A}/tickets": STAFF,
    f"POST {_A}/tickets/entered": DESK,
    f"POST {_A}/tickets/changes": DESK,
    f"GET {_T}": FOLLOWS,
    f"GET {_T}/inside": TICKET,
    f"PATCH {_T}": WORKS,
    f"POST {_T}/replies": "RHAL",
    f"POST {_T}/notes": WORKS,
    f"GET {_T}/files/{{file_id}}": FOLLOWS,
    f"POST {_T}/merge": WORKS,
    f"POST {_T}/unmerge": WORKS,
    f"POST {_T}/split": WORKS,
    f"POST {_T}/relations": WORKS,
    f"PUT {_T}/parent": WORKS,
    f"POST {_T}/watchers": WORKS,
    f"POST {_T}/approvals": WORKS,
    f"POST {_A}/approvals/{{approval_id}}": "H",
    f"POST {_T}/checks": WORKS,
    f"PUT {_T}/checks/{{check_id}}": WORKS,
    f"DELETE {_T}/checks/{{check_id}}": WORKS,
    f"POST {_T}/time": WORKS,
    f"POST {_T}/rating": "R",
    f"POST {_T}/close": "R",
    f"POST {_T}/seen": FOLLOWS,
    f"GET {_T}/canned-replies": TICKET,
    f"GET {_A}/approvals": SIGNED,
    f"GET {_A}/units": STAFF,
    f"GET {_A}/devices/{{label}}": STAFF,
    f"GET {_A}/people": DESK,
    f"GET {_A}/categories": SIGNED,
    f"GET {_A}/setup": INSIDE,
    f"PUT {_A}/setup/teams": LEADS,
    f"PUT {_A}/setup/queues": LEADS,
    f"PUT {_A}/setup/services": LEADS,
    f"PUT {_A}/setup/categories": LEADS,
    f"PUT {_A}/setup/rules": LEADS,
    f"PUT {_A}/setup/canned-replies": LEADS,
    f"PUT {_A}/setup/templates": LEADS,
    f"DELETE {_A}/setup/rules/{{thing_id}}": LEADS,
    f"DELETE {_A}/setup/canned-replies/{{thing_id}}": LEADS,
    f"DELETE {_A}/setup/templates/{{thing_id}}": LEADS,
    f"PUT {_A}/setup/matrix": LEADS,
    "room helpdesk/alerts/{queue_id}": TICKET,
    "room helpdesk/queue/{queue_id}": TICKET,
    "room helpdesk/ticket/{ticket_id}": FOLLOWS,
    "room helpdesk/ticket/{ticket_id}/inside": TICKET,
    "room helpdesk/own/{account_id}": "R",
}

_CALENDAR: Final = f"{_S}/kalendarze/{{calendar_id}}"
SLA: Final = {
    "GET /pomoc/obsluga/terminy": INSIDE,
    f"GET {_S}/terminy": READERS,
    f"GET {_S}/terminy/nowa": LEADS,
    f"POST {_S}/terminy/nowa": LEADS,
    f"GET {_S}/terminy/{{agreement_id}}": LEADS,
    f"POST {_S}/terminy/{{agreement_id}}": LEADS,
    f"POST {_S}/terminy/{{agreement_id}}/usun": LEADS,
    f"GET {_S}/kalendarze/nowy": LEADS,
    f"POST {_S}/kalendarze/nowy": LEADS,
    f"GET {_CALENDAR}": LEADS,
    f"POST {_CALENDAR}": LEADS,
    f"POST {_CALENDAR}/usun": LEADS,
    f"POST {_CALENDAR}/dni": LEADS,
    f"POST {_CALENDAR}/dni/{{day}}/usun": LEADS,
    f"POST {_CALENDAR}/dni/{{day}}/przywroc": LEADS,
    f"POST {_CALENDAR}/godziny/{{day}}/usun": LEADS,
    f"GET {_T}/clocks": TICKET,
    f"GET {_T}/promise": FOLLOWS,
    f"GET {_A}/queues/{{queue_id}}/clocks": TICKET,
    f"GET {_A}/queues/{{queue_id}}/alarms": TICKET,
    f"GET {_A}/sla": READERS,
    f"POST {_A}/sla/agreements": LEADS,
    f"PUT {_A}/sla/agreements/{{agreement_id}}": LEADS,
    f"DELETE {_A}/sla/agreements/{{agreement_id}}": LEADS,
    f"POST {_A}/sla/calendars": LEADS,
    f"PUT {_A}/sla/calendars/{{calendar_id}}": LEADS,
    f"DELETE {_A}/sla/calendars/{{calendar_id}}": LEADS,
    f"DELETE {_A}/sla/calendars/{{calendar_id}}/weeks/{{day}}": LEADS,
    f"POST {_A}/sla/calendars/{{calendar_id}}/days": LEADS,
    f"DELETE {_A}/sla/calendars/{{calendar_id}}/days/{{day}}": LEADS,
    "room helpdesk/clocks/{queue_id}": TICKET,
    "room helpdesk/promise/{ticket_id}": FOLLOWS,
    "room helpdesk/alarms/{queue_id}": TICKET,
    "room helpdesk/sla": READERS,
}

REPORTS: Final = {
    "GET /pomoc/raporty": READERS,
    "GET /pomoc/raporty.xlsx": READERS,
    f"GET {_A}/reports": READERS,
}

_LETTER: Final = f"{_A}/letters/{{letter_id}}"
POST: Final = {
    f"GET {_S}/poczta": LEADS,
    f"GET {_S}/poczta/{{address_id}}": LEADS,
    f"POST {_S}/poczta/{{address_id}}": LEADS,
    "GET /pomoc/poczta": READERS,
    "GET /pomoc/poczta/{letter_id}": TICKET,
    "GET /pomoc/poczta/{letter_id}/raw": TICKET,
    "POST /pomoc/poczta/{letter_id}/{verb}": LEADS,
    f"GET {_A}/letters": READERS,
    f"GET {_LETTER}": TICKET,
    f"GET {_LETTER}/raw": TICKET,
    f"POST {_LETTER}/ticket": LEADS,
    f"POST {_LETTER}/discard": LEADS,
    f"POST {_LETTER}/discard-storm": LEADS,
    f"POST {_LETTER}/restore": LEADS,
    f"POST {_LETTER}/check": LEADS,
    f"GET {_A}/mail": READERS,
    f"POST {_A}/mail/addresses": LEADS,
    f"PUT {_A}/mail/addresses/{{address_id}}": LEADS,
    "room helpdesk/post": READERS,
}

_V: Final = "/pomoc/widoki"
DESK_PARTS: Final = {
    f"POST {_T}/company": WORKS,
    f"POST {_A}/desk/changes": DESK,
    f"POST {_A}/desk/changes/{{change_id}}/undo": DESK,
    "room helpdesk/queue/{queue_id}/company": TICKET,
    "room helpdesk/ticket/{ticket_id}/company": TICKET,
}
ALERTS: Final = {
    "GET /pomoc/dzwonek": DESK,
    "POST /pomoc/dzwonek": DESK,
    "POST /pomoc/dzwonek/cisza": DESK,
    "POST /pomoc/dzwonek/gra": DESK,
    "POST /pomoc/dzwonek/wyczysc": DESK,
    "GET /pomoc/tablica": INSIDE,
    "GET /pomoc/tablica/{secret}": NOBODY,
    f"GET {_S}/tablice": LEADS,
    f"POST {_S}/tablice": LEADS,
    f"POST {_S}/tablice/{{board_id}}/cofnij": LEADS,
    f"GET {_A}/bell": DESK,
    f"PUT {_A}/bell": DESK,
    f"POST {_A}/bell/quiet": DESK,
    f"POST {_A}/bell/clear": DESK,
    f"POST {_A}/bell/seen": DESK,
    f"GET {_A}/wall": INSIDE,
    "room helpdesk/bell/{account_id}": NOBODY,
    "room helpdesk/wall/{queue_id}": TICKET,
    "room helpdesk/wall/{queue_id}/{key}": NOBODY,
}
FINDING: Final = {
    "GET /pomoc/szukaj": INSIDE,
    "GET /pomoc/moje": SIGNED,
    f"GET {_V}": INSIDE,
    f"POST {_V}": DESK,
    f"GET {_V}/{{view_id}}": OWN,
    f"POST {_V}/{{view_id}}": OWN,
    f"POST {_V}/{{view_id}}/remove": OWN,
    f"POST {_V}/{{view_id}}/{{verb}}": OWN,
    f"POST {_V}/{{view_id}}/undo/{{rev}}": OWN,
    f"GET {_S}/import": LEADS,
    f"POST {_S}/import": LEADS,
    f"GET {_S}/import/{{import_id}}": LEADS,
    f"POST {_S}/import/{{import_id}}/{{verb}}": LEADS,
    f"GET {_S}/import/{{import_id}}/bledy.csv": LEADS,
    f"GET {_A}/search": INSIDE,
    f"GET {_A}/own/search": SIGNED,
    f"GET {_A}/views": INSIDE,
    f"GET {_A}/views/counts": INSIDE,
    f"POST {_A}/views": DESK,
    f"PUT {_A}/views/{{view_id}}": OWN,
    f"DELETE {_A}/views/{{view_id}}": OWN,
    f"POST {_A}/views/{{view_id}}/undo/{{rev}}": OWN,
    f"GET {_A}/imports": LEADS,
    f"GET {_A}/imports/{{import_id}}": LEADS,
    f"POST {_A}/imports/{{import_id}}/{{verb}}": LEADS,
    "room helpdesk/views/{account_id}": NOBODY,
    "room helpdesk/import/{import_id}": LEADS,
}
_O: Final = "/pomoc/obsluga/awarie/{outage_id}"
_OA: Final = f"{_A}/outages/{{outage_id}}"
OUTAGES: Final = {
    "GET /awarie": EVERYBODY,
    "GET /pomoc/obsluga/awarie": INSIDE,
    "GET /pomoc/obsluga/awarie/nowa": DESK,
    "POST /pomoc/obsluga/awarie/nowa": DESK,
    f"GET {_O}": INSIDE,
    f"GET {_O}/zmiana": DESK,
    f"POST {_O}/zmiana": DESK,
    f"POST {_O}/wpis": WORKS,
    f"POST {_O}/koniec": WORKS,
    f"POST {_O}/odwolanie": WORKS,
    f"POST {_O}/zgloszenia/{{verb}}": WORKS,
    "GET /pomoc/awarie/{outage_id}": HIT + INSIDE,
    "POST /pomoc/awarie/{outage_id}/{verb}": HIT,
    "POST /pomoc/awarie/zgloszenia/{number}/{verb}": "R",
    f"GET {_A}/outages/own": SIGNED,
    f"GET {_A}/outages/public": EVERYBODY,
    f"GET {_A}/outages": INSIDE,
    f"POST {_A}/outages": DESK,
    f"GET {_OA}": INSIDE,
    f"PUT {_OA}": WORKS,
    f"POST {_OA}/updates": WORKS,
    f"POST {_OA}/end": WORKS,
    f"POST {_OA}/withdraw": WORKS,
    f"POST {_OA}/tickets": WORKS,
    f"POST {_OA}/me-too": HIT,
    f"POST {_T}/belonging": "R",
    "room helpdesk/outages": INSIDE,
    "room helpdesk/outages/public": EVERYBODY,
    "room helpdesk/outages/unit/{unit_id}": HIT,
}
_W: Final = f"{_S}/webhooki"
_WA: Final = f"{_A}/webhooks/{{webhook_id}}"
WEBHOOKS: Final = dict.fromkeys(
    (
        f"GET {_W}", f"GET {_W}/nowy", f"POST {_W}/nowy", f"GET {_W}/{{webhook_id}}", f"POST {_W}/{{webhook_id}}",
        f"POST {_W}/{{webhook_id}}/sekret", f"POST {_W}/{{webhook_id}}/proba", f"POST {_W}/{{webhook_id}}/usun",
        f"GET {_W}/{{webhook_id}}/wyslane/{{delivery_id}}", f"POST {_W}/{{webhook_id}}/wyslane/{{delivery_id}}/ponow",
        f"GET {_A}/webhooks", f"POST {_A}/webhooks", f"PUT {_WA}", f"DELETE {_WA}", f"POST {_WA}/secret",
        f"POST {_WA}/test", f"GET {_WA}/deliveries", f"GET {_WA}/deliveries/{{delivery_id}}",
        f"POST {_WA}/deliveries/{{delivery_id}}/redeliver", "room helpdesk/webhooks",
    ),
    LEADS,
)  # fmt: skip
_K: Final = "/pomoc/wiedza/{article_id}"
_E: Final = "/pomoc/wiedza/redakcja/{article_id}"
_KA: Final = f"{_A}/knowledge/{{article_id}}"
KNOWLEDGE: Final = {
    "GET /pomoc/wiedza": STAFF,
    f"GET {_K}": STAFF,
    f"POST {_K}/ocena": STAFF,
    f"GET {_K}/obrazy/{{picture}}": STAFF,
    "GET /pomoc/wiedza/redakcja": INSIDE,
    "GET /pomoc/wiedza/redakcja/nowy": DESK,
    "POST /pomoc/wiedza/redakcja/nowy": DESK,
    f"GET {_E}": INSIDE,
    f"POST {_E}": DESK,
    f"GET {_E}/historia": INSIDE,
    f"GET {_E}/wersje/{{version}}": INSIDE,
    f"POST {_E}/wersje/{{version}}/przywroc": DESK,
    f"POST {_E}/wersje/{{version}}/opublikuj": LEADS,
    f"POST {_E}/wycofaj": LEADS,
    f"POST {_E}/przeglad": LEADS,
    f"GET {_A}/knowledge": STAFF,
    f"POST {_A}/knowledge": DESK,
    f"GET {_A}/knowledge/search": STAFF,
    f"POST {_A}/knowledge/suggestions": STAFF,
    f"GET {_A}/knowledge/drafts": INSIDE,
    f"GET {_KA}": STAFF,
    f"PUT {_KA}": DESK,
    f"GET {_KA}/editing": INSIDE,
    f"GET {_KA}/revisions/{{version}}": INSIDE,
    f"POST {_KA}/revisions/{{version}}/restore": DESK,
    f"PUT {_KA}/publication": LEADS,
    f"DELETE {_KA}/publication": LEADS,
    f"PUT {_KA}/review": LEADS,
    f"PUT {_KA}/rating": STAFF,
    f"POST {_KA}/spared": STAFF,
    f"DELETE {_A}/knowledge/spared/{{form_key}}": STAFF,
    f"GET {_T}/articles": TICKET,
    "room helpdesk/knowledge/{article_id}": STAFF,
    "room helpdesk/knowledge/{article_id}/inside": INSIDE,
}

EXPECTED: Final[dict[str, dict[str, str]]] = {
    "helpdesk": CORE,
    "helpdesk_sla": SLA,
    "helpdesk_reports": REPORTS,
    "helpdesk_post": POST,
    "helpdesk_desk": DESK_PARTS,
    "helpdesk_alerts": ALERTS,
    "helpdesk_finding": FINDING,
    "helpdesk_outages": OUTAGES,
    "helpdesk_webhooks": WEBHOOKS,
    "helpdesk_knowledge": KNOWLEDGE,
}
"""By feature."""

ABSENT: Final = {"change_id", "board_id", "import_id", "webhook_id", "delivery_id", "picture", "secret", "key", "rev"}
"""Places for which the walk makes no object: who may is told that there is none, who may not is refused before."""
LAST: Final = (
    "/usun",
    "/wycofaj",
    "/koniec",
    "/odwolanie",
    "/end",
    "/withdraw",
    "/remove",
    "/close",
    "/merge",
    "DELETE ",
)
"""What ends something goes last, and needs one person only who gets through: for the next one it has ended."""

PAST_THE_DOOR: Final = {
    f"GET {_O}/zmiana": "who may not change the outage is led to the page that shows it",
    f"POST {_O}/zmiana": "the same, and nothing is changed: the walk would see another digest",
    f"POST {_N}/approval/{{verb}}": "whoever sees the ticket hears that there is nothing for them to decide",
    f"POST {_A}/tickets/changes": "each ticket is answered for by itself: another queue's is among the refused ones",
}
"""Lines above that are wider than what somebody can do, each with its reason."""

_CATEGORY: Final = {"name": "Nowa"}
_HOURS: Final = ["8-16"] * 5 + ["", ""]
BODIES: Final[dict[str, dict[str, Any]]] = {
    f"PUT {_A}/views/{{view_id}}": {"name": "Inne", "question": {"state": "open"}, "rev": 1},
    f"POST {_OA}/tickets": {"number": "{number}"},
    f"PUT {_OA}": {"title": "Brak Wi-Fi", "unit_ids": ["{unit_id}"], "rev": 1},
    f"POST {_A}/tickets": {"text": "Nowe"},
    f"POST {_A}/tickets/entered": {"ticket": {"text": "Nowe"}, "name": "Ktoś"},
    f"POST {_A}/tickets/changes": {"numbers": ["{number}"], "wanted": {"room": "3"}},
    f"PATCH {_T}": {"wanted": {"room": "14"}, "rev": 999},
    f"POST {_T}/replies": {"text": "Słowo"},
    f"POST {_T}/notes": {"text": "Notatka"},
    f"POST {_T}/merge": {"into": "{other}"},
    f"POST {_T}/split": {"entry_id": "{entry_id}", "subject": "Inne"},
    f"POST {_T}/relations": {"other": "{other}"},
    f"PUT {_T}/parent": {"parent": "{other}"},
    f"POST {_T}/watchers": {},
    f"POST {_T}/approvals": {"approver_id": 2},
    f"POST {_A}/approvals/{{approval_id}}": {"granted": True},
    f"POST {_T}/checks": {"text": "Kabel"},
    f"PUT {_T}/checks/{{check_id}}": {"done": True},
    f"POST {_T}/time": {"minutes": 5},
    f"POST {_T}/rating": {"rating": 5},
    f"POST {_T}/seen": {"entry_id": 1},
    f"PUT {_A}/setup/teams": {"name": "Nowy"},
    f"PUT {_A}/setup/queues": {"name": "Nowa"},
    f"PUT {_A}/setup/services": {"name": "Nowa"},
    f"PUT {_A}/setup/categories": _CATEGORY,
    f"PUT {_A}/setup/rules": {"queue_id": "{queue_id}", "words": ["a"]},
    f"PUT {_A}/setup/canned-replies": {"title": "Dla wszystkich", "text": "Słowo"},
    f"PUT {_A}/setup/templates": {"title": "Nowy"},
    f"PUT {_A}/setup/matrix": {
        "cells": [{"impact": a, "urgency": b, "priority": 2} for a in (1, 2, 3) for b in (1, 2, 3)]
    },
    f"POST {_A}/sla/agreements": {"name": "Nowa", "calendar_id": "{calendar_id}"},
    f"PUT {_A}/sla/agreements/{{agreement_id}}": {"name": "Nowa", "calendar_id": "{calendar_id}", "rev": 99},
    f"POST {_A}/sla/calendars": {"name": "Nowy", "since": "2026-01-01", "hours": _HOURS},
    f"PUT {_A}/sla/calendars/{{calendar_id}}": {"name": "Nowy", "since": "2026-01-01", "hours": _HOURS, "rev": 99},
    f"POST {_A}/sla/calendars/{{calendar_id}}/days": {"day": "2026-12-24"},
    f"POST {_A}/mail/addresses": {"address": "nowy@gryf.example", "queue_id": 1},
    f"PUT {_A}/mail/addresses/{{address_id}}": {"address": "nowy@gryf.example", "queue_id": "{queue_id}", "rev": 99},
    **knowledge.BODIES,
}
"""JSON that a route takes; a value `{number}` is the one of the walk. Others get what their type asks for."""
QUERIES: Final = {f"GET {_A}/people": {"q": "wrona"}, f"GET {_A}/knowledge/search": {"q": "drukarka"}}
FORMS: Final[dict[str, dict[str, str]]] = {
    f"POST {_O}/wpis": {"text": "Szukamy"},
    f"POST {_O}/koniec": {"outcome": "Router"},
    f"POST {_O}/zgloszenia/{{verb}}": {"number": "{number}"},
    "POST /pomoc/nowe": {"text": "Nowe"},
    "POST /pomoc/obsluga/nowe": {"text": "Nowe", "name": "Ktoś"},
    f"POST {_N}": {"text": "Słowo"},
    f"POST {_N}/rate": {"rating": "5"},
    f"POST {_D}/say": {"text": "Słowo", "kind": "reply"},
    f"POST {_D}/{{verb}} merge": {"into": "{other}"},
    f"POST {_D}/{{verb}} split": {"entry_id": "{entry_id}", "subject": "Inne"},
    f"POST {_D}/{{verb}} relate": {"other": "{other}"},
    f"POST {_D}/{{verb}} unrelate": {"other_id": "{other_id}"},
    f"POST {_D}/{{verb}} unwatch": {"account_id": "{account_id}"},
    f"POST {_D}/{{verb}} approval": {"login": "beata"},
    f"POST {_D}/{{verb}} add-check": {"text": "Kabel"},
    f"POST {_D}/{{verb}} check": {"check_id": "{check_id}", "done": "yes"},
    f"POST {_D}/{{verb}} remove-check": {"check_id": "{check_id}"},
    f"POST {_D}/{{verb}} time": {"minutes": "5"},
    **knowledge.FORMS,
}
UPLOADS: Final = {"POST /pomoc/nowe", f"POST {_N}", f"POST {_D}/say", *knowledge.UPLOADS}
"""Forms that are sent with files."""
