"""RTMP and Enhanced RTMP in: a pure protocol (`protocol`), and a socket shell around it (`server`)."""
