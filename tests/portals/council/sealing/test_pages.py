"""Pages of sealing, as people of each role get them."""

import re

import aiohttp
import msgspec
import pytest

from app.database import DATABASE
from app.wire import data_folder
from media.packet import Tracks
from media.record.model import utc
from media.sealed.envelope import Sealer
from media.sealed.files import About, context_of, part_folder
from media.sealed.recorder import SEALED
from portals.council import store as council_store
from portals.council.sealing import store
from portals.council.sealing.model import NewClosedPart


async def text(client, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, (path, answer.status)
        return await answer.text()


async def test_the_archive_page_tells_of_breaks_closed_parts_and_redactions(site):
    async with site.app[DATABASE].transaction() as tx:
        session = (await council_store.past_sessions(tx, 1, 0))[0]
        await tx.execute(
            "INSERT INTO recording (stream_id, began_at, ended_at, part_ms, segment_s, target_s)"
            " VALUES ($1, now(), now(), 500, 2, 6)",
            session.stream_id,
        )
        await tx.execute(
            "INSERT INTO recording_redaction (stream_id, begin_90k, end_90k, mute, picture, area_left, area_top, area_width,"
            " area_height, legal_basis, reason, state) SELECT $1, 0, 90000, true, '', 0, 0, 1, 1, 'art. 6', 'x', state"
            " FROM unnest(ARRAY['published', 'published', 'ready', 'withdrawn']) AS state",
            session.stream_id,
        )
        await tx.execute(
            "INSERT INTO recording_redaction_log (stream_id, redaction_id, what, version, begin_s, end_s, mute, picture,"
            " whole_picture, legal_basis, reason, decided_as) VALUES ($1, 1, 'published', 2, 61, 75.5, true, 'blur', false,"
            " 'art. 6 RODO', 'dane świadka', 'clerk')",
            session.stream_id,
        )
    async with site.client() as resident:
        page = await text(resident, session.path)
        assert "na wniosek przewodniczących klubów" in page
        assert "Część niejawna" in page
        assert "dane osobowe stron" not in page, "the reason of a closed part is for the record"
        assert "2 fragmenty tego nagrania wyciszono lub zamazano" in page
        log = await text(resident, f"{session.path}/redactions")
        assert "1:01–1:15" in log
        assert "dźwięk wyciszony i obraz zamazany (część obrazu)" in re.sub(r"\s+", " ", log)
        assert "art. 6 RODO" in log
        await text(resident, "/council/sessions/nobody/redactions", 404)
    async with site.client("clerk") as clerk:
        assert "dane osobowe stron" in await text(clerk, f"/council/desk/{session.id}/recording")


async def test_only_the_keeper_gets_a_sealed_recording_and_only_with_a_reason(site):
    async with site.app[DATABASE].transaction() as tx:
        (session,) = await council_store.live_sessions(tx)
        part = await store.add_closed_part(tx, session.id, NewClosedPart("sealed", "art. 5 ust. 2", "dane stron"))
        await store.end_interval(tx, part.id)
    sealed = site.app[SEALED]
    folder = part_folder(sealed.folder, session.stream_id, str(part.id))
    folder.mkdir(parents=True)
    sealer = Sealer(sealed.key, context_of(session.stream_id, str(part.id), 1))
    pieces = [msgspec.json.encode(About(utc(1_700_000_000), Tracks())), b"film", b" dalej"]
    data = sealer.header + b"".join(sealer.piece(one) for one in pieces) + sealer.piece(b"", last=True)
    (folder / "1.sealed").write_bytes(data)
    assert (data_folder(site.app) / "sealed") in folder.parents

    path = f"/council/sealed/{part.id}"
    for who in ("", "resident", "clerk", "moderator", "admin", "auditor"):
        async with site.client(who) as client:
            for refused in ("/council/sealed", path):
                async with client.get(refused, allow_redirects=False, headers={"Accept": "application/json"}) as answer:
                    assert answer.status in {401, 403}, (who, refused)
    async with site.client("keeper") as keeper:
        assert session.title in await text(keeper, "/council/sealed")
        page = await text(keeper, path)
        assert "dane stron" in page
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "reason": " "}
        async with keeper.post(f"{path}/1", data=form) as answer:
            assert answer.status == 422
            assert "film" not in await answer.text()
        async with keeper.post(f"{path}/1", data=form | {"reason": "sprawdzenie protokołu"}) as answer:
            assert (answer.status, await answer.read()) == (200, b"film dalej")
            assert answer.headers["Cache-Control"] == "private, no-store"
        async with keeper.post(f"{path}/2", data=form | {"reason": "sprawdzenie protokołu"}) as answer:
            assert answer.status == 404
        await text(keeper, f"/council/sealed/{part.id + 50}", 404)
        # a file that somebody changed is cut off, not sent as if it were whole
        (folder / "1.sealed").write_bytes(data[:-30] + bytes((data[-30] ^ 1,)) + data[-29:])
        with pytest.raises(aiohttp.ClientError):
            async with keeper.post(f"{path}/1", data=form | {"reason": "sprawdzenie protokołu"}) as answer:
                await answer.read()
    async with site.app[DATABASE].transaction() as tx:
        rows = await tx.records("SELECT details FROM audit_entry WHERE action = 'sealed.open'")
    assert {row["details"]["reason"] for row in rows} == {"sprawdzenie protokołu"}
