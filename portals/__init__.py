"""What the city opens to its residents and its staff; schools have their own layer."""
