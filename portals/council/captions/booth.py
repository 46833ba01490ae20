"""Typing live (napisy na żywo): lines, their corrections, and whose turn it is."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from aiohttp import web

from app.actor import Actor
from app.config import City
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Invalid, NotFound
from app.wire import CITY
from media.continuity.model import SlateKind
from media.hls.caption_web import LIVE_CAPTIONS
from media.hls.captions import AiredCaption
from media.speech.model import SpokenCue
from media.speech.plain import clean_speaker
from media.speech.reading import reading_ms
from portals.council import store as council_store
from portals.council.actions import access_session
from portals.council.captions import cue_store, placing, rules, store
from portals.council.captions.actions import access_captioning, announce
from portals.council.captions.languages import language_tag, own_name
from portals.council.captions.model import (
    Booth,
    CaptionLineChanged,
    CaptionLineRemoved,
    LiveCaptions,
    LiveLine,
    LiveLineChanged,
    LiveLineRemoved,
    Name,
    Op,
    PublicLine,
    Track,
    Turn,
    TurnChanged,
    booth_room,
    public_room,
)
from portals.council.model import Session

BOOTH_LINES: Final = 60
PUBLIC_LINES: Final = 30


class TypedLine(msgspec.Struct, frozen=True):
    """A line as a captioner's page sends it, again and again until it is answered.

    `ago_ms`: how long before this request its first letter was typed, plus how far the captioner's picture lags.
    """

    op: Op
    text: Annotated[str, msgspec.Meta(max_length=4000)]
    speaker: Name = ""
    ago_ms: Annotated[int, msgspec.Meta(ge=0, le=24 * 3600 * 1000)] = 0


class CorrectedLine(msgspec.Struct, frozen=True):
    """`rev` is the one the line was seen with; without words it is taken back."""

    rev: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    text: Annotated[str, msgspec.Meta(max_length=4000)]
    speaker: Name = ""


class TurnStep(msgspec.Struct, frozen=True):
    """`take`: mine from now on; `ask`: mine when it is given; `give`: to whoever asked; `leave`: to nobody."""

    step: Literal["take", "ask", "give", "leave"]


async def live_captions(tx: Tx, actor: Actor, session_id: int) -> LiveCaptions:
    """What residents read while the session goes on."""
    session = await access_session(tx, actor, session_id)
    track = await store.public_track(tx, session.id)
    typed = await store.live_track(tx, session.id)
    lines = []
    if typed is not None and typed.state == "working":
        lines = await cue_store.newest_public_lines(tx, typed.id, PUBLIC_LINES)
    return LiveCaptions(session.id, track, lines)


async def booth(tx: Tx, actor: Actor, session_id: int) -> Booth:
    """The captioners' room."""
    session = await access_captioning(tx, actor, session_id)
    track = await store.live_track(tx, session_id)
    lines = await cue_store.newest_lines(tx, track.id, BOOTH_LINES) if track is not None else []
    turn = await store.seen_turn(tx, session_id) or Turn(session_id, 0, "", 0, "", 1)
    return Booth(session, track, turn, lines)


async def begin(app: web.Application, actor: Actor, session_id: int, language: str) -> Track:
    """Captions are there from now on: players are told, before the first line. Again: no error."""
    async with app[DATABASE].transaction() as tx:
        session = await access_captioning(tx, actor, session_id)
        return await _begun(app, tx, actor, session, language_tag(language))


async def _begun(app: web.Application, tx: Tx, actor: Actor, session: Session, language: str) -> Track:
    """The live version, made where there is none. The turn's row keeps two from making it at once."""
    await store.turn(tx, session.id)
    known = await store.live_track(tx, session.id)
    if known is not None:
        if known.state != "working":
            raise Conflict("The live captions of this session were withdrawn")
        return known
    if session.state == "ended":
        raise Conflict("The session has ended: upload captions or order a draft")
    track = await store.add_track(tx, session.id, language, "live", "working", "", actor.account_id)
    await tx.audit(actor, "captions.begin", f"session/{session.id}", track=track.id, language=language)
    await announce(tx, track, session, public=True)
    tx.after_commit(lambda: offer(app, session.stream_id, language))
    return track


async def type_line(app: web.Application, actor: Actor, session_id: int, typed: TypedLine) -> list[LiveLine]:
    """A line that residents get at once. Sent twice it is one; whoever typed it, it is never refused for a turn."""
    database = app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        session = await access_captioning(tx, actor, session_id)
    place = await placing.growing(app, session)
    async with database.transaction() as tx:
        session = await access_captioning(tx, actor, session_id)
        if session.state != "live":
            raise Conflict("The session is not on air")
        if await _is_closed(tx, session_id):
            raise Conflict("This part is closed to the public: captions would be public at once")
        if await store.closed_since(tx, session_id, datetime.now(UTC) - timedelta(milliseconds=typed.ago_ms)):
            raise Conflict("This was begun while the session was closed to the public: it is not published")
        texts = rules.lines_of(typed.text)
        if not texts:
            raise Invalid(fields={"text": "Write something first"})
        track = await _begun(app, tx, actor, session, first_language(app[CITY]))
        known = await cue_store.line_by_op(tx, track.id, typed.op)
        if known:
            return known
        lines = await _added(tx, actor, track, texts, typed, place)
        await tx.audit(actor, "captions.type", f"session/{session_id}", lines=[line.id for line in lines])
        for line in lines:
            tx.publish(booth_room(session_id), LiveLineChanged(line))
            tx.publish(public_room(session_id), CaptionLineChanged(public_line(line)))
        tx.after_commit(lambda: air(app, session.stream_id, track.language, lines))
        return lines


