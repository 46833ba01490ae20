"""The real nginx with deploy/nginx.conf: its lines marked «yours» are changed, as an operator would."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parent.parent.parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NAME = "sesje.example.pl"

MAIN = """
{user}
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gryf.conf;
}}
"""


class Proxy:
    """A running nginx. `https`: its address; `connect` makes clients that know its certificate."""

    def __init__(self, folder: Path, http_port: int, https_port: int) -> None:
        self.folder = folder
        self.http = f"http://{NAME}:{http_port}"
        self.https = f"https://{NAME}:{https_port}"

    def connect(self, **options) -> aiohttp.ClientSession:
        trusted = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        connector = aiohttp.TCPConnector(ssl=trusted, resolver=_Here(), limit=0)
        return aiohttp.ClientSession(self.https, connector=connector, **options)


class _Here(aiohttp.abc.AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Nothing."""


def rendered(folder: Path, web: str, media: str, recordings: Path, http_port: int, https_port: int) -> str:
    """deploy/nginx.conf with this test's addresses and folders; every line marked «yours» is changed."""
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        if line.strip().startswith("listen [::]"):
            continue
        changed = line.replace("listen 80;", f"listen 127.0.0.1:{http_port};")
        changed = changed.replace("listen 443 ssl", f"listen 127.0.0.1:{https_port} ssl")
        changed = changed.replace("/etc/letsencrypt/live/sesje.example.pl", str(folder))
        changed = changed.replace("/var/lib/gryf/recordings", str(recordings))
        changed = changed.replace("/var/cache/nginx/gryf", str(folder / "cache")).replace("/var/www/acme", str(folder))
        if "server 127.0.0.1:8080" in line:
            address = media if lines[-1].startswith("upstream gryf_media") else web
            changed = changed.replace("127.0.0.1:8080", address)
        lines.append(changed)
        assert changed != line or not line.endswith("# yours") or NAME in line, line
    return "\n".join(lines)


@contextlib.asynccontextmanager
async def nginx(folder: Path, web: str, media: str, recordings: Path) -> AsyncIterator[Proxy]:
    """`web` and `media`: host and port of the nodes."""
    http_port, https_port = _free_port(), _free_port()
    _make_certificate(folder)
    config = rendered(folder, web, media, recordings, http_port, https_port)
    (folder / "gryf.conf").write_text(config, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user), encoding="utf-8")
    command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
    check = await asyncio.create_subprocess_exec(*command, "-t", stderr=asyncio.subprocess.PIPE)
    words = (await check.communicate())[1].decode()
    assert check.returncode == 0, words
    assert "[warn]" not in words, words
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await _until_open(https_port)
        yield Proxy(folder, http_port, https_port)
    finally:
        process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_open(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(OSError):
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)


def _make_certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "privkey.pem").write_bytes(private)


def numbers(playlist: str) -> tuple[int, int]:
    """The next segment's number and the next part's index, as the preload hint names them."""
    match = re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="(\d+)\.(\d+)\.m4s"', playlist)
    assert match is not None, playlist
    return int(match[1]), int(match[2])
