"""Discussions: threads of comments that hang on a block, or on a thing that another part shows."""
