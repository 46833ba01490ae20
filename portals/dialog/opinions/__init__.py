"""Opinion maps: statements one agrees with or not, and which groups of people think alike."""
