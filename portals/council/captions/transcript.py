"""Captions as residents read them: the transcript page by page, search within it, and files."""

from collections.abc import Iterable
from textwrap import shorten
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.errors import NotFound
from app.i18n import Locale, _
from media.speech.model import SpokenCue
from media.speech.plain import folded
from portals.council.actions import access_session
from portals.council.captions import cue_store, rules, store
from portals.council.captions.actions import shown_of
from portals.council.captions.cue_store import Shown
from portals.council.captions.model import PublicTrack, ReadCue, TranscriptHead, TranscriptHits, TranscriptPage
from portals.council.model import Session

MOST_HITS: Final = 1000
MOST_WORDS: Final = 8
MOST_REASON: Final = 160


async def access_public(
    tx: Tx, actor: Actor, session_id: int, language: str = "", version: int = 0
) -> tuple[PublicTrack, Session, Shown]:
    """What residents read; `version` names one that was published, now or before. Raises NotFound."""
    session = await access_session(tx, actor, session_id)
    if version:
        track = next(
            (
                one
                for one in await store.reachable_versions(tx, session_id)
                if one.version == version and language in {"", one.language}
            ),
            None,
        )
    else:
        track = await store.public_track(tx, session_id, language)
    if track is None:
        raise NotFound
    return track, session, await shown_of(tx, session)


async def transcript_head(tx: Tx, actor: Actor, session_id: int, language: str, version: int) -> TranscriptHead:
    """What there is, and where each page begins. Without captions it is empty."""
    try:
        track, _session, shown = await access_public(tx, actor, session_id, language, version)
    except NotFound:
        await access_session(tx, actor, session_id)  # a session that is not there stays not there
        return TranscriptHead(None, 0, rules.PAGE, [], [], await store.reachable_versions(tx, session_id))
    return TranscriptHead(
        track=track,
        count=await cue_store.count_shown(tx, track.id, shown),
        page=rules.PAGE,
        starts=await cue_store.page_starts(tx, track.id, shown, rules.PAGE),
        speakers=await cue_store.speakers(tx, track.id, shown),
        versions=await store.reachable_versions(tx, session_id),
    )


async def transcript_page(
    tx: Tx, actor: Actor, session_id: int, language: str, version: int, number: int
) -> TranscriptPage:
    track, _session, shown = await access_public(tx, actor, session_id, language, version)
    first = number * rules.PAGE
    return TranscriptPage(first, await cue_store.lines_shown(tx, track.id, shown, first, rules.PAGE))


async def search(tx: Tx, actor: Actor, session_id: int, language: str, version: int, words: str) -> TranscriptHits:
    """Lines that hold all the words, letters without accents: «zolw» finds «żółw»."""
    track, _session, shown = await access_public(tx, actor, session_id, language, version)
    wanted = folded(words).split()[:MOST_WORDS]
    if not wanted:
        return TranscriptHits(0, [])
    found = await cue_store.hits(tx, track.id, shown, wanted)
    return TranscriptHits(len(found), found[:MOST_HITS])


async def words_of(
    tx: Tx, actor: Actor, session_id: int, language: str, version: int
) -> tuple[PublicTrack, Session, list[ReadCue]]:
    """Everything, for a file."""
    track, session, shown = await access_public(tx, actor, session_id, language, version)
    return track, session, await cue_store.read(tx, track.id, shown)


def as_spoken(cues: Iterable[ReadCue], locale: Locale) -> list[SpokenCue]:
    """For players and readers of files: what is withheld says so, in the language of the captions."""

    def words(one: ReadCue) -> str:
        return _withheld_words(locale, one.withheld) if one.withheld else one.text

    return [SpokenCue(one.begin_ms, one.end_ms, words(one), one.speaker) for one in cues]


def _withheld_words(locale: Locale, why: str) -> str:
    told = shorten(why, MOST_REASON, placeholder="…")
    return locale.gettext(_("[fragment removed: %(why)s]")) % {"why": told}
