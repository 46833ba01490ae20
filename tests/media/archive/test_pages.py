"""The public log of removals as people read it, in the whole product."""

from pathlib import Path

from app.database import DATABASE
from tests.media.archive import recorded
from tests.media.archive.recorded import STREAM
from tests.media.archive.test_trim_and_clips import API, asked
from tests.media.hls import feed


async def test_removed_recordings_are_listed(site, tmp_path: Path):
    track, packets = feed.audio(4)
    turn = (0, recorded.Tracks(audio=track), list(packets))
    async with site.client("clerk") as clerk, site.client() as resident:
        empty = (await asked(resident, "GET", "/recordings/removed")).decode()
        assert "Niczego nie usunięto" in empty
        await recorded.record(site.app[DATABASE], tmp_path / "recordings", turn)
        await asked(clerk, "POST", f"{API}/removal", reason="Dane osobowe <w tle>", title="Próba dźwięku")
        page = (await asked(resident, "GET", "/recordings/removed")).decode()
        assert "Próba dźwięku" in page
        assert "Dane osobowe &lt;w tle&gt;" in page
        assert STREAM not in page
        assert "4 s" in page
