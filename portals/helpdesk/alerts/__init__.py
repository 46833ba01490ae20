"""Alerts that ring: the agents' bell on every page, and screens on a wall."""
