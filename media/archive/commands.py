"""`run.py recording …`: what an operator, or anybody with a copy, does with recordings on the command line."""

from pathlib import Path
from typing import Annotated, Optional

import msgspec
import typer

from media.archive.manifest import SignedManifest, verify
from media.archive.plan import MANIFEST_NAME

recording_cli = typer.Typer(help="Recordings.", no_args_is_help=True)


@recording_cli.callback()
def _group() -> None:
    """Recordings."""


@recording_cli.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of the recording, with its takes (0.mp4, 1.mp4 …).")],
    manifest: Annotated[
        Optional[Path], typer.Option(help="Signed manifest; by default the one among the recording's assets.")
    ] = None,
    key: Annotated[
        str, typer.Option(help="Public key in base64, as /.well-known/gryf-recordings.json of the city says.")
    ] = "",
) -> None:
    """Compare a recording with its signed manifest; exit with 1 where something was changed."""
    path = manifest or folder / "assets" / MANIFEST_NAME
    try:
        data = path.read_bytes()
    except OSError as problem:
        typer.echo(f"{path}: {problem.strerror}", err=True)
        raise typer.Exit(2) from None
    if not key:
        typer.echo("No key was given: this only shows that files and manifest belong together, not who signed.")
        try:
            key = msgspec.json.decode(data, type=SignedManifest).key
        except msgspec.MsgspecError:
            key = ""
    found = verify(folder, data, key)
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo("Everything is as it was signed.")
