import json
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from app.database import Database
from app.jobs.queue import running
from media.archive.commands import recording_cli
from media.archive.files import assets_folder
from media.archive.manifest import public_text, verify
from media.archive.plan import Archive
from media.archive.products import make_products
from media.archive.settings import ArchiveSettings
from media.archive.signing_key import signing_key
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM
from tests.media.hls import feed


async def signed(database: Database, tmp_path: Path) -> tuple[Path, bytes, str]:
    """A recording's folder, its manifest, and the city's public key."""
    track, packets = feed.audio(12)
    turns = [(began, recorded.Tracks(audio=track), list(packets)) for began in (0, 60)]
    await recorded.record(database, tmp_path, *turns)
    settings = ArchiveSettings(podcast=False, storyboard=False)
    with running(1):
        await make_products(database, Archive(tmp_path, settings, tmp_path / "key"), STREAM)
    manifest = (assets_folder(tmp_path, STREAM) / "manifest.json").read_bytes()
    return tmp_path / STREAM, manifest, public_text(signing_key(tmp_path / "key").public_key())


async def test_a_recording_verifies_and_each_change_is_found(database: Database, tmp_path: Path):
    folder, manifest, key = await signed(database, tmp_path)
    assert verify(folder, manifest, key) == []
    said = json.loads(manifest)["manifest"]
    assert [take["file"] for take in said["takes"]] == ["0.mp4", "1.mp4"]
    assert sum(segment["duration_90k"] for segment in said["segments"]) == pytest.approx(24 * 90_000, abs=4000)
    assert [gap["missing_ms"] // 1000 for gap in said["gaps"]] == [48]

    take = folder / "1.mp4"
    whole = take.read_bytes()
    second = [segment for segment in said["segments"] if segment["file"] == "1.mp4"][1]
    flipped = bytearray(whole)
    flipped[second["offset"] + 99] ^= 1
    take.write_bytes(flipped)
    assert verify(folder, manifest, key) == [
        f"1.mp4: segment {second['msn']}, recorded at {second['began_at']}, was changed"
    ]
    flipped = bytearray(whole)
    flipped[40] ^= 1
    take.write_bytes(flipped)
    assert verify(folder, manifest, key) == ["1.mp4: its beginning was changed"]
    take.write_bytes(whole + b"more")
    assert verify(folder, manifest, key) == ["1.mp4: 4 bytes follow that were not recorded"]
    take.unlink()
    assert verify(folder, manifest, key) == ["1.mp4: No such file or directory"]
    take.write_bytes(whole)

    wrong = "the signature is not by this key, or the manifest was changed"
    assert wrong in verify(folder, manifest.replace(STREAM.encode(), b"sesja2"), key)
    assert verify(folder, manifest, public_text(Ed25519PrivateKey.generate().public_key())) == [wrong]
    assert verify(folder, manifest, "no key") == [wrong]
    assert verify(folder, b"[]", key) == ["this is no manifest of a recording"]


async def test_any_language_can_check_the_signature(database: Database, tmp_path: Path):
    """The signed bytes are plain JSON with sorted names: made here without the product's code."""
    _, manifest, _ = await signed(database, tmp_path)
    document = json.loads(manifest)
    plain = json.dumps(document["manifest"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    from base64 import b64decode

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key, signature = Ed25519PublicKey.from_public_bytes(b64decode(document["key"])), b64decode(document["signature"])
    key.verify(signature, plain)
    with pytest.raises(InvalidSignature):
        key.verify(signature, plain.replace(b'"', b"'", 1))


def test_the_key_is_made_once_and_is_private(tmp_path: Path):
    path = tmp_path / "key"
    first = signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signing_key(path).private_bytes_raw() == first.private_bytes_raw()
    assert [one.name for one in tmp_path.iterdir()] == ["key"]


async def test_the_command_line_checks(database: Database, tmp_path: Path):
    folder, _, key = await signed(database, tmp_path)
    run = CliRunner()
    good = run.invoke(recording_cli, ["check", str(folder), "--key", key])
    assert (good.exit_code, good.output) == (0, "Everything is as it was signed.\n")
    data = bytearray((folder / "0.mp4").read_bytes())
    data[-1] ^= 1
    (folder / "0.mp4").write_bytes(data)
    bad = run.invoke(recording_cli, ["check", str(folder), "--key", key])
    assert bad.exit_code == 1
    assert "was changed" in bad.output
    elsewhere = tmp_path / "kept.json"
    elsewhere.write_bytes(msgspec.json.encode({}))
    assert run.invoke(recording_cli, ["check", str(folder), "--manifest", str(elsewhere)]).exit_code == 1
    assert run.invoke(recording_cli, ["check", str(tmp_path / "nowhere")]).exit_code == 2
