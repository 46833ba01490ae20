"""The archive as a file: members with their digests, and a manifest. Blocking: use a thread."""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import msgspec

from schools.reports.model import FORMAT, ArchivedFile, Manifest, Table

MANIFEST: Final = "manifest.json"
SCHEMA: Final = "register.xsd"
XSD: Final = Path(__file__).resolve().parents[2] / "static" / "schemas" / "school-archive-1.xsd"
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What XML 1.0 cannot say."""


class Writer:
    """Writes one member after another."""

    def __init__(self, path: Path, made_at: datetime) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._date = made_at.timetuple()[:6]
        self._files: list[ArchivedFile] = []
        self._member: Member | None = None
        self.add(SCHEMA, XSD.read_bytes())

    def add(self, name: str, content: bytes) -> None:
        member = self._opened(name)
        member.write(content)
        self._close(member)

    def begin(self, table: Table) -> None:
        self._member = self._opened(f"data/{table.name}.xml")
        head = [f'<?xml version="1.0" encoding="UTF-8"?>\n<table xmlns="{FORMAT}" name={quoteattr(table.name)}>']
        head += [f"<about>{_text(table.about)}</about>"] if table.about else []
        for one in table.columns:
            about = f"<about>{_text(one.about)}</about>" if one.about else ""
            head.append(f"<column name={quoteattr(one.name)} type={quoteattr(one.kind)}>{about}</column>")
        self._member.write(("\n".join(head) + "\n").encode())

    def rows(self, rows: Sequence[Iterable[str | None]]) -> None:
        assert self._member is not None
        lines = ("".join("<n/>" if one is None else f"<v>{_text(one)}</v>" for one in row) for row in rows)
        self._member.write("".join(f"<row>{line}</row>\n" for line in lines).encode())
        self._member.rows += len(rows)

    def end(self) -> None:
        assert self._member is not None
        self._member.write(b"</table>\n")
        self._close(self._member)
        self._member = None

    def finish(self, *, school_id: int, school: str, year: str, made_at: datetime, asked_by: str) -> int:
        """Writes the manifest; how many rows there are."""
        manifest = Manifest(
            format=FORMAT,
            school_id=school_id,
            school=school,
            year=year,
            made_at=made_at,
            asked_by=asked_by,
            files=self._files,
        )
        self._zip.writestr(self._info(MANIFEST), msgspec.json.format(msgspec.json.encode(manifest)))
        self._zip.close()
        return sum(one.rows for one in self._files)

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        return info

    def _opened(self, name: str) -> "Member":
        return Member(name, self._zip, self._info(name))

    def _close(self, member: "Member") -> None:
        member.stream.close()
        self._files.append(
            ArchivedFile(name=member.name, bytes=member.bytes, sha256=member.digest.hexdigest(), rows=member.rows)
        )


class Member:
    """A member that is being written."""

    def __init__(self, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self.name = name
        self.stream = archive.open(info, "w", force_zip64=True)
        self.digest = hashlib.sha256()
        self.bytes = self.rows = 0

    def write(self, content: bytes) -> None:
        self.stream.write(content)
        self.digest.update(content)
        self.bytes += len(content)


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text), {"\r": "&#13;"})
