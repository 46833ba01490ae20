"""Attendance, quorum and votes of council sessions."""
