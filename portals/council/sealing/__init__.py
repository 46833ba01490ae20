"""Breaks and closed parts of a session, and what of its recording the public sees."""
