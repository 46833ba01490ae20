"""The foundation: it knows no feature."""
