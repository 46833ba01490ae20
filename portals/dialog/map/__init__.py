"""Maps in consultations: points, lines and areas that people put there, beside a list that says the same."""
