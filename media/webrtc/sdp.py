"""Offers read and answers written (RFC 8829, for WHIP RFC 9725). Pure.

One transport carries everything: every section must be bundled and multiplex RTCP, as WHIP demands of its clients.
"""

import secrets
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec
from aiortc import sdp
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from app.i18n import _

ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MAX_SECTIONS: Final = 8
CONSTRAINED_BASELINE: Final = "42e01f"


class BadOffer(ValueError):
    """Not an offer, or one that cannot be answered; the message is a sentence for whoever wrote the client."""


class NotAcceptable(ValueError):
    """An offer without what is needed; the message says what to change."""


class Direction(StrEnum):
    """What we do in a section."""

    SEND = "sendonly"
    RECEIVE = "recvonly"
    NOTHING = "inactive"


class Coding(msgspec.Struct, frozen=True):
    """A payload type of the offer. `name` is in lower case: h264, vp8, opus."""

    payload_type: int
    name: str
    rate_hz: int
    channels: int
    parameters: dict[str, str]
    feedback: tuple[str, ...]


class Section(msgspec.Struct, frozen=True):
    """A media section of an offer. `ssrc`: of its first source, if it says so."""

    kind: str
    mid: str
    profile: str
    sends: bool
    receives: bool
    codings: tuple[Coding, ...]
    formats: str
    abs_send_time: int
    ssrc: int | None


class Fingerprint(msgspec.Struct, frozen=True):
    """Hash of a certificate."""

    algorithm: str
    value: str


class Offer(msgspec.Struct, frozen=True):
    """What a client offers. `candidates` in SDP's form, without `candidate:`."""

    sections: tuple[Section, ...]
    user: str
    password: str
    ice_lite: bool
    fingerprints: tuple[Fingerprint, ...]
    setup: str
    candidates: tuple[str, ...]

    def section(self, kind: str) -> Section | None:
        """The first section of this kind."""
        return next((one for one in self.sections if one.kind == kind), None)


class Agreed(msgspec.Struct, frozen=True):
    """What is answered in one section."""

    section: Section
    coding: Coding
    direction: Direction
    ssrc: int = 0
    feedback: tuple[str, ...] = ()
    parameters: str = ""


class Local(msgspec.Struct, frozen=True):
    """Our end of the transport."""

    user: str
    password: str
    fingerprint: Fingerprint
    setup: str
    candidates: tuple[str, ...]
    name: str = "gryf"


def read_offer(text: str) -> Offer:
    """Raises `BadOffer`."""
    try:
        parsed = sdp.SessionDescription.parse(text)
        return _offer(parsed)
    except BadOffer:
        raise
    except (ValueError, AssertionError, LookupError, AttributeError, TypeError, StopIteration) as problem:
        raise BadOffer(_("the body is no session description that can be read")) from problem


def choose_h264(codings: Sequence[Coding], profile: str = "") -> Coding | None:
    """The payload type to use for H.264: packetization mode 1, the stream's profile (`64001f`) if it is offered."""
    fitting = [one for one in codings if one.name == "h264" and one.parameters.get("packetization-mode") == "1"]
    fitting = fitting or [one for one in codings if one.name == "h264"]

    def order(one: Coding) -> tuple[bool, bool]:
        offered = one.parameters.get("profile-level-id", "42001f").lower()
        return offered[:2] != profile[:2].lower(), offered[:4] != CONSTRAINED_BASELINE[:4]

    return min(fitting, key=order, default=None)


def choose(codings: Sequence[Coding], name: str) -> Coding | None:
    """The first payload type of a codec."""
    return next((one for one in codings if one.name == name), None)


def write_answer(offer: Offer, local: Local, agreed: Sequence[Agreed]) -> str:
    """The answer; sections that are not agreed on are refused (port 0)."""
    by_mid = {one.section.mid: one for one in agreed}
    bundled = [section.mid for section in offer.sections if section.mid in by_mid]
    lines = ["v=0", f"o=- {secrets.randbits(62)} 1 IN IP4 0.0.0.0", "s=-", "t=0 0"]
    if all(bundled):
        lines.append(f"a=group:BUNDLE {' '.join(bundled)}")
    lines.append("a=msid-semantic: WMS *")
    for section in offer.sections:
        one = by_mid.get(section.mid)
        lines += _refused(section) if one is None else _answered(one, local, first=section.mid == bundled[0])
    return "\r\n".join(lines) + "\r\n"


class Fragment(msgspec.Struct, frozen=True):
    """A trickled piece (RFC 8840): candidates for a transport; `restarts` if it names other credentials."""

    user: str
    password: str
    candidates: tuple[str, ...]
    ended: bool


def read_fragment(text: str) -> Fragment:
    """An `application/trickle-ice-sdpfrag` body. Raises `BadOffer` for one that says nothing."""
    values: dict[str, str] = {}
    candidates: list[str] = []
    ended = False
    for line in text.splitlines():
        name, _colon, value = line.strip().partition(":")
        if name == "a=candidate":
            candidates.append(value)
        elif name == "a=end-of-candidates":
            ended = True
        elif name in {"a=ice-ufrag", "a=ice-pwd"}:
            values.setdefault(name, value.strip())
    if not values and not candidates and not ended:
        raise BadOffer(_("the body holds no ICE candidates"))
    return Fragment(values.get("a=ice-ufrag", ""), values.get("a=ice-pwd", ""), tuple(candidates), ended)


