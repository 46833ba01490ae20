"""A lesson in its teacher's hands: the grid page, topic, homework, tests, who sits where, who is elsewhere."""