async def _is_closed(tx: Tx, session_id: int) -> bool:
    return (await council_store.standing_slates(tx)).get(session_id) is SlateKind.CLOSED


async def _added(
    tx: Tx, actor: Actor, track: Track, texts: list[str], typed: TypedLine, place: placing.Place
) -> list[LiveLine]:
    aired_at = datetime.now(UTC)
    ago_ms = typed.ago_ms
    speaker = clean_speaker(typed.speaker)
    lines = []
    for number, text in enumerate(texts):
        said_at, said_until = rules.said_span(aired_at, ago_ms, text)
        begin, end = place(said_at), place(said_until)
        cue = SpokenCue(begin, max(end, begin + 1), text, speaker)
        op = typed.op if number == 0 else f"{typed.op}.{number}"
        moments = (said_at, said_until, aired_at)
        lines.append(await cue_store.add_line(tx, track.id, cue, op, actor.name, moments))
        ago_ms = max(ago_ms - reading_ms(text), 0)
    return lines


async def correct_line(
    database: Database, actor: Actor, session_id: int, line_id: int, wanted: CorrectedLine
) -> LiveLine | None:
    """Mends one of the last lines where people read it as text; None where it was taken back.

    While the session is closed to the public, lines can only be taken back: other words would be public at once.
    """
    async with database.transaction() as tx:
        session = await access_captioning(tx, actor, session_id)
        await store.turn(tx, session_id)
        track = await store.live_track(tx, session_id)
        before = await cue_store.line(tx, track.id, line_id) if track is not None else None
        if track is None or before is None:
            raise NotFound
        if track.state != "working" or session.state != "live":
            raise Conflict("The session is not on air")
        if before.rev != wanted.rev:
            raise Conflict("Somebody else has changed this line: look at it again")
        text = " ".join(rules.lines_of(wanted.text))
        if not text:
            await cue_store.remove_cue(tx, line_id)
            tx.publish(booth_room(session_id), LiveLineRemoved(line_id))
            tx.publish(public_room(session_id), CaptionLineRemoved(line_id))
            await tx.audit(actor, "captions.take_back", f"session/{session_id}", line=line_id, text=before.text)
            return None
        if await _is_closed(tx, session_id):
            raise Conflict("This part is closed to the public: captions would be public at once")
        cue = SpokenCue(before.begin_ms, before.end_ms, text, clean_speaker(wanted.speaker))
        await cue_store.change_cue(tx, line_id, cue, actor.name)
        line = await cue_store.line(tx, track.id, line_id)
        assert line is not None
        tx.publish(booth_room(session_id), LiveLineChanged(line))
        tx.publish(public_room(session_id), CaptionLineChanged(public_line(line)))
        await tx.audit(actor, "captions.correct_line", f"session/{session_id}", line=line_id)
        return line


async def change_turn(database: Database, actor: Actor, session_id: int, step: str) -> Turn:
    """Two captioners share a session by turns."""
    async with database.transaction() as tx:
        await access_captioning(tx, actor, session_id)
        before = await store.turn(tx, session_id)
        after = _turned(before, actor, step)
        if after == before:
            return before
        turn = await store.set_turn(tx, after)
        tx.publish(booth_room(session_id), TurnChanged(turn))
        await tx.audit(actor, f"captions.turn_{step}", f"session/{session_id}", to=turn.name)
        return turn


def _turned(turn: Turn, actor: Actor, step: str) -> Turn:
    me, mine = actor.account_id or 0, turn.account_id == (actor.account_id or 0)
    change = msgspec.structs.replace
    if step == "take" or (step == "ask" and turn.account_id == 0):
        taken = change(turn, account_id=me, name=actor.name)
        return change(taken, next_account_id=0, next_name="") if turn.next_account_id == me else taken
    if step == "ask":
        return turn if mine else change(turn, next_account_id=me, next_name=actor.name)
    if not mine:
        raise Conflict("Somebody else types now")
    if step == "give" and turn.next_account_id == 0:
        raise Conflict("Nobody asked to type next")
    return change(turn, account_id=turn.next_account_id, name=turn.next_name, next_account_id=0, next_name="")


def public_line(line: LiveLine) -> PublicLine:
    return PublicLine(line.id, line.begin_ms, line.speaker, line.text, line.said_at, line.aired_at, line.rev)


def first_language(city: City) -> str:
    return city.languages[0]


def offer(app: web.Application, stream_id: str, language: str) -> None:
    """Names the captions in the stream's playlist. Only the process that carries streams has one."""
    if LIVE_CAPTIONS in app:
        app[LIVE_CAPTIONS].offer(stream_id, language, own_name(language))


def air(app: web.Application, stream_id: str, language: str, lines: list[LiveLine]) -> None:
    """Puts lines into the stream's captions, from the moment at which they came."""
    if LIVE_CAPTIONS not in app:
        return
    feed = app[LIVE_CAPTIONS].offer(stream_id, language, own_name(language))
    for line in lines:
        began_s = line.aired_at.timestamp()
        words = f"{line.speaker}: {line.text}" if line.speaker and line.speaker != feed.speaker else line.text
        feed.speaker = line.speaker
        feed.add(AiredCaption(line.id, began_s, began_s + reading_ms(line.text) / 1000, words))


async def resume(app: web.Application, session: Session) -> None:
    """After a restart: what was captioned is captioned still."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        track = await store.live_track(tx, session.id)
        lines = await cue_store.newest_lines(tx, track.id, BOOTH_LINES) if track is not None else []
    if track is not None and track.state == "working":
        offer(app, session.stream_id, track.language)
        air(app, session.stream_id, track.language, lines)
