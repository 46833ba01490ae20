"""Blocks of information: text of the office in Markdown."""
