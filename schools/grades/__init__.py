"""Grades (oceny): grade books, averages, proposed and settled grades, behaviour."""
