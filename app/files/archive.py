"""Whether a zip archive is safe to keep and later to open. Blocking: call it in a thread.

It must read the same to every program: the local headers and the central directory agree, and nothing lies before,
between or after them (APPNOTE.TXT 6.3.10). And it must not grow: members, bytes, ratio and nesting have limits.
"""

import stat
import struct
import zipfile
import zlib
from io import BytesIO
from typing import IO, Final

import msgspec

from app.i18n import _

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_END: Final = struct.Struct("<4sHHHHIIH")
_END_64: Final = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR: Final = struct.Struct("<4sIQI")
_STREAMED = 0x0008
_ENCRYPTED = 0x2041
_BLOCK_BYTES = 1024 * 1024
_UNICODE_PATH = 0x7075
_ZIP64 = 0x0001


class Unsafe(Exception):
    """The archive is damaged, ambiguous or a bomb; the message is a message id for the person who sent it."""


DAMAGED: Final = _("This archive is damaged")
GROWS: Final = _("This archive would grow too large")
PATHS: Final = _("This archive holds names that lead out of it")
LOCKED: Final = _("This archive is encrypted or packed in an unusual way")


class ArchiveLimits(msgspec.Struct, frozen=True):
    """`unpacked_bytes` counts nested archives too. `ratio` applies above `free_bytes`: small XML packs very well."""

    members: int = 5000
    unpacked_bytes: int = 512 * 1024 * 1024
    ratio: int = 100
    free_bytes: int = 16 * 1024 * 1024
    depth: int = 2
    """Archives within archives: a document may hold a spreadsheet, and that is all."""
    nested_bytes: int = 64 * 1024 * 1024


class Archive(msgspec.Struct, frozen=True):
    """What was found; the two texts tell kinds of documents apart (`sniff.office_type`)."""

    names: frozenset[str]
    mimetype: str
    content_types: str


def check_archive(file: IO[bytes], limits: ArchiveLimits) -> Archive:
    """Reads all of it, within the limits. Raises Unsafe."""
    return _Check(limits).archive(file, 1)


class _Check:
    def __init__(self, limits: ArchiveLimits) -> None:
        self.limits = limits
        self.members = 0
        self.unpacked = 0

    def archive(self, file: IO[bytes], depth: int) -> Archive:
        if depth > self.limits.depth:
            raise Unsafe(_("This archive holds archives within archives"))
        try:
            with zipfile.ZipFile(file) as opened:
                infos = opened.infolist()
                self._count(infos, _size(file))
                for info in infos:
                    _check_member(info)
                _check_layout(file, infos, opened.comment)
                for info in infos:
                    self._unpack(opened, info, depth)
                return Archive(
                    frozenset(info.filename for info in infos),
                    _small(opened, "mimetype", 200).strip(),
                    _small(opened, "[Content_Types].xml", 1024 * 1024),
                )
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError):
            raise Unsafe(DAMAGED) from None

    def _count(self, infos: list[zipfile.ZipInfo], packed: int) -> None:
        self.members += len(infos)
        total = sum(info.file_size for info in infos)
        if self.members > self.limits.members:
            raise Unsafe(_("This archive holds too many files"))
        if total > self.limits.unpacked_bytes or total > max(self.limits.free_bytes, packed * self.limits.ratio):
            raise Unsafe(GROWS)
        if len({info.filename.casefold() for info in infos}) < len(infos):
            raise Unsafe(_("This archive holds two files of one name"))

    def _unpack(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, depth: int) -> None:
        """Reads up to the declared size and compares the checksum (zipfile does): a false size shows as damage."""
        nested: BytesIO | None = None
        with opened.open(info) as member:
            while block := member.read(_BLOCK_BYTES):
                self.unpacked += len(block)
                if self.unpacked > self.limits.unpacked_bytes:
                    raise Unsafe(GROWS)
                if nested is None and member.tell() == len(block) and block.startswith(b"PK\x03\x04"):
                    nested = BytesIO()
                if nested is not None:
                    nested.write(block)
                    if nested.tell() > self.limits.nested_bytes:
                        raise Unsafe(GROWS)
        if nested is not None:
            self.archive(nested, depth + 1)


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if not name or name.startswith("/") or "\\" in name or "\0" in name or ":" in name.partition("/")[0]:
        raise Unsafe(PATHS)
    if any(part in {"..", "."} for part in name.split("/")) or "//" in name:
        raise Unsafe(PATHS)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise Unsafe(_("This archive holds links or devices"))
    if info.flag_bits & _ENCRYPTED or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Unsafe(LOCKED)
    if _UNICODE_PATH in _extra_ids(info.extra):
        raise Unsafe(DAMAGED)


def _check_layout(file: IO[bytes], infos: list[zipfile.ZipInfo], comment: bytes) -> None:
    """Walks the file from its first byte to its last; every byte must belong to what the directory names."""
    directory_at, ends_at = _directory(file, len(infos), comment)
    position = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset != position:
            raise Unsafe(DAMAGED)
        position = _member_end(file, info)
    if position != directory_at or ends_at != _size(file):
        raise Unsafe(DAMAGED)


