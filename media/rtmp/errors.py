"""The one failure of the RTMP protocol."""


class RtmpError(Exception):
    """The peer broke the protocol or a limit; the connection can only be closed. The message is for the log."""
