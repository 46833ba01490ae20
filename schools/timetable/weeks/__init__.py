"""Timetables as people read them: the week of a class, a teacher, a room, a pupil."""