def _offer(parsed: sdp.SessionDescription) -> Offer:
    media = parsed.media
    if not media:
        raise BadOffer(_("the offer has no media sections"))
    if len(media) > MAX_SECTIONS:
        raise BadOffer(_("the offer has too many media sections"))
    bundle = next((group.items for group in parsed.group if group.semantic == "BUNDLE"), [])
    used = [one for one in media if one.port or one.rtp.muxId in bundle]
    mids = [one.rtp.muxId for one in used]
    if len(used) > 1 and (not all(mids) or not set(mids) <= set(bundle) or len(set(mids)) < len(mids)):
        raise BadOffer(_("all media sections must be bundled (a=group:BUNDLE)"))
    if any(one.kind in ("audio", "video") and not one.rtcp_mux for one in used):
        raise BadOffer(_("RTCP must be multiplexed (a=rtcp-mux)"))
    first = next((one for one in used if not bundle or one.rtp.muxId == bundle[0]), None)
    if first is None:
        raise BadOffer(_("the offer has no media sections"))
    if first.ice is None or not first.ice.usernameFragment or not first.ice.password:
        raise BadOffer(_("the offer has no ICE credentials"))
    if first.dtls is None or not first.dtls.fingerprints:
        raise BadOffer(_("the offer has no DTLS fingerprint"))
    return Offer(
        sections=tuple(_section(one) for one in media),
        user=first.ice.usernameFragment,
        password=first.ice.password,
        ice_lite=first.ice.iceLite,
        fingerprints=tuple(Fingerprint(one.algorithm, one.value) for one in first.dtls.fingerprints),
        setup=first.dtls.role,
        candidates=tuple(sdp.candidate_to_sdp(one) for part in used for one in part.ice_candidates),
    )


def _section(media: sdp.MediaDescription) -> Section:
    extensions = {one.uri: one.id for one in media.rtp.headerExtensions}
    direction = media.direction or "sendrecv"
    return Section(
        kind=media.kind,
        mid=media.rtp.muxId,
        profile=media.profile,
        sends=direction in ("sendonly", "sendrecv"),
        receives=direction in ("recvonly", "sendrecv"),
        codings=tuple(_coding(one) for one in media.rtp.codecs),
        formats=" ".join(str(one) for one in media.fmt),
        abs_send_time=extensions.get(ABS_SEND_TIME, 0),
        ssrc=media.ssrc[0].ssrc if media.ssrc else None,
    )


def _coding(codec: RTCRtpCodecParameters) -> Coding:
    return Coding(
        payload_type=int(codec.payloadType or 0),
        name=codec.name.lower(),
        rate_hz=codec.clockRate,
        channels=codec.channels or 1,
        parameters={name: str(value) for name, value in codec.parameters.items() if value is not None},
        feedback=tuple(one.type + (f" {one.parameter}" if one.parameter else "") for one in codec.rtcpFeedback),
    )


def _refused(section: Section) -> list[str]:
    return [
        f"m={section.kind} 0 {section.profile} {section.formats}",
        "c=IN IP4 0.0.0.0",
        "a=inactive",
        *([f"a=mid:{section.mid}"] if section.mid else []),
    ]


def _answered(agreed: Agreed, local: Local, *, first: bool) -> list[str]:
    coding, section = agreed.coding, agreed.section
    kind = coding.payload_type
    channels = f"/{coding.channels}" if coding.channels > 1 else ""
    name = {"h264": "H264", "vp8": "VP8"}.get(coding.name, coding.name)
    parameters = ";".join(f"{key}={value}" for key, value in coding.parameters.items())
    parameters = ";".join(part for part in (parameters, agreed.parameters) if part)
    lines = [
        f"m={section.kind} 9 {section.profile} {kind}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{local.user}",
        f"a=ice-pwd:{local.password}",
        "a=ice-options:trickle",
        f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}",
        f"a=setup:{local.setup}",
        *([f"a=mid:{section.mid}"] if section.mid else []),
        f"a={agreed.direction.value}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=rtpmap:{kind} {name}/{coding.rate_hz}{channels}",
    ]
    if parameters:
        lines.append(f"a=fmtp:{kind} {parameters}")
    lines += [f"a=rtcp-fb:{kind} {one}" for one in agreed.feedback if one in coding.feedback]
    if agreed.direction is Direction.RECEIVE and section.abs_send_time:
        lines.append(f"a=extmap:{section.abs_send_time} {ABS_SEND_TIME}")
    if agreed.direction is Direction.SEND:
        lines += [
            f"a=msid:{local.name} {local.name}-{section.kind}",
            f"a=ssrc:{agreed.ssrc} cname:{local.name}",
            f"a=ssrc:{agreed.ssrc} msid:{local.name} {local.name}-{section.kind}",
        ]
    if first:
        lines += [f"a=candidate:{one}" for one in local.candidates]
        lines.append("a=end-of-candidates")
    return lines
