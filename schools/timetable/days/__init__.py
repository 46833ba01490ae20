"""Bells, days off, days that are taught as another weekday."""
