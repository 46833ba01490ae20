"""Outages: what is wrong for many at once is said once, and those whom it hits say so with one press."""
