"""Containers with the rules of each kind of room."""

from hypothesis import given
from hypothesis import strategies as st

from app.feature import RoomKind
from realtime.batch import Backlog, Batch, Cut, Item, Tape, Verdict, joined_frames


def item(seq: int, key: str = "k", size: int = 10) -> Item:
    return Item(seq, key, bytes([seq % 256]) * size)


def seqs(items: list[Item] | None) -> list[int] | None:
    return None if items is None else [each.seq for each in items]


def test_log_keeps_everything_until_it_is_full() -> None:
    batch = Batch(RoomKind.LOG)
    assert batch.add(item(1), 25) is Verdict.KEPT
    assert batch.add(item(2), 15) is Verdict.KEPT
    assert batch.add(item(3), 5) is Verdict.FULL
    assert batch.bytes == 20
    assert seqs(batch.take()[0]) == [1, 2]
    assert batch.bytes == 0
    assert not batch


def test_latest_keeps_one_of_each_key_in_order_of_seq() -> None:
    batch = Batch(RoomKind.LATEST)
    assert [batch.add(item(1, "a")), batch.add(item(2, "b"))] == [Verdict.KEPT, Verdict.KEPT]
    assert batch.add(item(3, "a", 12), 2) is Verdict.MERGED
    assert batch.bytes == 22
    assert batch.add(item(4, "c"), 9) is Verdict.FULL
    assert seqs(batch.take()[0]) == [2, 3]


def test_ephemeral_drops() -> None:
    batch = Batch(RoomKind.EPHEMERAL)
    batch.add(item(1))
    assert batch.add(item(2), 9) is Verdict.DROPPED
    assert seqs(batch.take()[0]) == [1]


def test_presence_waits_beside_the_order() -> None:
    batch = Batch(RoomKind.LOG)
    batch.presence = b"one"
    batch.presence = b"two"
    batch.add(Item(1, "k", b"event"))
    assert joined_frames(*batch.take()) == b"eventtwo"


def test_backlog_of_a_log_tells_what_it_still_has() -> None:
    backlog = Backlog(RoomKind.LOG, max_events=3)
    for seq in range(1, 6):
        backlog.add(item(seq))
    assert backlog.floor == 2
    assert seqs(backlog.since(2, 5)) == [3, 4, 5]
    assert seqs(backlog.since(5, 5)) == []
    assert seqs(backlog.since(3, 4)) == [4]
    assert backlog.since(1, 5) is None
    assert backlog.since(6, 5) is None, "a client from the future starts again"


def test_backlog_is_bounded_in_bytes() -> None:
    backlog = Backlog(RoomKind.LOG, max_bytes=25)
    for seq in range(1, 5):
        backlog.add(item(seq))
    assert seqs(backlog.since(2, 4)) == [3, 4]
    assert backlog.since(1, 4) is None


def test_backlog_of_latest_tells_the_newest_of_each_key() -> None:
    backlog = Backlog(RoomKind.LATEST, max_events=2)
    for seq, key in [(1, "a"), (2, "b"), (3, "a"), (4, "a")]:
        backlog.add(item(seq, key))
    assert seqs(backlog.since(0, 4)) == [2, 4]
    assert seqs(backlog.since(2, 4)) == [4]
    backlog.add(item(5, "c"))
    assert backlog.since(1, 5) is None, "the value of b is gone"
    assert seqs(backlog.since(2, 5)) == [4, 5]


def test_ephemeral_has_no_backlog() -> None:
    backlog = Backlog(RoomKind.EPHEMERAL)
    backlog.add(item(1))
    assert backlog.since(0, 1) is None
    assert backlog.since(1, 1) == []


@given(
    st.lists(st.sampled_from("abc"), max_size=40), st.integers(0, 40), st.sampled_from([RoomKind.LOG, RoomKind.LATEST])
)
def test_backlog_never_tells_half_of_it(keys: list[str], since: int, kind: RoomKind) -> None:
    """Who applies the events after `since` to the state at `since` has the state of now."""
    backlog = Backlog(kind, max_events=5, max_bytes=55)
    states: list[dict[str, int]] = [{}]
    for seq, key in enumerate(keys, 1):
        backlog.add(item(seq, key))
        states.append({**states[-1], key: seq})
    found = backlog.since(since, len(keys))
    if found is None:
        assert since > len(keys) or since < backlog.floor
    else:
        assert {**states[since], **{each.key: each.seq for each in found}} == states[-1]
        assert seqs(found) == sorted(seqs(found) or [])


def test_members_at_the_same_mark_share_one_buffer() -> None:
    tape = Tape(RoomKind.LOG)
    for seq in (1, 2, 3):
        tape.say(item(seq))
    assert tape.mark == 3
    assert tape.since(0) == Cut(b"\1" * 10 + b"\2" * 10 + b"\3" * 10, 3)
    assert tape.since(0) is tape.since(0), "made once"
    assert tape.since(2) == Cut(b"\3" * 10, 1)
    tape.say(item(4))
    assert tape.since(2) == Cut(b"\3" * 10 + b"\4" * 10, 2), "and anew when something is said"
    tape.forget(3)
    assert [each.seq for each in tape.after(3)[0]] == [4]
    assert len(tape._said) == 1


def test_a_tape_of_latest_tells_the_newest_of_each_key() -> None:
    tape = Tape(RoomKind.LATEST)
    for seq, key in enumerate("abab", 1):
        tape.say(item(seq, key))
    assert seqs(tape.after(0)[0]) == [3, 4]
    assert seqs(tape.after(3)[0]) == [4]
    assert tape.since(0).events == 2


def test_a_tape_tells_the_newest_presence_after_the_events() -> None:
    tape = Tape(RoomKind.LOG)
    tape.say_presence(b"one")
    tape.say(Item(1, "k", b"event"))
    tape.say_presence(b"two")
    assert tape.since(0) == Cut(b"eventtwo", 1)
    assert tape.since(2) == Cut(b"two", 0)


@given(
    st.sampled_from([RoomKind.LOG, RoomKind.LATEST]),
    st.lists(st.one_of(st.sampled_from("abc"), st.integers(0, 3)), max_size=60),
)
def test_whoever_follows_a_tape_misses_nothing(kind: RoomKind, story: list[str | int]) -> None:
    """A letter is said; a number is a member's turn. After a round everybody's mark is forgotten up to the lowest."""
    tape, said = Tape(kind), [0]
    marks, heard = [0] * 4, [[] for _ in range(4)]
    for step in [*story, 0, 1, 2, 3]:
        if isinstance(step, str):
            said.append(len(said))
            tape.say(Item(said[-1], step, step.encode()))
            continue
        found = tape.after(marks[step])[0]
        heard[step] += [(each.seq, each.key) for each in found]
        assert tape.since(marks[step]).events == len(found)
        marks[step] = tape.mark
        tape.forget(min(marks))
    told = [(seq, key) for seq, key in enumerate((step for step in story if isinstance(step, str)), 1)]
    for each in heard:
        assert [seq for seq, _ in each] == sorted({seq for seq, _ in each}), "in order, once"
        if kind is RoomKind.LOG:
            assert each == told
        assert {key: seq for seq, key in each} == {key: seq for seq, key in told}
