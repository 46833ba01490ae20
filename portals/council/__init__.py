"""Council sessions (sesje rady): planned, run live from the clerk's desk, watched, and kept."""
