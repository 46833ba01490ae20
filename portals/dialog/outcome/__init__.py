"""What became of contributions to consultations: answers, the report, open data, and who is told by mail."""
