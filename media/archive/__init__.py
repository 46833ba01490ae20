"""The archive: what was recorded, playable at once, straight from the files that were written live."""
