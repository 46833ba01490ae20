"""Votes of consultations: secret and auditable, on paper too, and the result of a participatory budget."""
