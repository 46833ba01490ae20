"""Where encoders put the stream key: pure rules, and text that may come from anyone."""

from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_APP: Final = "live"
QUERY_NAMES: Final = ("key", "streamkey", "stream_key")


def stream_key(name: str, app: str, tc_url: str) -> str:
    """The key of a `publish` command; empty if there is none.

    A query wins (`?key=…` behind the stream name, the app or the server's address); then the stream name; then what
    follows `live/` in the server field, for encoders that have one field only.
    """
    for text in (name, app, tc_url):
        key = _from_query(text)
        if key:
            return key
    bare = name.split("?", 1)[0].strip().strip("/")
    if bare:
        return unquote(bare)
    place = (app.split("?", 1)[0] or _path(tc_url)).strip().strip("/")
    head, slash, last = place.rpartition("/")
    del head
    return unquote(last) if slash or last != DEFAULT_APP else ""


def _from_query(text: str) -> str:
    _, mark, query = text.partition("?")
    if not mark:
        return ""
    try:
        fields = dict(parse_qsl(query, max_num_fields=16))
    except ValueError:
        return ""
    return next((fields[name].strip() for name in QUERY_NAMES if fields.get(name)), "")


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
