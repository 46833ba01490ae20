"""Spans of a recording that its published copy does not show."""
