"""Whether a copy of an archive is what was saved: `run.py school-archive check FILE`."""

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from schools.reports.model import FORMAT, ArchivedFile, Manifest
from schools.reports.writing import MANIFEST

_BLOCK = 1 << 20
_MOST_MANIFEST_BYTES = 10 << 20

archive_cli = typer.Typer(help="Archives of school years.", no_args_is_help=True)


@archive_cli.callback()
def _group() -> None:
    """Archives of school years."""


@archive_cli.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="The archive (ZIP).")],
    sha256: Annotated[str, typer.Option(help="SHA-256 of the file, as the principal's page tells it.")] = "",
) -> None:
    """Compare an archive with its manifest; exit with 1 where something was changed, is missing or was added."""
    try:
        found = faults(file, sha256)
    except OSError as problem:
        typer.echo(f"{file}: {problem.strerror}", err=True)
        raise typer.Exit(2) from None
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    if not sha256:
        typer.echo(
            "No SHA-256 was given: files and manifest belong together, whether they are the saved ones is not known."
        )
    typer.echo("Everything is as it was saved.")


def faults(path: Path, sha256: str = "") -> list[str]:
    """What is wrong with it; empty: nothing. Raises OSError where it cannot be read."""
    found = []
    if sha256 and _digest(path) != sha256.strip().lower():
        found.append("the file is not the saved one: its SHA-256 differs")
    try:
        with zipfile.ZipFile(path) as archive:
            return found + _members(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as problem:
        return [*found, f"the archive is damaged: {problem}"]


def _members(archive: zipfile.ZipFile) -> list[str]:
    names = [one.filename for one in archive.infolist()]
    found = [f"{name}: it is there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    if MANIFEST not in names:
        return [*found, f"{MANIFEST}: missing"]
    if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST_BYTES:
        return [*found, f"{MANIFEST}: too large"]
    try:
        manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    except msgspec.MsgspecError as problem:
        return [*found, f"{MANIFEST}: {problem}"]
    if manifest.format != FORMAT:
        found.append(f"{MANIFEST}: unknown format {manifest.format}")
    listed = {one.name: one for one in manifest.files}
    found += [f"{name}: missing" for name in sorted(listed.keys() - set(names))]
    found += [f"{name}: added" for name in sorted(set(names) - listed.keys() - {MANIFEST})]
    for name in sorted(listed.keys() & set(names)):
        found += _changed(archive, listed[name])
    return found


def _changed(archive: zipfile.ZipFile, listed: ArchivedFile) -> list[str]:
    digest, size = hashlib.sha256(), 0
    try:
        with archive.open(listed.name) as member:
            # never more than is listed: a member may unpack to anything
            while size <= listed.bytes and (block := member.read(min(_BLOCK, listed.bytes + 1 - size))):
                digest.update(block)
                size += len(block)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as problem:
        return [f"{listed.name}: damaged: {problem}"]
    if (size, digest.hexdigest()) != (listed.bytes, listed.sha256):
        return [f"{listed.name}: changed"]
    return []


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
