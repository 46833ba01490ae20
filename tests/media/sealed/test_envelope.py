import pytest

from media.sealed.envelope import HEADER_BYTES, Broken, Sealer, is_whole, open_pieces

KEY = bytes(range(32))
PIECES = [b"about", b"", b"x" * 70_000, b"the end"]


def sealed(pieces=PIECES, context="s/1/1", *, whole=True) -> bytes:
    sealer = Sealer(KEY, context)
    return sealer.header + b"".join(
        sealer.piece(piece, last=whole and place == len(pieces) - 1) for place, piece in enumerate(pieces)
    )


def reader(data: bytes):
    return lambda offset, length: data[offset : offset + length]


def opened(data: bytes, key=KEY, context="s/1/1") -> list[bytes]:
    return list(open_pieces(reader(data), key, context))


def test_what_was_sealed_is_opened_again_and_nothing_of_it_stands_in_the_file():
    data = sealed()
    assert opened(data) == PIECES
    assert is_whole(reader(data))
    assert b"xxxx" not in data
    assert sealed() != data, "the same recording twice shows nothing alike"


def test_another_key_and_another_name_open_nothing():
    data = sealed()
    for key, context in ((bytes(32), "s/1/1"), (KEY, "s/1/2"), (KEY, "s/2/1"), (KEY, "t/1/1")):
        with pytest.raises(Broken):
            opened(data, key, context)


@pytest.mark.parametrize("place", [0, 3, HEADER_BYTES - 1, HEADER_BYTES + 4, HEADER_BYTES + 6, -1, -20])
def test_one_changed_bit_is_noticed(place):
    data = bytearray(sealed())
    data[place] ^= 1
    with pytest.raises(Broken):
        opened(bytes(data))


def test_pieces_cannot_be_left_out_swapped_or_added():
    sealer = Sealer(KEY, "s/1/1")
    head, pieces = sealer.header, [sealer.piece(bytes((n,)) * 40, last=n == 3) for n in range(4)]
    for order in ((0, 2, 3), (1, 0, 2, 3), (0, 1, 1, 2, 3), (0, 1, 3)):
        with pytest.raises(Broken):
            opened(head + b"".join(pieces[n] for n in order))
    # what stands behind the last piece is not read
    assert len(opened(head + b"".join(pieces) + pieces[0])) == 4


def test_a_file_that_was_cut_short_is_read_to_its_last_whole_piece_and_is_known_for_it():
    data = sealed()
    for missing, pieces in ((1, 3), (40, 2), (70_000, 2)):
        torn = data[:-missing]
        assert not is_whole(reader(torn))
        assert opened(torn) == PIECES[: len(opened(torn))]
        assert len(opened(torn)) in {pieces, pieces + 1}
    assert not is_whole(reader(sealed(whole=False)))
    for nothing in (b"", b"GRYF", b"ftyp" * 20):
        with pytest.raises(Broken):
            opened(nothing)
