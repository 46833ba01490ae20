"""Settings of WebRTC: section `webrtc`."""

from typing import Annotated

import msgspec

from app.config import Described


class WebRtcSettings(msgspec.Struct, frozen=True):
    """Which ports and addresses media uses, what browsers are told of STUN and TURN, how many may watch."""

    enabled: Annotated[bool, Described(description="Publishing by WHIP and watching by WHEP.")] = True
    udp_port_min: Annotated[
        int, msgspec.Meta(ge=0, le=65535), Described(description="First UDP port for media; 0: the system chooses.")
    ] = 10400
    udp_port_max: Annotated[int, msgspec.Meta(ge=0, le=65535), Described(description="Last UDP port for media.")] = (
        10439
    )
    udp_sockets: Annotated[
        int,
        msgspec.Meta(ge=1, le=64),
        Described(description="How many ports of the range one process opens; each carries any number of viewers."),
    ] = 4
    addresses: Annotated[
        tuple[str, ...], Described(description="Addresses of this machine to use; empty: all of them.")
    ] = ()
    public_addresses: Annotated[
        tuple[str, ...],
        Described(description="Addresses to announce too, where a router forwards the same UDP ports to us (NAT 1:1)."),
    ] = ()
    stun_urls: Annotated[
        tuple[str, ...], Described(description="STUN servers named to clients, such as stun:stun.example.pl:3478.")
    ] = ()
    turn_urls: Annotated[
        tuple[str, ...], Described(description="TURN servers named to clients, such as turn:turn.example.pl:3478.")
    ] = ()
    turn_user: Annotated[str, Described(description="User name for the TURN servers.")] = ""
    turn_password: Annotated[str, Described(description="Password for the TURN servers.")] = ""
    silence_s: Annotated[
        float,
        msgspec.Meta(gt=0),
        Described(description="Seconds without a packet after which a publisher or viewer is gone."),
    ] = 10.0
    connect_timeout_s: Annotated[
        float, msgspec.Meta(gt=0), Described(description="Seconds in which a new connection must be established.")
    ] = 15.0
    publishers: Annotated[int, msgspec.Meta(ge=0), Described(description="Most WHIP publishers at a time.")] = 40
    viewers: Annotated[int, msgspec.Meta(ge=0), Described(description="Most WHEP viewers of one process.")] = 150
