"""Uploaded video and sound of any usual kind, packaged like recordings by limited processes."""
