"""Captions of sessions (napisy): typed live, uploaded, drafted by a recogniser; corrected and published by version."""
