"""A signed list of everything a recording consists of: whoever has it and the city's public key can prove the bytes.

The signature (Ed25519, RFC 8032) covers the manifest as JSON with sorted names, no spaces and plain UTF-8; whole
numbers and strings only, so that any language writes the very same bytes.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from media.record.timeline import RecordingIndex, gaps

FORMAT: Final = "gryf-recording-1"
_BLOCK: Final = 1024 * 1024


class ManifestTake(msgspec.Struct, frozen=True):
    """A file; its first `init_bytes` say how the rest is decoded."""

    file: str
    began_at: str
    init_bytes: int
    init_sha256: str


class ManifestSegment(msgspec.Struct, frozen=True, gc=False):
    """Bytes of a file. `position_90k` and `duration_90k` in 1/90000 s on the recording's timeline."""

    file: str
    msn: int
    offset: int
    bytes: int
    began_at: str
    position_90k: int
    duration_90k: int
    sha256: str


class ManifestGap(msgspec.Struct, frozen=True):
    """Time that was not recorded: the encoder was away, or the disk refused."""

    position_90k: int
    began_at: str
    missing_ms: int


class Manifest(msgspec.Struct, frozen=True):
    format: str
    stream_id: str
    began_at: str
    ended_at: str
    signed_at: str
    takes: list[ManifestTake]
    segments: list[ManifestSegment]
    gaps: list[ManifestGap]


class SignedManifest(msgspec.Struct, frozen=True):
    """`key` and `signature` in base64; `key` is the public one, raw."""

    manifest: Manifest
    key: str
    signature: str


def build_manifest(index: RecordingIndex, inits: Mapping[int, bytes], signed_at: datetime) -> Manifest:
    """`inits`: the initialisation section of each take."""
    recording = index.recording
    return Manifest(
        format=FORMAT,
        stream_id=recording.stream_id,
        began_at=_time(recording.began_at),
        ended_at=_time(recording.ended_at) if recording.ended_at is not None else "",
        signed_at=_time(signed_at),
        takes=[
            ManifestTake(
                f"{take.number}.mp4",
                _time(take.began_at),
                take.init_bytes,
                hashlib.sha256(inits[take.number]).hexdigest(),
            )
            for take in index.takes
        ],
        segments=[
            ManifestSegment(
                file=f"{segment.take}.mp4",
                msn=segment.msn,
                offset=segment.byte_offset,
                bytes=segment.byte_length,
                began_at=_time(segment.began_at),
                position_90k=segment.position_90k,
                duration_90k=segment.duration_90k,
                sha256=segment.sha256.hex(),
            )
            for segment in index.segments
        ],
        gaps=[
            ManifestGap(round(gap.position_s * 90_000), _time(gap.began_at), round(gap.seconds * 1000))
            for gap in gaps(index)
        ],
    )


def sign(manifest: Manifest, key: Ed25519PrivateKey) -> SignedManifest:
    return SignedManifest(manifest, public_text(key.public_key()), _text(key.sign(signed_bytes(manifest))))


def signed_bytes(manifest: Manifest | dict[str, Any]) -> bytes:
    """What the signature covers."""
    return msgspec.json.encode(manifest, order="sorted")


def public_text(key: Ed25519PublicKey) -> str:
    return _text(key.public_bytes_raw())


def verify(
    folder: Path, manifest: bytes, public_key: str, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> list[str]:
    """Compares a recording's folder with its manifest: what is wrong, in English; nothing: all is as it was signed.

    `public_key` in base64, from a source that is trusted: not from the manifest itself.
    """
    try:
        raw = msgspec.json.decode(manifest)
        signed = msgspec.convert(raw, SignedManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ["this is no manifest of a recording"]
    problems = []
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        key.verify(base64.b64decode(signed.signature, validate=True), signed_bytes(raw["manifest"]))
    except (InvalidSignature, ValueError):
        problems.append("the signature is not by this key, or the manifest was changed")
    if signed.manifest.format != FORMAT:
        return [*problems, f"the format {signed.manifest.format} is not known"]
    return problems + _compare(folder, signed.manifest, progress)


def _compare(folder: Path, manifest: Manifest, progress: Callable[[int, int], None]) -> list[str]:
    problems: list[str] = []
    total = sum(segment.bytes for segment in manifest.segments)
    done = 0
    for take in manifest.takes:
        own = [segment for segment in manifest.segments if segment.file == take.file]
        end = max((segment.offset + segment.bytes for segment in own), default=take.init_bytes)
        if Path(take.file).name != take.file:
            problems.append(f"{take.file} is no name of a take")
            continue
        try:
            fd = os.open(folder / take.file, os.O_RDONLY)
        except OSError as problem:
            problems.append(f"{take.file}: {problem.strerror}")
            continue
        try:
            if _sha256(fd, 0, take.init_bytes) != take.init_sha256:
                problems.append(f"{take.file}: its beginning was changed")
            for segment in own:
                if _sha256(fd, segment.offset, segment.bytes) != segment.sha256:
                    problems.append(f"{take.file}: segment {segment.msn}, recorded at {segment.began_at}, was changed")
                done += segment.bytes
                progress(done, total)
            extra = os.fstat(fd).st_size - end
            if extra > 0:
                problems.append(f"{take.file}: {extra} bytes follow that were not recorded")
        finally:
            os.close(fd)
    return problems


def _sha256(fd: int, offset: int, length: int) -> str:
    digest, end = hashlib.sha256(), offset + length
    while offset < end:
        block = os.pread(fd, min(_BLOCK, end - offset), offset)
        if not block:
            break
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
