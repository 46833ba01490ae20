import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from media.codec.clock_strip import BLOCKS, decode, encode, read_row
from media.codec.picture import Picture

NOW = 1_795_000_000_123


@settings(deadline=None)
@given(st.integers(0, (1 << 48) - 1))
def test_what_is_encoded_is_decoded(unix_ms):
    assert decode(encode(unix_ms)) == unix_ms


def test_blocks():
    blocks = encode(NOW)
    assert len(blocks) == BLOCKS == 64
    assert blocks[:4] == (True, False, True, False)
    with pytest.raises(ValueError):
        encode(1 << 48)


def test_a_flipped_block_is_noticed():
    for index in range(BLOCKS):
        blocks = list(encode(NOW))
        blocks[index] = not blocks[index]
        assert decode(blocks) is None
    assert decode([True] * 12) is None


@pytest.mark.parametrize("width", [1280, 640, 391, 1919])
def test_a_row_of_any_width_and_contrast(width):
    noise = random.Random(7)
    blocks = encode(NOW)
    row = [(180 if blocks[x * BLOCKS // width] else 60) + noise.randint(-20, 20) for x in range(width)]
    assert read_row(row) == NOW


def test_rows_without_a_clock():
    assert read_row([128] * 1280) is None
    assert read_row([0, 255] * 640) is None
    assert read_row([0] * 20) is None


def test_the_picture_carries_it_through_scaling():
    picture = Picture(1280, 720, 1280, "Słupsk", None)
    luma, blue, red = picture.planes(NOW, "Item")
    assert (len(luma), len(blue), len(red)) == (1280 * 720, 640 * 360, 640 * 360)
    image = Image.frombytes("L", (1280, 720), luma).filter(ImageFilter.GaussianBlur(2)).resize((500, 281))
    assert read_row([image.getpixel((x, 4)) for x in range(500)]) == NOW


def test_the_picture_moves_and_shows_the_title():
    picture = Picture(640, 360, 704, "City", None)
    first, _, _ = picture.planes(NOW, "A")
    later, _, _ = picture.planes(NOW + 1000, "A")
    titled, _, _ = picture.planes(NOW + 1000, "Another, and a very long title " * 5)
    assert len(first) == 704 * 360
    assert first != later != titled
    assert read_row(later[:640]) == NOW + 1000
