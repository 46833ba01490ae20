"""The knowledge base in the walk over all routes of the helpdesk: what is sent."""

from typing import Any, Final

_ONE: Final = "/pomoc/wiedza/{article_id}"
_EDIT: Final = "/pomoc/wiedza/redakcja"
_EDITED: Final = f"{_EDIT}/{{article_id}}"
_API: Final = "/api/helpdesk/knowledge"
_API_ONE: Final = f"{_API}/{{article_id}}"

BODIES: Final[dict[str, dict[str, Any]]] = {
    f"POST {_API}": {"title": "Nowy", "text": "Tekst"},
    f"POST {_API}/suggestions": {"text": "drukarka"},
    f"PUT {_API_ONE}": {"title": "Inny", "text": "Tekst", "base": 1},
    f"PUT {_API_ONE}/publication": {"number": 1},
    f"PUT {_API_ONE}/review": {"on": None},
    f"PUT {_API_ONE}/rating": {"helped": True},
    f"POST {_API_ONE}/spared": {"form_key": "formularz-1"},
}
FORMS: Final[dict[str, dict[str, str]]] = {
    f"POST {_ONE}/ocena": {"helped": "yes"},
    f"POST {_EDIT}/nowy": {"title": "Nowy", "text": "Tekst", "audience": "everyone"},
    f"POST {_EDITED}": {"title": "Inny", "text": "Tekst", "audience": "everyone", "base": "1"},
}
UPLOADS: Final = {f"POST {_EDIT}/nowy", f"POST {_EDITED}"}
