"""The audit log: entries are written with what they tell of, and sealed afterwards into a chain of hashes."""

from app.audit.chain import (
    Verification,
    chain_length,
    keep_sealing,
    seal_hash,
    seal_new_entries,
    sealing_service,
    verify,
)
from app.audit.log import AuditEntry, AuditFilter, FoundEntry, find_entries, record

__all__ = [
    "AuditEntry",
    "AuditFilter",
    "FoundEntry",
    "Verification",
    "chain_length",
    "find_entries",
    "keep_sealing",
    "record",
    "seal_hash",
    "seal_new_entries",
    "sealing_service",
    "verify",
]
