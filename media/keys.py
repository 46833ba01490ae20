"""Names of streams, and the keys that may feed them: made, and kept as hashes."""

import hashlib
import secrets


def new_stream_id() -> str:
    """80 random bits, safe in a path: who does not know it cannot guess it."""
    return secrets.token_hex(10)


def new_key() -> str:
    """160 random bits in letters and digits that survive being read out and typed."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(8)) for _ in range(4))


def hash_key(key: str) -> bytes:
    """Keys have 158 bits of chance: SHA-256 cannot be searched, and looking up the hash tells no timing."""
    return hashlib.sha256(key.strip().encode()).digest()
