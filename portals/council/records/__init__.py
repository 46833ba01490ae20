"""What remains of sessions: search, minutes, councillors, resolutions, interpellations, feeds and open data."""
