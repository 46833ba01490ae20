"""The attendance list (lista obecności) in the database."""
