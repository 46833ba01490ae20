"""JSON of captions: the same actions as the pages."""

from typing import Annotated

import msgspec
from aiohttp import web

from app import api
from app.database import DATABASE
from app.errors import Invalid, NotFound, TooLarge
from app.i18n import LOCALES
from app.wire import CITY, current_actor
from media.speech.model import SpokenCue
from media.speech.reading import MOST_BYTES, read_captions
from portals.council.captions import actions, booth, cue_store, editing, jobs, rules, transcript
from portals.council.captions.booth import CorrectedLine, TurnStep, TypedLine
from portals.council.captions.model import Change, Cue, LiveLine, Ms, PublicTrack

PREVIEWED = 12
Language = Annotated[str, msgspec.Meta(max_length=8)]
Index = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class LanguageChoice(msgspec.Struct, frozen=True):
    """Empty: the city's first language."""

    language: Language = ""


class LineList(msgspec.Struct, frozen=True):
    """Long words become several lines."""

    lines: list[LiveLine]


class LineAnswer(msgspec.Struct, frozen=True):
    """`line` null: it was taken back."""

    line: LiveLine | None


class Which(msgspec.Struct, frozen=True):
    """Which captions; version 0: what residents get now."""

    language: Language = ""
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class SearchWords(msgspec.Struct, frozen=True):
    q: Annotated[str, msgspec.Meta(max_length=200)]
    language: Language = ""
    version: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class FileName(msgspec.Struct, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=300)] = ""
    language: Language = ""


class Mended(msgspec.Struct, frozen=True):
    """What was mended at a line of the file, in the reader's language."""

    line: int
    text: str


class Preview(msgspec.Struct, frozen=True):
    """What a file would become. `unlisted`: notes beyond those that are listed."""

    cues: int
    words: int
    ends_ms: int
    encoding: str
    first: list[SpokenCue]
    notes: list[Mended]
    unlisted: int


class First(msgspec.Struct, frozen=True):
    first: Index = 0


class Step(msgspec.Struct, frozen=True):
    changes: Annotated[list[Change], msgspec.Meta(max_length=rules.MAX_STEP)]


class Shift(msgspec.Struct, frozen=True):
    """Every cue that begins at `from_ms` or later moves."""

    by_ms: Annotated[int, msgspec.Meta(ge=-(2**40), le=2**40)]
    from_ms: Ms = 0


class Reason(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(max_length=2000)]


class Versions(msgspec.Struct, frozen=True):
    """Captions that residents may read, now and before."""

    versions: list[PublicTrack]


async def begin(request: web.Request) -> web.Response:
    choice = await api.body(request, LanguageChoice)
    actor = await current_actor(request)
    language = choice.language or booth.first_language(request.app[CITY])
    return api.reply(await booth.begin(request.app, actor, _session_id(request), language))


async def type_line(request: web.Request) -> web.Response:
    typed = await api.body(request, TypedLine)
    lines = await booth.type_line(request.app, await current_actor(request), _session_id(request), typed)
    return api.reply(LineList(lines), 201)


async def correct_line(request: web.Request) -> web.Response:
    wanted = await api.body(request, CorrectedLine)
    actor, line_id = await current_actor(request), int(request.match_info["line_id"])
    line = await booth.correct_line(request.app[DATABASE], actor, _session_id(request), line_id, wanted)
    return api.reply(LineAnswer(line))


async def change_turn(request: web.Request) -> web.Response:
    wanted = await api.body(request, TurnStep)
    actor = await current_actor(request)
    return api.reply(await booth.change_turn(request.app[DATABASE], actor, _session_id(request), wanted.step))


async def preview_upload(request: web.Request) -> web.Response:
    """Reads a file and says what it would become; nothing is kept."""
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await actions.access_captioning(tx, actor, _session_id(request))
    reading = read_captions(await _file(request))
    locale = request.app[LOCALES].choose(request)
    return api.reply(
        Preview(
            cues=len(reading.cues),
            words=rules.word_count(reading.cues),
            ends_ms=max(cue.end_ms for cue in reading.cues),
            encoding=reading.encoding,
            first=reading.cues[:PREVIEWED],
            notes=[Mended(note.line, locale.gettext(note.message) % dict(note.values)) for note in reading.notes],
            unlisted=reading.unlisted,
        )
    )


