"""A person's timetable as a calendar that phones subscribe to (RFC 5545), at a secret, revocable address."""
