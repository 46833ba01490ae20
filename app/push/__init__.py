"""Notifications of the browser, also on closed pages (Web Push). A feature tells somebody in its own transaction:

await push.tell(tx, account_id, push.Note(ref="session/7", tag="session/7", title="Sesja XXXI", text=…, path="/…"))
"""

from app.push.actions import quiet_left, take_back, tell
from app.push.model import Note
from app.push.sections import SECTIONS, Section, Sections

__all__ = ["SECTIONS", "Note", "Section", "Sections", "quiet_left", "take_back", "tell"]
