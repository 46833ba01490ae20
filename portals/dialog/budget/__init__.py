"""Projects of a participatory budget: sent in by residents, checked by the office, put on the ballot."""
