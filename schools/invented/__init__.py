"""Invented schools, whole, for demonstrations and tests: people, a plan without clashes, everything in the database."""
