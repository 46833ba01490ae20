"""Simulcast: a stream on air is passed on, as it is, to other RTMP and RTMPS servers."""
