"""Versions of the timetable: drafts are edited, a published one never changes."""
