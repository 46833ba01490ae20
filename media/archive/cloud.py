"""Objects of a bucket in an S3-compatible store: put, look, read a range, delete. obstore does it, in its own threads.

Nothing arrives changed: each request is signed together with the SHA-256 of its body (`x-amz-content-sha256`), and the
store refuses a body that has another. Stored checksums (`x-amz-checksum-sha256`) would say the same once more, and not
every store knows them.
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import asyncio
import hashlib
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec
from obstore.exceptions import BaseError
from obstore.store import S3Store

from media.archive.settings import ArchiveSettings

if TYPE_CHECKING:
    from obstore import BytesStream
    from obstore.store import S3Credential

PART_BYTES: Final = 8 * 1024 * 1024
"""Larger files go in parts of this size, of which a store takes 10,000. One is on its way while the next is read."""
BLOCK: Final = 256 * 1024
CONNECT_S: Final = 5
ANSWER_S: Final = 60
"""For the answer to a request, a part's bytes on their way included; then for each piece of its body."""
WHOLE_S: Final = 24 * 3600
"""Someone who watches a recording on a slow line takes hours; obstore's own limit is 30 s."""
RETRIES: Final = 2
RETRY_S: Final = 10
"""After so long nothing is tried again: a viewer waits for it, and jobs come back later by themselves."""


class StoreFailed(Exception):
    """The store is away or refuses; the message says what it answered."""


class NoSuchObject(StoreFailed):
    """The store has no such object, or no such bucket."""


class Bucket(msgspec.Struct, frozen=True):
    """Where and by whose key. The name goes into the path; it is empty where `endpoint` has it in the host."""

    endpoint: str
    name: str
    region: str
    access_key: str
    secret_key: str

    def __repr__(self) -> str:
        """Without the keys: it may stand in a log."""
        return f"Bucket({self.endpoint!r}, {self.name!r})"


def bucket_of(settings: ArchiveSettings) -> Bucket | None:
    """None where recordings stay on this machine alone."""
    if not settings.s3_endpoint:
        return None
    return Bucket(
        settings.s3_endpoint.rstrip("/"),
        settings.s3_bucket,
        settings.s3_region,
        settings.s3_access_key,
        settings.s3_secret_key,
    )


class Objects:
    """The objects of a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._store = _opened(bucket)

    async def put(self, key: str, path: Path, content_type: str) -> tuple[int, str]:
        """Copies a file; returns its bytes and the SHA-256 of what was sent. Raises `StoreFailed`, OSError."""
        with await asyncio.to_thread(path.open, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            blocks = _Blocks(file)
            sending = asyncio.ensure_future(
                self._store.put_async(
                    key,
                    blocks,
                    attributes={"Content-Type": content_type},
                    use_multipart=size > PART_BYTES,
                    chunk_size=PART_BYTES,
                    max_concurrency=1,
                )
            )
            with _failures():
                try:
                    await asyncio.shield(sending)
                except asyncio.CancelledError:
                    # Parts that nobody completes are paid for, for ever. obstore drops them when its source fails,
                    # not when it is cancelled itself.
                    blocks.given_up = True
                    await asyncio.wait([sending])
                    raise
        if await self.size(key) != size:
            raise StoreFailed(f"{key} has not arrived whole")
        return size, blocks.digest.hexdigest()

    async def size(self, key: str) -> int | None:
        """None where there is no such object."""
        try:
            with _failures():
                return (await self._store.head_async(key))["size"]
        except NoSuchObject:
            return None

    @asynccontextmanager
    async def read(self, key: str, begin: int, end: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """Bytes from `begin` up to and without `end`, in blocks."""
        with _failures():
            answer = await self._store.get_async(key, options={"range": (begin, end)})
        yield _received(answer.stream(min_chunk_size=BLOCK))

    async def delete(self, key: str) -> None:
        """One that is not there is no error."""
        with suppress(NoSuchObject), _failures():
            await self._store.delete_async(key)


class _Blocks:
    """What obstore sends of a file, hashed on its way. It is read and hashed in obstore's threads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.given_up = False

    def __iter__(self) -> Iterator[bytes]:
        while block := self._file.read(PART_BYTES):
            self.digest.update(block)
            yield block
            if self.given_up:
                raise StoreFailed("the upload was given up")


async def _received(stream: "BytesStream") -> AsyncIterator[bytes]:
    with _failures():
        async for block in stream:
            yield block


def _opened(bucket: Bucket) -> S3Store:
    """Settings that obstore would else take from AWS_… in the environment are named, so that only ours decide."""

    def credential() -> "S3Credential":
        return {
            "access_key_id": bucket.access_key,
            "secret_access_key": bucket.secret_key,
            "token": None,
            "expires_at": None,
        }

    return S3Store(
        bucket.name or "named-by-the-host",
        aws_endpoint_url_s3=bucket.endpoint,
        region=bucket.region,
        virtual_hosted_style_request=not bucket.name,
        credential_provider=credential,
        skip_signature=False,
        unsigned_payload=False,
        s3_express=False,
        disable_bulk_delete=True,  # not every store has it
        client_options={
            "allow_http": True,
            "connect_timeout": timedelta(seconds=CONNECT_S),
            "read_timeout": timedelta(seconds=ANSWER_S),
            "timeout": timedelta(seconds=WHOLE_S),
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_S)},
    )


@contextmanager
def _failures() -> Iterator[None]:
    """Obstore's failures as ours: it raises FileNotFoundError for 404, and tells the rest in its message only."""
    try:
        yield
    except (BaseError, FileNotFoundError) as problem:
        said = str(problem).partition("\n")[0]
        status, code = re.search(r"status code: (\d{3})", said), re.search(r"<Code>([^<]+)</Code>", str(problem))
        answered = " ".join(found[1] for found in (status, code) if found)
        message = f"the store answered {answered}" if answered else f"the store does not answer: {said}"
        kind = NoSuchObject if isinstance(problem, FileNotFoundError) else StoreFailed
        raise kind(message) from problem
