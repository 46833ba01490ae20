"""Who stands where in the queue, who may run it, how long it all takes. Pure."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from app.actor import Actor
from portals.council.debate.model import Guess, ItemTime, Moment, SpeakerTotal, Speech, SpeechKind
from portals.council.model import AgendaItem, Councillor, Session
from portals.council.rules import can_run, clean_message

CHAIRING: Final = ("chair", "vice_chair")
MAX_NAME: Final = 120

USUAL_ITEM_S: Final = 600
"""Length of an item before anything is known of this session."""
USUAL_WEIGHT: Final = 2
"""The usual length counts like this many items that were done: two short ones at the start say little."""
SHORTEST_S: Final = 60
STEP_S: Final = 300
"""Guesses are told in whole five minutes: more would promise too much."""


def can_chair(actor: Actor, seat: Councillor | None) -> bool:
    """Whether the actor runs the debate: the clerk, or the councillor who presides."""
    return can_run(actor) or (seat is not None and seat.office in CHAIRING)


def place_in(queue: Sequence[SpeechKind], kind: SpeechKind, first: Sequence[SpeechKind]) -> int:
    """Where a newcomer stands: behind the last one who goes as soon as he, wherever the chair has put the others."""
    rank = _rank(kind, first)
    if rank == len(first):
        return len(queue)
    return max((place + 1 for place, one in enumerate(queue) if _rank(one, first) <= rank), default=0)


def _rank(kind: SpeechKind, first: Sequence[SpeechKind]) -> int:
    return first.index(kind) if kind in first else len(first)


def veiled(speech: Speech) -> Speech:
    """What the public sees of somebody who is called up in a closed part: gone from the queue."""
    return msgspec.structs.replace(speech, state="withdrawn", item_id=None, began_at=None, paused_at=None)


def reordered(waiting: Sequence[Speech], wanted: Sequence[int]) -> list[Speech]:
    """The queue in the wanted order. Who came while it was being sorted stands at the end; who left is not missed."""
    by_id = {speech.id: speech for speech in waiting}
    sorted_ones = [by_id.pop(speech_id) for speech_id in dict.fromkeys(wanted) if speech_id in by_id]
    return [*sorted_ones, *by_id.values()]


def spoken_s(speech: Speech, now: datetime) -> float:
    """Seconds that were spoken so far."""
    if speech.began_at is None:
        return 0.0
    return max(0.0, ((speech.ended_at or now) - speech.began_at).total_seconds())


def totals(speeches: Iterable[Speech], now: datetime) -> list[SpeakerTotal]:
    """Who spoke for how long, longest first. People of one name are told apart by their seat."""
    counts: dict[tuple[int | None, str], tuple[Speech, int, float]] = {}
    for speech in speeches:
        if speech.began_at is None:
            continue
        key = (speech.councillor_id, "" if speech.councillor_id else speech.speaker)
        _one, number, seconds = counts.get(key, (speech, 0, 0.0))
        counts[key] = (speech, number + 1, seconds + spoken_s(speech, now))
    found = [SpeakerTotal(one.speaker, one.club, one.role, count, round(s)) for one, count, s in counts.values()]
    return sorted(found, key=lambda total: (-total.seconds, total.speaker))


def item_length_s(items: Sequence[AgendaItem]) -> float:
    """Mean length of the items that are done, drawn towards the usual one while there are few.

    What lasted less than a minute was passed over or pressed by mistake, and says nothing of the others.
    """
    begun = sorted(one.began_at for one in items if one.began_at is not None)
    lengths = [(later - earlier).total_seconds() for earlier, later in pairwise(begun)]
    lengths = [length for length in lengths if length >= SHORTEST_S]
    return (sum(lengths) + USUAL_WEIGHT * USUAL_ITEM_S) / (len(lengths) + USUAL_WEIGHT)


def guess(session: Session, items: Sequence[AgendaItem], now: datetime) -> Guess:
    """When the items that still wait may begin, in whole five minutes.

    An item takes its planned minutes, or the mean of what was done. One that takes longer than that is expected to last
    a quarter of it more. What was passed over is not guessed.
    """
    usual_s = item_length_s(items)

    def length_s(item: AgendaItem) -> float:
        return item.planned_minutes * 60.0 if item.planned_minutes else usual_s

    place = next((index for index, one in enumerate(items) if one.state == "current"), -1)
    free_at = now if session.state == "live" else max(now, session.planned_at)
    if place >= 0:
        item = items[place]
        passed_s = (now - item.began_at).total_seconds() if item.began_at else 0.0
        free_at = now + timedelta(seconds=max(length_s(item) - passed_s, length_s(item) / 4))
    times = []
    for item in items[place + 1 :] if session.state != "ended" else ():
        if item.state == "waiting":
            times.append(ItemTime(item.id, _rounded(free_at)))
            free_at += timedelta(seconds=length_s(item))
    return Guess(now, round(usual_s), times)


def _rounded(moment: datetime) -> datetime:
    """The next whole five minutes."""
    return datetime.fromtimestamp(math.ceil(moment.timestamp() / STEP_S) * STEP_S, moment.tzinfo)


def journal(items: Iterable[AgendaItem], speeches: Iterable[Speech]) -> list[Moment]:
    """What has happened, newest first: for people who follow without the picture."""
    found = [Moment(one.began_at, item=one) for one in items if one.began_at is not None]
    found += [Moment(one.began_at, speech=one) for one in speeches if one.began_at is not None]
    return sorted(found, key=lambda moment: (moment.at, moment.speech is not None), reverse=True)


def clean_name(text: str) -> str:
    """A name or a function as it is kept: one line."""
    return " ".join(clean_message(text).split())
