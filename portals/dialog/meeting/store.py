"""SQL of live meetings."""

from collections.abc import Mapping, Sequence

from app.database import Tx
from portals.dialog.meeting.model import (
    HandRow,
    HandState,
    Meeting,
    MeetingState,
    Mine,
    PollRow,
    PollState,
    QuestionRow,
    QuestionState,
)

_MEETING = "block_id, stream_id, state, started_at, ended_at, rev"
_QUESTION = "id, block_id, participant_id, text, state, reason, votes, asked_at, taken_at, rev"
_POLL = "id, block_id, text, options, several, at_close, state, opened_at, closed_at, rev"
_HAND = "id, block_id, participant_id, about, state, raised_at, invited_at, on_air_at, rev"


async def meeting(tx: Tx, block_id: int) -> Meeting:
    found = await tx.maybe(Meeting, f"SELECT {_MEETING} FROM meeting WHERE block_id = $1", block_id)
    return found or Meeting(block_id=block_id)


async def hold(tx: Tx, block_id: int, stream_id: str) -> Meeting:
    """The meeting, locked; made with this stream where it is not there yet."""
    await tx.execute(
        "INSERT INTO meeting (block_id, stream_id) VALUES ($1, $2) ON CONFLICT (block_id) DO NOTHING",
        block_id,
        stream_id,
    )
    return await tx.one(Meeting, f"SELECT {_MEETING} FROM meeting WHERE block_id = $1 FOR UPDATE", block_id)


async def set_state(tx: Tx, block_id: int, state: MeetingState) -> Meeting:
    return await tx.one(
        Meeting,
        "UPDATE meeting SET state = $2, rev = rev + 1, started_at = coalesce(started_at, clock_timestamp()),"
        f" ended_at = CASE WHEN $2 = 'ended' THEN clock_timestamp() END WHERE block_id = $1 RETURNING {_MEETING}",
        block_id,
        state,
    )


async def questions(tx: Tx, block_id: int) -> list[QuestionRow]:
    """Most votes first."""
    return await tx.all(
        QuestionRow,
        f"SELECT {_QUESTION} FROM meeting_question WHERE block_id = $1 ORDER BY votes DESC, id",
        block_id,
    )


async def locked_question(tx: Tx, block_id: int, question_id: int) -> QuestionRow | None:
    return await tx.maybe(
        QuestionRow,
        f"SELECT {_QUESTION} FROM meeting_question WHERE block_id = $1 AND id = $2 FOR UPDATE",
        block_id,
        question_id,
    )


async def add_question(tx: Tx, block_id: int, participant_id: int, text: str) -> QuestionRow:
    return await tx.one(
        QuestionRow,
        f"INSERT INTO meeting_question (block_id, participant_id, text) VALUES ($1, $2, $3) RETURNING {_QUESTION}",
        block_id,
        participant_id,
        text,
    )


async def vote(tx: Tx, question_id: int, participant_id: int, *, up: bool) -> QuestionRow:
    """Of a locked question: once a person; the count is what the rows say."""
    if up:
        await tx.execute(
            "INSERT INTO meeting_question_vote (question_id, participant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            question_id,
            participant_id,
        )
    else:
        await tx.execute(
            "DELETE FROM meeting_question_vote WHERE question_id = $1 AND participant_id = $2",
            question_id,
            participant_id,
        )
    return await tx.one(
        QuestionRow,
        "UPDATE meeting_question SET rev = rev + 1, votes = (SELECT count(*) FROM meeting_question_vote"
        f" WHERE question_id = $1) WHERE id = $1 RETURNING {_QUESTION}",
        question_id,
    )


async def set_question(tx: Tx, question_id: int, state: QuestionState, reason: str = "") -> QuestionRow:
    return await tx.one(
        QuestionRow,
        "UPDATE meeting_question SET state = $2, reason = $3, rev = rev + 1, taken_at = CASE WHEN $2 = 'current'"
        f" THEN clock_timestamp() WHEN $2 = 'waiting' THEN NULL ELSE taken_at END WHERE id = $1 RETURNING {_QUESTION}",
        question_id,
        state,
        reason,
    )


async def close_current(tx: Tx, block_id: int) -> QuestionRow | None:
    """The question being answered is answered now."""
    return await tx.maybe(
        QuestionRow,
        "UPDATE meeting_question SET state = 'answered', rev = rev + 1 WHERE block_id = $1 AND state = 'current'"
        f" RETURNING {_QUESTION}",
        block_id,
    )


async def polls(tx: Tx, block_id: int) -> list[PollRow]:
    return await tx.all(PollRow, f"SELECT {_POLL} FROM meeting_poll WHERE block_id = $1 ORDER BY id", block_id)


async def locked_poll(tx: Tx, block_id: int, poll_id: int) -> PollRow | None:
    return await tx.maybe(
        PollRow, f"SELECT {_POLL} FROM meeting_poll WHERE block_id = $1 AND id = $2 FOR UPDATE", block_id, poll_id
    )


async def add_poll(
    tx: Tx, block_id: int, text: str, options: Sequence[str], *, several: bool, at_close: bool
) -> PollRow:
    return await tx.one(
        PollRow,
        "INSERT INTO meeting_poll (block_id, text, options, several, at_close) VALUES ($1, $2, $3, $4, $5)"
        f" RETURNING {_POLL}",
        block_id,
        text,
        list(options),
        several,
        at_close,
    )


async def remove_draft(tx: Tx, poll_id: int) -> None:
    await tx.execute("DELETE FROM meeting_poll WHERE id = $1 AND state = 'draft'", poll_id)


