"""Consultations: the portal for talk between the office, residents and businesses (konsultacje społeczne)."""
