"""Recordings of closed parts: written encrypted, to a place that no route serves."""
