"""An uploader, a store of files and the worker's workshop, on a fresh database."""

from pathlib import Path
from uuid import uuid4

import pytest

from app.actor import Actor
from app.config import City
from app.database import Database
from app.files import FileStore
from app.files import Upload as ReceivedFile
from app.i18n import Locales
from app.jobs.queue import running
from media.record.library import Library
from media.uploads import actions, store
from media.uploads.jobs import Package, run_package
from media.uploads.model import Upload
from media.uploads.settings import UploadSettings
from media.uploads.workshop import Workshop
from tests.conftest import ROOT


class Bench:
    """Takes a file the whole way, as the worker does."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.files = FileStore.in_folder(folder)
        self.locales = Locales.read(ROOT, City())
        self.workshop = self.workshop_with()
        self.actor = Actor(language="pl")

    def workshop_with(self, **settings: object) -> Workshop:
        (self.folder / "recordings").mkdir(exist_ok=True)
        return Workshop(self.folder / "recordings", UploadSettings(**{"threads": 1, **settings}), self.locales)

    async def keep(self, path: Path) -> Upload:
        """The file, stored and queued."""
        data = path.read_bytes()
        copy = self.folder / f"copy-{uuid4()}"
        copy.write_bytes(data)
        received = ReceivedFile(uuid4(), path.name, "application/octet-stream", len(data), "0" * 64)
        await self.files.storage.put(received.id, copy)
        async with self.database.transaction() as tx:
            await self.files.keep(tx, received, None)
            return await actions.package_upload(tx, self.actor, received.id)

    async def package(self, upload: Upload, workshop: Workshop | None = None) -> Upload:
        with running(upload.id, (self.files, workshop or self.workshop)):
            await run_package(self.database, Package(upload.id))
        return await self.look(upload.id)

    async def look(self, upload_id: int) -> Upload:
        async with self.database.transaction(readonly=True) as tx:
            found = await store.upload(tx, upload_id)
        assert found is not None
        return found

    async def whole(self, path: Path) -> Upload:
        return await self.package(await self.keep(path))

    @property
    def library(self) -> Library:
        return Library(self.database, self.folder / "recordings")


@pytest.fixture
async def bench(database, tmp_path):
    return Bench(database, tmp_path)
