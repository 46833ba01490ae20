"""Equipment: what the office and its units have, where it is, and what became of it."""
