"""The debate: the speakers' queue, the timer, the chair's screen and the councillor's phone page."""
