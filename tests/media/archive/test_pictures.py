"""Posters and sheets, from pictures that are there already."""

from pathlib import Path

from PIL import Image, ImageDraw

from media.codec.thumbnails import (
    COLUMNS,
    ROWS,
    KeyFrameDecoder,
    Storyboard,
    best_picture,
    fitted,
    score,
    tile_height,
)
from tests.media.hls import feed


def plain(colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (320, 180), colour)


def scene(light: int) -> Image.Image:
    """Something to see, as bright as this."""
    picture = plain((light, light, light))
    draw = ImageDraw.Draw(picture)
    for x in range(0, 320, 40):
        draw.rectangle((x, 40, x + 20, 140), fill=(min(light + 90, 255),) * 3)
    return picture


def test_a_poster_is_not_black_nor_empty():
    dark, white, grey, good = plain((4, 4, 4)), plain((255, 255, 255)), plain((128, 128, 128)), scene(90)
    assert score(good) > 5 * max(score(dark), score(white), score(grey))
    found = best_picture(iter([(0.0, dark), (2.0, white), (4.0, grey), (6.0, good), (8.0, good)]))
    assert found is not None
    assert found[0] == 6.0, "of equals the first"
    assert best_picture(iter([(3.0, dark)])) == (3.0, dark), "better than none"
    assert best_picture(iter([])) is None
    assert score(scene(90)) > score(scene(1).point(lambda value: value // 8)), "what is nearly black counts for little"


def test_sheets_hold_a_hundred_tiles(tmp_path: Path):
    board = Storyboard(tmp_path, 90)
    places = [board.add(plain((n, n, n))) for n in range(COLUMNS * ROWS + 12)]
    board.close()
    assert board.names == ["storyboard-1.jpg", "storyboard-2.jpg"]
    assert places[0] == ("storyboard-1.jpg", (0, 0, 160, 90))
    assert places[99] == ("storyboard-1.jpg", (1440, 810, 160, 90))
    assert places[111] == ("storyboard-2.jpg", (160, 90, 160, 90))
    first, second = (Image.open(tmp_path / name) for name in board.names)
    assert first.size == (1600, 900)
    assert second.size == (1600, 180), "no taller than it is filled"
    assert abs(second.getpixel((240, 135))[0] - 111) < 4
    lone = Storyboard(tmp_path, 90)
    lone.add(None)
    lone.close()
    assert Image.open(tmp_path / "storyboard-1.jpg").size == (160, 90), "a frame that cannot be decoded is black"


def test_other_proportions_get_black_beside_them():
    tall = fitted(plain((200, 0, 0)).resize((90, 180)), 160, 90)
    assert tall.size == (160, 90)
    assert tall.getpixel((5, 45)) == (0, 0, 0)
    assert tall.getpixel((80, 45))[0] > 190
    assert tile_height([(0, 0), (640, 480)]) == 120
    assert tile_height([]) == 90


def test_what_is_no_picture_is_none_and_the_next_one_is_decoded():
    track, packets = feed.video(1)
    decoder = KeyFrameDecoder()
    assert decoder.picture(track, b"", 160) is None
    assert decoder.picture(track, b"\x00\x00\x00\x05nonsense", 160) is None
    found = decoder.picture(track, packets[0].data, 160)
    assert found is not None
    assert found.size == (160, 90)
