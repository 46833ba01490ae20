"""WebRTC: WHIP brings a publisher in (RFC 9725), WHEP takes a stream out to those who need it within half a second."""
