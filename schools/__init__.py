"""What schools work with: people, timetables, the class register. `features.py` is its contents page."""
