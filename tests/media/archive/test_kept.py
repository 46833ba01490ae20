import asyncio
import gzip

import msgspec

from media.archive.kept import MOST, KeptPlaylists
from media.archive.playlist import archive_media_playlist
from media.hls.marks import Mark
from tests.media.archive.test_playlist import BEGAN, index


async def test_a_playlist_is_made_once_for_all_who_ask():
    kept, whole = KeptPlaylists(), index(*[2] * 30)
    first, second = await asyncio.gather(kept.media(whole, ()), kept.media(whole, ()))
    assert first is second
    assert first.plain.decode() == archive_media_playlist(whole)
    assert gzip.decompress(first.packed) == first.plain


async def test_it_is_made_anew_when_the_recording_or_its_marks_change():
    kept, whole = KeptPlaylists(), index(2, 2)
    before = await kept.media(whole, [])
    marks = [Mark("1", BEGAN, None, "Budget")]
    after = await kept.media(whole, marks)
    assert b'X-TITLE="Budget"' in after.plain
    assert await kept.media(whole, list(marks)) is after
    longer = await kept.media(index(2, 2, 2, 2), marks)
    assert longer.plain != after.plain != before.plain


async def test_who_leaves_does_not_take_it_from_the_others():
    kept, whole = KeptPlaylists(), index(*[2] * 3000)
    leaving = asyncio.ensure_future(kept.media(whole, ()))
    staying = asyncio.ensure_future(kept.media(whole, ()))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).plain.endswith(b"#EXT-X-ENDLIST\n")


async def test_only_so_many_are_kept():
    kept, whole = KeptPlaylists(), index(2)
    first = await kept.media(whole, ())
    for number in range(MOST):
        recording = msgspec.structs.replace(whole.recording, stream_id=f"s{number}")
        await kept.media(msgspec.structs.replace(whole, recording=recording), ())
    assert await kept.media(whole, ()) is not first
