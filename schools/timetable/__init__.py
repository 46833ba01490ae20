"""Timetables: bells, dated versions, what a day changes on top of them."""
