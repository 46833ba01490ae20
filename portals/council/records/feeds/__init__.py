"""Feeds: sessions and resolutions as Atom and RSS, a podcast, a calendar."""
