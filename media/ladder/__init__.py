"""Smaller versions of a stream, for phones and slow lines: made by processes beside the server, never in its way."""