def _directory(file: IO[bytes], count: int, comment: bytes) -> tuple[int, int]:
    """Offset of the central directory, and where the archive ends."""
    end_at = _size(file) - _END.size - len(comment)
    signature, _, _, here, total, size, offset, length = _END.unpack(_read(file, end_at, _END.size))
    if signature != b"PK\x05\x06" or length != len(comment) or b"PK\x05\x06" in comment or here != total:
        raise Unsafe(DAMAGED)
    tail_at = end_at
    locator = _read(file, end_at - _LOCATOR.size, _LOCATOR.size) if end_at >= _LOCATOR.size + _END_64.size else b""
    if locator.startswith(b"PK\x06\x07"):
        end_64_at = end_at - _LOCATOR.size - _END_64.size
        _, _, located, _ = _LOCATOR.unpack(locator)
        sign, _, _, _, _, _, _, total_64, size_64, offset_64 = _END_64.unpack(_read(file, end_64_at, _END_64.size))
        if sign != b"PK\x06\x06" or located != end_64_at:
            raise Unsafe(DAMAGED)
        for value, limit, value_64 in (
            (total, 0xFFFF, total_64),
            (size, 1 << 32, size_64),
            (offset, 1 << 32, offset_64),
        ):
            if value not in {value_64, limit, limit - 1}:
                raise Unsafe(DAMAGED)
        total, size, offset, tail_at = total_64, size_64, offset_64, end_64_at
    if total != count or offset + size != tail_at:
        raise Unsafe(DAMAGED)
    return offset, end_at + _END.size + len(comment)


def _member_end(file: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Where the member's local header, bytes and descriptor end; all of them must agree with the directory."""
    head = _read(file, info.header_offset, _LOCAL.size)
    signature, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(head)
    rest = _read(file, info.header_offset + _LOCAL.size, name_bytes + extra_bytes)
    name = rest[:name_bytes].decode("utf-8" if flags & 0x800 else "cp437")
    ids = _extra_ids(rest[name_bytes:])
    if signature != b"PK\x03\x04" or name != info.orig_filename or method != info.compress_type:
        raise Unsafe(DAMAGED)
    if flags & _ENCRYPTED or _UNICODE_PATH in ids or (flags ^ info.flag_bits) & _STREAMED:
        raise Unsafe(DAMAGED)
    end = info.header_offset + _LOCAL.size + name_bytes + extra_bytes + info.compress_size
    if flags & _STREAMED:
        return _descriptor_end(file, info, end)
    if _ZIP64 in ids:
        crc_only = packed in {0xFFFFFFFF, info.compress_size} and size in {0xFFFFFFFF, info.file_size}
        sizes = _zip64_sizes(rest[name_bytes:], size, packed)
        if not crc_only or sizes != (info.file_size, info.compress_size) or crc != info.CRC:
            raise Unsafe(DAMAGED)
    elif (crc, packed, size) != (info.CRC, info.compress_size, info.file_size):
        raise Unsafe(DAMAGED)
    return int(end)


def _descriptor_end(file: IO[bytes], info: zipfile.ZipInfo, at: int) -> int:
    """A descriptor follows the bytes: with or without its signature, with sizes of 32 or of 64 bits."""
    found = _read(file, at, min(24, _size(file) - at))
    for numbers in ("<III", "<IQQ"):
        plain = struct.pack(numbers, info.CRC, info.compress_size, info.file_size)
        for descriptor in (b"PK\x07\x08" + plain, plain):
            follows = found[len(descriptor) : len(descriptor) + 2] or _read(file, at + len(descriptor), 2)
            if found.startswith(descriptor) and follows == b"PK":
                return at + len(descriptor)
    raise Unsafe(DAMAGED)


def _extra_fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra) or kind in fields:
            raise Unsafe(DAMAGED)
        fields[kind] = extra[at + 4 : at + 4 + length]
        at += 4 + length
    return fields


def _extra_ids(extra: bytes) -> frozenset[int]:
    return frozenset(_extra_fields(extra))


def _zip64_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int]:
    """Sizes as the ZIP64 field gives them: only those that the header marks as too large, in this order."""
    field = _extra_fields(extra)[_ZIP64]
    wide = [value == 0xFFFFFFFF for value in (size, packed)]
    if len(field) != 8 * sum(wide):
        raise Unsafe(DAMAGED)
    values = iter(struct.unpack(f"<{sum(wide)}Q", field))
    return next(values) if wide[0] else size, next(values) if wide[1] else packed


def _small(opened: zipfile.ZipFile, name: str, most_bytes: int) -> str:
    try:
        info = opened.getinfo(name)
    except KeyError:
        return ""
    return opened.read(info).decode(errors="replace") if info.file_size <= most_bytes else ""


def _read(file: IO[bytes], at: int, length: int) -> bytes:
    if at < 0:
        raise Unsafe(DAMAGED)
    file.seek(at)
    data = file.read(length)
    if len(data) != length:
        raise Unsafe(DAMAGED)
    return data


def _size(file: IO[bytes]) -> int:
    return file.seek(0, 2)
