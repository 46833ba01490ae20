"""Timetables: the visible place where everything they add stands."""

from pathlib import Path

from app.feature import Feature

FEATURE = Feature(name="timetable", folder=Path(__file__).parent, needs=("identity", "schools", "realtime"))
