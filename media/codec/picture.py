"""The demo encoder's picture: a calm council chamber with a clock, drawn straight into the planes of a video frame.

What never changes is drawn once; a frame costs a few pasted tiles on the brightness plane. Colours stay as they are.
"""

import time
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from media.codec import clock_strip

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

BLACK, WHITE, PANEL, SOFT = 16, 235, 40, 150
"""Brightness in the limited range of video (ITU-T BT.709)."""

CLOCK_CHARACTERS: Final = "0123456789:."


class Picture:
    """Draws one frame after another. `planes` gives the bytes of Y, U and V; U and V never change.

    `stride` is the length in bytes of a row of Y (of U and V: half of it), at least `width`.
    """

    def __init__(self, width: int, height: int, stride: int, city: str, fonts: Path | None) -> None:
        self._width, self._height = width, height
        self._fonts = fonts
        background = _chamber(width, height)
        luma, chroma_blue, chroma_red = _limited_range(background)
        self._clock_box = _box(width, height, (0.14, 0.30, 0.86, 0.56))
        self._title_box = _box(width, height, (0.06, 0.68, 0.94, 0.80))
        self._rail_box = _box(width, height, (0.06, 0.86, 0.94, 0.88))
        for box in (self._clock_box, self._title_box, self._rail_box):
            ImageDraw.Draw(luma).rectangle(box, fill=PANEL)
            half = tuple(edge // 2 for edge in box)
            for plane in (chroma_blue, chroma_red):
                ImageDraw.Draw(plane).rectangle(half, fill=128)
        strip_height = self._strip_height = max(4, height // 30 // 2 * 2)
        for plane in (chroma_blue, chroma_red):
            ImageDraw.Draw(plane).rectangle((0, 0, width // 2, strip_height // 2), fill=128)
        font = self._font(height // 14)
        ImageDraw.Draw(luma).text((width // 2, height * 0.2), city, fill=WHITE, font=font, anchor="mm")
        self._luma = Image.new("L", (stride, height), BLACK)
        self._luma.paste(luma, (0, 0))
        self._blue, self._red = _padded(chroma_blue, stride // 2), _padded(chroma_red, stride // 2)
        self._digits = self._render_digits()
        self._title = ""
        self._rail = self._luma.crop(self._rail_box)

    def planes(self, unix_ms: int, title: str) -> tuple[bytes, bytes, bytes]:
        """The picture at a moment of the wall clock."""
        self._draw_strip(unix_ms)
        self._draw_clock(unix_ms)
        self._draw_bob(unix_ms)
        if title != self._title:
            self._draw_title(title)
        return self._luma.tobytes(), self._blue, self._red

    def _draw_strip(self, unix_ms: int) -> None:
        edges = [index * self._width // clock_strip.BLOCKS for index in range(clock_strip.BLOCKS + 1)]
        for index, white in enumerate(clock_strip.encode(unix_ms)):
            self._luma.paste(WHITE if white else BLACK, (edges[index], 0, edges[index + 1], self._strip_height))

    def _draw_clock(self, unix_ms: int) -> None:
        local = time.localtime(unix_ms // 1000)
        text = f"{local.tm_hour:02}:{local.tm_min:02}:{local.tm_sec:02}.{unix_ms % 1000:03}"
        tile = self._digits["0"].size
        left = (self._width - tile[0] * len(text)) // 2
        top = (self._clock_box[1] + self._clock_box[3] - tile[1]) // 2
        for index, character in enumerate(text):
            self._luma.paste(self._digits[character], (left + index * tile[0], top))

    def _draw_bob(self, unix_ms: int) -> None:
        """A bright block that goes to and fro in four seconds: a frozen picture is seen at once."""
        left, top, right, bottom = self._rail_box
        self._luma.paste(self._rail, (left, top))
        phase = unix_ms % 4000 / 2000
        length = (right - left) // 12
        at = left + int((right - left - length) * (phase if phase < 1 else 2 - phase))
        self._luma.paste(SOFT, (at, top, at + length, bottom))

    def _draw_title(self, title: str) -> None:
        self._title = title
        left, top, right, bottom = self._title_box
        panel = Image.new("L", (right - left, bottom - top), PANEL)
        size = self._height // 20
        font = self._font(size)
        while size > 10 and font.getbbox(title)[2] > right - left - size:
            size = size * 9 // 10
            font = self._font(size)
        ImageDraw.Draw(panel).text((size // 2, (bottom - top) // 2), title, fill=WHITE, font=font, anchor="lm")
        self._luma.paste(panel, (left, top))

    def _render_digits(self) -> dict[str, Image.Image]:
        """Tiles of equal size for the clock."""
        size = self._height // 6
        font = self._font(size)
        tile_width = min(size * 2 // 3, (self._clock_box[2] - self._clock_box[0]) // 12)
        tiles = {}
        for character in CLOCK_CHARACTERS:
            tile = Image.new("L", (tile_width, size), PANEL)
            ImageDraw.Draw(tile).text((tile_width // 2, size // 2), character, fill=WHITE, font=font, anchor="mm")
            tiles[character] = tile
        return tiles

    def _font(self, size: int) -> Font:
        if self._fonts is not None:
            try:
                return ImageFont.truetype(str(self._fonts / "DejaVuSans-Bold.ttf"), size)
            except OSError:
                self._fonts = None
        return ImageFont.load_default(size)


def _box(width: int, height: int, edges: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    """Fractions of the picture as even pixels: chroma has half of them."""
    left, top, right, bottom = edges
    return _even(left * width), _even(top * height), _even(right * width), _even(bottom * height)


def _even(length: float) -> int:
    return int(length) // 2 * 2


def _chamber(width: int, height: int) -> Image.Image:
    """Evening light from above, and rows of seats in arcs."""
    light = Image.linear_gradient("L").resize((width, height))
    falloff = ((38, 18), (66, 30), (104, 52))  # red, green, blue: at the ceiling, at the floor
    bands = [light.point([top + value * (floor - top) // 255 for value in range(256)]) for top, floor in falloff]
    wall = Image.merge("RGB", bands)
    seats = Image.new("RGB", (width, height), (0, 0, 0))
    draw = ImageDraw.Draw(seats)
    for row in range(5):
        radius_x, radius_y = width * (0.30 + 0.09 * row), height * (0.16 + 0.08 * row)
        box = (width / 2 - radius_x, height * 0.98 - radius_y, width / 2 + radius_x, height * 0.98 + radius_y)
        draw.arc(box, 185, 355, fill=(60 - 6 * row, 42 - 4 * row, 24 - 2 * row), width=max(3, height // 40))
    return ImageChops.add(wall, seats.filter(ImageFilter.GaussianBlur(height / 200)))


def _limited_range(picture: Image.Image) -> tuple[Image.Image, Image.Image, Image.Image]:
    """Y at full size, U and V at half, from Pillow's full range to that of video."""
    luma, blue, red = picture.convert("YCbCr").split()
    half = (picture.width // 2, picture.height // 2)
    squeeze = [128 + (value - 128) * 224 // 255 for value in range(256)]
    return (
        luma.point([16 + value * 219 // 255 for value in range(256)]),
        blue.resize(half).point(squeeze),
        red.resize(half).point(squeeze),
    )


def _padded(plane: Image.Image, stride: int) -> bytes:
    wide = Image.new("L", (stride, plane.height), 128)
    wide.paste(plane, (0, 0))
    return wide.tobytes()
