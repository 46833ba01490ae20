"""Secret ballots on paper, and votes of a part that is closed to the public."""
