"""Timetables from other programs: Optivum's HTML and aSc's XML, read with a report of every fault."""
