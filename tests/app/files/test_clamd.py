"""The protocol as bytes, and a clamd that answers, refuses, is silent or away."""

import asyncio
import io
from contextlib import asynccontextmanager

import pytest

from app.errors import ConfigurationError
from app.files import DOCUMENTS, FileStore, Infected, Scanner, Unscanned
from app.files.clamd import COMMAND, ScannerAway, Verdict, chunks, verdict_of

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Reads INSTREAM as clamd does; `answer` None: by what it was sent; `silent`: never."""

    def __init__(self, answer: bytes | None = None, *, silent: bool = False, most: int = 1_000_000):
        self.answer, self.silent, self.most = answer, silent, most
        self.got: list[bytes] = []

    async def client(self, reader, writer):
        try:
            assert await reader.readexactly(len(COMMAND)) == COMMAND
            content = b""
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                content += await reader.readexactly(size)
                if len(content) > self.most:
                    writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                    await writer.drain()
                    return
            self.got.append(content)
            if self.silent:
                await asyncio.sleep(60)
            found = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
            writer.write(found if self.answer is None else self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def serving(self):
        server = await asyncio.start_server(self.client, "127.0.0.1", 0)
        try:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()


def test_what_is_sent():
    assert list(chunks(io.BytesIO(b"abc"))) == [b"\0\0\0\3abc", b"\0\0\0\0"]
    assert list(chunks(io.BytesIO(b""))) == [b"\0\0\0\0"]
    pieces = list(chunks(io.BytesIO(b"x" * 150_000)))
    assert [int.from_bytes(piece[:4], "big") for piece in pieces] == [65536, 65536, 18928, 0]
    assert b"".join(piece[4:] for piece in pieces) == b"x" * 150_000


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", Verdict()),
        (b"stream: OK\n", Verdict()),
        (b"stream: Eicar-Signature FOUND\0", Verdict("Eicar-Signature")),
    ],
)
def test_verdicts(answer, verdict):
    assert verdict_of(answer) == verdict


@pytest.mark.parametrize(
    "answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"UNKNOWN COMMAND\0", b"stream: \xff ERROR"]
)
def test_anything_else_is_no_verdict(answer):
    with pytest.raises(ScannerAway):
        verdict_of(answer)


@pytest.mark.parametrize("address", ["", "clamd", "clamd:", ":3310", "clamd:99999", "clamd:x"])
def test_addresses_that_are_none(address):
    with pytest.raises(ConfigurationError):
        Scanner(address, 1)


async def blocks(content: bytes):
    yield content


async def receive(files: FileStore, content: bytes):
    return await files.receive(blocks(content), limit_bytes=5_000_000, accept=DOCUMENTS, name="a.txt")


def kept(files: FileStore) -> list:
    return [path for path in files.storage.folder.rglob("*") if path.is_file()]


async def test_a_clean_file_is_kept_and_an_infected_one_is_not(tmp_path):
    clamd = FakeClamd()
    async with clamd.serving() as address:
        files = FileStore.in_folder(tmp_path, Scanner(address, 5))
        upload = await receive(files, b"czysty tekst " * 20_000)
        assert clamd.got == [b"czysty tekst " * 20_000]
        assert [path.name for path in kept(files)] == [str(upload.id)]
        with pytest.raises(Infected) as refused:
            await receive(files, b"tekst " + EICAR)
        assert refused.value.malware == "Eicar-Signature"
        assert len(kept(files)) == 1


async def test_without_a_verdict_nothing_is_kept(tmp_path):
    async with FakeClamd(silent=True).serving() as address:
        with pytest.raises(Unscanned, match="moment"):
            await receive(FileStore.in_folder(tmp_path, Scanner(address, 0.2)), b"tekst")
    async with FakeClamd(most=100_000).serving() as address:
        with pytest.raises(Unscanned) as refused:
            await receive(FileStore.in_folder(tmp_path, Scanner(address, 5)), b"tekst " * 400_000)
        assert "clamd" in refused.value.reason or "limit" in refused.value.reason
    with pytest.raises(Unscanned):
        await receive(FileStore.in_folder(tmp_path, Scanner(address, 1)), b"tekst")  # nobody listens any more
    with pytest.raises(Unscanned):
        await receive(FileStore.in_folder(tmp_path, Scanner(str(tmp_path / "no.sock"), 1)), b"tekst")
    assert kept(FileStore.in_folder(tmp_path)) == []


async def test_raw_bytes_are_kept_as_they_are(tmp_path):
    files = FileStore.in_folder(tmp_path, Scanner("127.0.0.1:1", 1))
    upload = await files.deposit(b"MZ\0 a program in a letter", name="list.eml", kind="message/rfc822")
    assert (
        b"".join([block async for block in files.storage.read(upload.id, 0, upload.bytes)])
        == b"MZ\0 a program in a letter"
    )
    assert (upload.type, upload.name) == ("message/rfc822", "list.eml")
