"""Webhooks: what happens with tickets and outages is sent to other programs, signed, in order, at least once."""
