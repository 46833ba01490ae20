"""The JSON API of captions, as it is declared."""

from typing import Any

import msgspec

from app.feature import ANYONE, Allow, Handler, Route
from media.speech.reading import MOST_BYTES
from portals.council.captions import api
from portals.council.captions.booth import CorrectedLine, TurnStep, TypedLine
from portals.council.captions.model import (
    Changed,
    Cue,
    CueList,
    Track,
    TranscriptHead,
    TranscriptHits,
    TranscriptPage,
    Turn,
)

SESSION = r"/api/council/sessions/{session_id:\d{1,18}}"
TRACK = r"/api/council/captions/{track_id:\d{1,18}}"


def api_routes(captioners: Allow) -> tuple[Route, ...]:
    """`captioners` type, upload, correct and publish; the transcript is everybody's."""
    return (*_reading(), *_typing(captioners), *_versions(captioners), *_editing(captioners))


def _reading() -> tuple[Route, ...]:
    transcript = f"{SESSION}/transcript"
    return (
        _route(
            "GET",
            transcript,
            api.show_transcript,
            ANYONE,
            "What was said: how long it is, and where each page begins",
            query=api.Which,
            reply=TranscriptHead,
        ),
        _route(
            "GET",
            rf"{transcript}/pages/{{number:\d{{1,6}}}}",
            api.show_page,
            ANYONE,
            "A page of the transcript, from 0",
            query=api.Which,
            reply=TranscriptPage,
        ),
        _route(
            "GET",
            f"{transcript}/search",
            api.search_transcript,
            ANYONE,
            "Lines of the transcript that hold all the words",
            query=api.SearchWords,
            reply=TranscriptHits,
        ),
    )


def _typing(allow: Allow) -> tuple[Route, ...]:
    captions = f"{SESSION}/captions"
    return (
        _route(
            "POST",
            f"{captions}/begin",
            api.begin,
            allow,
            "Say that a session is captioned live",
            body=api.LanguageChoice,
            reply=Track,
            on_media=True,
        ),
        _route(
            "POST",
            f"{captions}/lines",
            api.type_line,
            allow,
            "Give a line to residents; sent again with its op it is the same line",
            body=TypedLine,
            reply=api.LineList,
            status=201,
            on_media=True,
        ),
        _route(
            "PUT",
            rf"{captions}/lines/{{line_id:\d{{1,18}}}}",
            api.correct_line,
            allow,
            "Correct a line, or take it back by leaving it empty",
            body=CorrectedLine,
            reply=api.LineAnswer,
        ),
        _route(
            "POST",
            f"{captions}/turn",
            api.change_turn,
            allow,
            "Take, ask for, give or leave the turn to type",
            body=TurnStep,
            reply=Turn,
        ),
    )


def _versions(allow: Allow) -> tuple[Route, ...]:
    captions = f"{SESSION}/captions"
    return (
        _route(
            "POST",
            f"{captions}/preview",
            api.preview_upload,
            allow,
            "Read a WebVTT or SRT file (the body) and say what it would become",
            reply=api.Preview,
            max_bytes=MOST_BYTES + 1,
        ),
        _route(
            "POST",
            f"{captions}/upload",
            api.upload,
            allow,
            "Make a version from a WebVTT or SRT file (the body)",
            query=api.FileName,
            reply=Track,
            status=201,
            max_bytes=MOST_BYTES + 1,
        ),
        _route(
            "POST",
            f"{captions}/draft",
            api.order_draft,
            allow,
            "Order a draft by the recogniser of speech",
            body=api.LanguageChoice,
            reply=Track,
            status=201,
        ),
        _route("POST", f"{TRACK}/retry", api.retry_draft, allow, "Try a failed draft again", reply=Track),
        _route("POST", f"{TRACK}/cancel", api.cancel_draft, allow, "Stop a draft", reply=Track),
        _route(
            "POST", f"{TRACK}/copy", api.copy_track, allow, "A new version with the same words", reply=Track, status=201
        ),
        _route("POST", f"{TRACK}/publish", api.publish_track, allow, "Give a version to residents", reply=Track),
        _route(
            "POST",
            f"{TRACK}/withdraw",
            api.withdraw_track,
            allow,
            "Take a version away from residents, with a reason",
            body=api.Reason,
            reply=Track,
        ),
        _route("DELETE", TRACK, api.remove_track, allow, "Delete a version that was never public", status=204),
    )


def _editing(allow: Allow) -> tuple[Route, ...]:
    cues = f"{TRACK}/cues"
    return (
        _route(
            "GET",
            cues,
            api.list_cues,
            allow,
            "Captions in order of time, 400 at a time",
            query=api.First,
            reply=CueList,
        ),
        _route("GET", rf"{cues}/{{cue_id:\d{{1,18}}}}", api.show_cue, allow, "A caption as it is now", reply=Cue),
        _route(
            "POST",
            cues,
            api.change_cues,
            allow,
            "Save, add and remove captions in one step",
            body=api.Step,
            reply=Changed,
        ),
        _route("POST", f"{TRACK}/shift", api.shift_cues, allow, "Move captions in time", body=api.Shift, reply=Track),
    )


def _route(  # what a declaration says, each by its name
    method: str,
    path: str,
    handler: Handler,
    allow: Allow,
    summary: str,
    *,
    query: type[msgspec.Struct] | None = None,
    body: type[msgspec.Struct] | None = None,
    reply: Any = None,
    status: int = 200,
    max_bytes: int = 1024 * 1024,
    on_media: bool = False,
) -> Route:
    return Route(
        method=method,
        path=path,
        handler=handler,
        allow=allow,
        summary=summary,
        query=query,
        body=body,
        reply=reply,
        status=status,
        max_bytes=max_bytes,
        on_media=on_media,
    )
