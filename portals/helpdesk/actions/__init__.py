"""Verbs of the helpdesk. Those ending in `_in` work in the caller's transaction, which has checked and locked."""

from portals.helpdesk.actions.approving import ask_approval, ask_in, decide
from portals.helpdesk.actions.changing import Bulk, change_in, change_many, change_ticket, columns_of
from portals.helpdesk.actions.joining import merge, relate, set_parent, set_parent_in, split, unmerge
from portals.helpdesk.actions.parts import add_check, add_time, close_own, rate, remove_check, see, set_check, watch
from portals.helpdesk.actions.sending import enter_ticket, send_ticket, send_ticket_in
from portals.helpdesk.actions.setup import canned_replies, remove_thing, save_thing, set_matrix
from portals.helpdesk.actions.talking import Speaker, note, note_in, reply, reply_in

__all__ = [
    "Bulk",
    "Speaker",
    "add_check",
    "add_time",
    "ask_approval",
    "ask_in",
    "canned_replies",
    "change_in",
    "change_many",
    "change_ticket",
    "close_own",
    "columns_of",
    "decide",
    "enter_ticket",
    "merge",
    "note",
    "note_in",
    "rate",
    "relate",
    "remove_check",
    "remove_thing",
    "reply",
    "reply_in",
    "save_thing",
    "see",
    "send_ticket",
    "send_ticket_in",
    "set_check",
    "set_matrix",
    "set_parent",
    "set_parent_in",
    "split",
    "unmerge",
    "watch",
]
