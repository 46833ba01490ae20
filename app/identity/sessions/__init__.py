"""Web sessions: their life in the database, and what requests see of it."""

from app.identity.sessions.life import (
    begin_session,
    end_expired_sessions,
    end_session,
    end_sessions,
    room_of,
    rotate_session,
)
from app.identity.sessions.web import (
    COOKIES,
    abandon,
    actor_reader,
    adopt,
    find_session,
    load_actor,
    owed_by,
    remember_device,
    set_up_sessions,
    visitor_of,
)

__all__ = [
    "COOKIES",
    "abandon",
    "actor_reader",
    "adopt",
    "begin_session",
    "end_expired_sessions",
    "end_session",
    "end_sessions",
    "find_session",
    "load_actor",
    "owed_by",
    "remember_device",
    "room_of",
    "rotate_session",
    "set_up_sessions",
    "visitor_of",
]
