"""Pages out of the register, and archives of its years."""

import asyncio
import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from app.actor import Actor
from app.database import Database, Tx
from app.errors import Conflict, NotFound
from app.feature import Job
from app.files import FileStore, drop_file
from app.files.upload import Upload
from app.i18n import Locale
from app.jobs import part, progress, running_job_id
from schools.grades.class_actions import class_sheet
from schools.reports import grade_sheets, rules, sheets, store
from schools.reports.model import (
    Archive,
    ArchiveChanged,
    ArchiveGrew,
    Archives,
    Form,
    MakeArchive,
    Period,
    Sheet,
    archives_room,
)
from schools.reports.writing import Writer
from schools.structure import store as structure
from schools.structure.access import access_class, access_school
from schools.structure.model import Member
from schools.structure.tenancy import school_transaction

AT_ONCE: Final = 2000
"""Rows of one block."""


async def access_archives(tx: Tx, actor: Actor, school_id: int) -> Member:
    """Archives are the principal's."""
    member = await access_school(tx, actor, school_id)
    if not rules.can_archive(member):
        raise NotFound
    return member


async def access_archive(tx: Tx, actor: Actor, school_id: int, archive_id: int) -> Archive:
    await access_archives(tx, actor, school_id)
    found = await store.archive(tx, archive_id)
    if found is None:
        raise NotFound
    return found


async def archives_view(tx: Tx, actor: Actor, school_id: int) -> Archives:
    await access_archives(tx, actor, school_id)
    return Archives(archives=await store.archives(tx))


async def ask_archive(database: Database, actor: Actor, school_id: int) -> Archive:
    """Begins to save this school year. Raises `Conflict` while one is being made."""
    async with school_transaction(database, school_id) as tx:
        member = await access_archives(tx, actor, school_id)
        year = await structure.year_on(tx, school_id, member.today)
        if year is None:
            raise Conflict("There is no school year on this day")
        if await store.unfinished(tx, year.id):
            raise Conflict("An archive of this year is being made")
        archive_id = await store.add_archive(tx, year.id, actor.name)
        await store.set_job(tx, archive_id, await tx.enqueue(MAKE, MakeArchive(school_id, archive_id)))
        await tx.audit(actor, "reports.archive", f"school/{school_id}/archive/{archive_id}", year=year.name)
        found = await store.archive(tx, archive_id)
        assert found is not None
        tx.publish(archives_room(school_id), ArchiveChanged(found))
        return found


async def taken_archive(database: Database, actor: Actor, school_id: int, archive_id: int) -> Archive:
    """A finished one, to be handed out."""
    async with school_transaction(database, school_id) as tx:
        found = await access_archive(tx, actor, school_id, archive_id)
        if found.file_id is None:
            raise NotFound
        await tx.audit(actor, "reports.download", f"school/{school_id}/archive/{archive_id}", sha256=found.sha256)
        return found


async def export_class(
    database: Database, actor: Actor, school_id: int, class_id: int, form: Form, period: Period, locale: Locale
) -> Sheet:
    """A page of the class's register; that it left is in the audit log."""
    async with school_transaction(database, school_id) as tx:
        place = await access_class(tx, actor, school_id, class_id)
        if not rules.can_export(place, form):
            raise NotFound
        first, last = rules.month_of(period.month, place.member.today)
        on = sheets.Page(place.member.school_name, place.school_class.name, first, last, locale)
        if form == "list":
            made = sheets.class_list(on, await store.class_pupils(tx, class_id, place.member.today, place.member.today))
        elif form == "topics":
            made = sheets.topics(on, await store.class_lessons(tx, class_id, first, last))
        elif form == "grades":
            found = await class_sheet(tx, actor, school_id, class_id, period.semester)
            made = grade_sheets.grades(on, found, await store.class_grades(tx, class_id, found.semester))
        elif form == "notes":
            made = grade_sheets.notes(on, await store.class_notes(tx, class_id, place.school_class.year_id))
        else:
            pupils = await store.class_pupils(tx, class_id, first, last)
            made = sheets.attendance(on, pupils, await store.class_marks(tx, class_id, first, last))
        subject = f"school/{school_id}/class/{class_id}"
        await tx.audit(actor, "reports.export", subject, form=form, month=f"{first:%Y-%m}", semester=period.semester)
        return made


async def make_archive(database: Database, payload: MakeArchive) -> None:
    """The job. What it reads is one moment; run again, it finds that it has been done."""
    files, job_id = part(FileStore), running_job_id()
    async with school_transaction(database, payload.school_id, readonly=True) as tx:
        archive = await store.archive(tx, payload.archive_id)
    if archive is None or archive.finished_at is not None:
        return
    with tempfile.TemporaryDirectory(prefix="gryf-archive-") as folder:
        path = Path(folder) / "archive.zip"
        lines = await write_archive(database, archive, path, job_id)
        sha256, size = await asyncio.to_thread(_measured, path)
        name = f"dziennik-{archive.year.replace('/', '-')}-{archive.id}.zip"
        upload = Upload(uuid4(), name, "application/zip", size, sha256)
        await files.storage.put(upload.id, path)
    async with school_transaction(database, payload.school_id) as tx:
        stored = await files.keep(tx, upload, None)
        if not await store.finish(tx, archive.id, stored.id, sha256, size, lines):
            await drop_file(tx, stored.id)  # another run was faster
            return
        found = await store.archive(tx, archive.id)
        assert found is not None
        tx.publish(archives_room(payload.school_id), ArchiveChanged(found))


MAKE: Final = Job(name="reports.archive", payload=MakeArchive, run=make_archive)


async def write_archive(database: Database, archive: Archive, path: Path, job_id: int | None = None) -> int:
    """Writes the file; how many rows it has."""
    made_at = datetime.now(UTC).replace(microsecond=0)
    async with school_transaction(database, archive.school_id, readonly=True, isolation="repeatable_read") as tx:
        school = await structure.school(tx, archive.school_id)
        assert school is not None
        tables = [one for one in await store.tables(tx) if one.name not in rules.LEFT_OUT]
        writer = await asyncio.to_thread(Writer, path, made_at)
        for place, table in enumerate(tables):
            await asyncio.to_thread(writer.begin, table)
            async for rows in store.rows_of(tx, table, archive.year_id, AT_ONCE):
                await asyncio.to_thread(writer.rows, rows)
            await asyncio.to_thread(writer.end)
            if job_id is not None:
                await progress(database, job_id, place + 1, len(tables))
                grew = ArchiveGrew(archive_id=archive.id, done=place + 1, total=len(tables))
                database.announce(archives_room(archive.school_id), grew)
    return await asyncio.to_thread(
        lambda: writer.finish(
            school_id=archive.school_id,
            school=school.name,
            year=archive.year,
            made_at=made_at,
            asked_by=archive.asked_by,
        )
    )


def _measured(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size
