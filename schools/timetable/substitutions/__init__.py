"""What one day changes of the timetable: who is away, who stands in, what is cancelled, moved or joined."""