async def upload(request: web.Request) -> web.Response:
    asked = api.query(request, FileName)
    actor = await current_actor(request)
    reading = read_captions(await _file(request))
    language = asked.language or booth.first_language(request.app[CITY])
    track = await actions.add_uploaded(
        request.app[DATABASE], actor, _session_id(request), reading.cues, language, asked.name
    )
    return api.reply(track, 201)


async def order_draft(request: web.Request) -> web.Response:
    choice = await api.body(request, LanguageChoice)
    actor = await current_actor(request)
    language = choice.language or booth.first_language(request.app[CITY])
    return api.reply(await jobs.order_draft(request.app[DATABASE], actor, _session_id(request), language), 201)


async def retry_draft(request: web.Request) -> web.Response:
    return api.reply(await jobs.retry_draft(request.app[DATABASE], await current_actor(request), _track_id(request)))


async def cancel_draft(request: web.Request) -> web.Response:
    return api.reply(await jobs.cancel_draft(request.app[DATABASE], await current_actor(request), _track_id(request)))


async def copy_track(request: web.Request) -> web.Response:
    track = await actions.copy_track(request.app[DATABASE], await current_actor(request), _track_id(request))
    return api.reply(track, 201)


async def publish_track(request: web.Request) -> web.Response:
    database, actor, track_id = request.app[DATABASE], await current_actor(request), _track_id(request)
    async with database.transaction() as tx:
        await actions.access_track(tx, actor, track_id)
        await jobs.settle_when_due(tx, track_id)
    return api.reply(await actions.publish_track(database, actor, track_id))


async def withdraw_track(request: web.Request) -> web.Response:
    wanted = await api.body(request, Reason)
    actor = await current_actor(request)
    return api.reply(await actions.withdraw_track(request.app[DATABASE], actor, _track_id(request), wanted.reason))


async def remove_track(request: web.Request) -> web.Response:
    await actions.remove_track(request.app[DATABASE], await current_actor(request), _track_id(request))
    return web.Response(status=204)


async def list_cues(request: web.Request) -> web.Response:
    asked = api.query(request, First)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True, isolation="repeatable_read") as tx:
        found = await editing.cue_list(tx, actor, _track_id(request), asked.first)
    return api.reply(found)


async def show_cue(request: web.Request) -> web.Response:
    actor, track_id, cue_id = await current_actor(request), _track_id(request), int(request.match_info["cue_id"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        await actions.access_track(tx, actor, track_id)
        found: dict[int, Cue] = await cue_store.cues_by_id(tx, track_id, [cue_id])
    if cue_id not in found:
        raise NotFound
    return api.reply(found[cue_id])


async def change_cues(request: web.Request) -> web.Response:
    step = await api.body(request, Step)
    actor = await current_actor(request)
    return api.reply(await editing.change_cues(request.app[DATABASE], actor, _track_id(request), step.changes))


async def shift_cues(request: web.Request) -> web.Response:
    wanted = await api.body(request, Shift)
    actor = await current_actor(request)
    track = await editing.shift_cues(request.app[DATABASE], actor, _track_id(request), wanted.from_ms, wanted.by_ms)
    return api.reply(track)


async def show_transcript(request: web.Request) -> web.Response:
    asked = api.query(request, Which)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True, isolation="repeatable_read") as tx:
        head = await transcript.transcript_head(tx, actor, _session_id(request), asked.language, asked.version)
    return api.reply(head)


async def show_page(request: web.Request) -> web.Response:
    asked = api.query(request, Which)
    actor, number = await current_actor(request), int(request.match_info["number"])
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        page = await transcript.transcript_page(tx, actor, _session_id(request), asked.language, asked.version, number)
    return api.reply(page)


async def search_transcript(request: web.Request) -> web.Response:
    asked = api.query(request, SearchWords)
    actor = await current_actor(request)
    async with request.app[DATABASE].transaction(readonly=True) as tx:
        found = await transcript.search(tx, actor, _session_id(request), asked.language, asked.version, asked.q)
    return api.reply(found)


async def _file(request: web.Request) -> bytes:
    """The body as it came. Raises `Invalid` where it is empty."""
    try:
        data = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge from None
    if len(data) > MOST_BYTES:
        raise TooLarge
    if not data:
        raise Invalid(fields={"file": "Choose a file first"})
    return data


def _session_id(request: web.Request) -> int:
    return int(request.match_info["session_id"])


def _track_id(request: web.Request) -> int:
    return int(request.match_info["track_id"])
