"""The streaming core: packets in, parts and recordings out. It knows streams and stream keys, and no council."""