async def set_poll(tx: Tx, poll_id: int, state: PollState) -> PollRow:
    return await tx.one(
        PollRow,
        "UPDATE meeting_poll SET state = $2, rev = rev + 1,"
        " opened_at = coalesce(opened_at, clock_timestamp()),"
        f" closed_at = CASE WHEN $2 = 'closed' THEN clock_timestamp() END WHERE id = $1 RETURNING {_POLL}",
        poll_id,
        state,
    )


async def answer(tx: Tx, poll_id: int, participant_id: int, choices: Sequence[int]) -> PollRow:
    """Of a locked poll: one row a person."""
    await tx.execute(
        "INSERT INTO meeting_answer (poll_id, participant_id, choices) VALUES ($1, $2, $3)"
        " ON CONFLICT (poll_id, participant_id) DO UPDATE SET choices = $3",
        poll_id,
        participant_id,
        list(choices),
    )
    return await tx.one(PollRow, f"UPDATE meeting_poll SET rev = rev + 1 WHERE id = $1 RETURNING {_POLL}", poll_id)


async def counts(tx: Tx, poll_ids: Sequence[int]) -> Mapping[int, tuple[int, dict[int, int]]]:
    """Poll → people who answered, and how many chose each option."""
    voters = await tx.records(
        "SELECT poll_id, count(*) AS n FROM meeting_answer WHERE poll_id = ANY($1) GROUP BY poll_id", list(poll_ids)
    )
    chosen = await tx.records(
        "SELECT poll_id, choice, count(*) AS n FROM meeting_answer, unnest(choices) AS choice"
        " WHERE poll_id = ANY($1) GROUP BY poll_id, choice",
        list(poll_ids),
    )
    found: dict[int, tuple[int, dict[int, int]]] = {row["poll_id"]: (row["n"], {}) for row in voters}
    for row in chosen:
        found[row["poll_id"]][1][row["choice"]] = row["n"]
    return found


async def hands(tx: Tx, block_id: int) -> list[HandRow]:
    """Those that are up, who came first first."""
    return await tx.all(
        HandRow, f"SELECT {_HAND} FROM meeting_hand WHERE block_id = $1 AND state <> 'down' ORDER BY id", block_id
    )


async def guests(tx: Tx, block_id: int) -> list[HandRow]:
    """Those who were on air."""
    return await tx.all(
        HandRow,
        f"SELECT {_HAND} FROM meeting_hand WHERE block_id = $1 AND on_air_at IS NOT NULL ORDER BY on_air_at",
        block_id,
    )


async def locked_hand(tx: Tx, block_id: int, hand_id: int) -> HandRow | None:
    return await tx.maybe(
        HandRow, f"SELECT {_HAND} FROM meeting_hand WHERE block_id = $1 AND id = $2 FOR UPDATE", block_id, hand_id
    )


async def own_hand(tx: Tx, block_id: int, participant_id: int) -> HandRow | None:
    return await tx.maybe(
        HandRow,
        f"SELECT {_HAND} FROM meeting_hand WHERE block_id = $1 AND participant_id = $2 AND state <> 'down'",
        block_id,
        participant_id,
    )


async def raise_hand(tx: Tx, block_id: int, participant_id: int, about: str) -> HandRow:
    """One a person: raised again it says something else and keeps its place."""
    return await tx.one(
        HandRow,
        "INSERT INTO meeting_hand (block_id, participant_id, about) VALUES ($1, $2, $3)"
        " ON CONFLICT (block_id, participant_id) WHERE state <> 'down'"
        f" DO UPDATE SET about = $3, rev = meeting_hand.rev + 1 RETURNING {_HAND}",
        block_id,
        participant_id,
        about,
    )


async def set_hand(tx: Tx, hand_id: int, state: HandState) -> HandRow:
    return await tx.one(
        HandRow,
        "UPDATE meeting_hand SET state = $2, rev = rev + 1,"
        " invited_at = CASE WHEN $2 = 'invited' THEN coalesce(invited_at, clock_timestamp()) ELSE invited_at END,"
        " on_air_at = CASE WHEN $2 = 'on_air' THEN coalesce(on_air_at, clock_timestamp()) ELSE on_air_at END,"
        f" lowered_at = CASE WHEN $2 = 'down' THEN clock_timestamp() END WHERE id = $1 RETURNING {_HAND}",
        hand_id,
        state,
    )


async def mine(tx: Tx, block_id: int, participant_id: int) -> Mine:
    own = await tx.records(
        "SELECT id FROM meeting_question WHERE block_id = $1 AND participant_id = $2", block_id, participant_id
    )
    voted = await tx.records(
        "SELECT question_id FROM meeting_question_vote v JOIN meeting_question q ON q.id = v.question_id"
        " WHERE q.block_id = $1 AND v.participant_id = $2",
        block_id,
        participant_id,
    )
    answered = await tx.records(
        "SELECT a.poll_id, a.choices FROM meeting_answer a JOIN meeting_poll p ON p.id = a.poll_id"
        " WHERE p.block_id = $1 AND a.participant_id = $2",
        block_id,
        participant_id,
    )
    hand = await own_hand(tx, block_id, participant_id)
    return Mine(
        [row["id"] for row in own],
        [row["question_id"] for row in voted],
        {row["poll_id"]: list(row["choices"]) for row in answered},
        hand.id if hand else None,
    )


async def count_waiting(tx: Tx, block_id: int, participant_id: int) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM meeting_question WHERE block_id = $1 AND participant_id = $2 AND state = 'waiting'",
            block_id,
            participant_id,
        )
    )
