"""Rooms, bounded queues, sockets: what happened reaches everybody who may see it, at once, and nobody misses it."""
