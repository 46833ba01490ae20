"""A slate's picture: drawn once, encoded once, repeated for as long as it is shown.

Encoding takes a fraction of a second of one thread; the frames after the first are next to nothing, so a slate costs a
viewer some kilobytes a second.
"""

import io
import struct
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import msgspec
import structlog
from PIL import Image, ImageDraw, ImageFont

from media.continuity.model import CodedFrame, CodedSlate, Size
from media.packet import CLOCK_HZ

log = structlog.get_logger(__name__)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

FPS: Final = 10
KEY_EVERY: Final = 20
LOOP_FRAMES: Final = 40
"""Four seconds, in which the line below the sentence goes to and fro: nobody takes the picture for a frozen one."""

FONTS: Final = Path("node_modules/dejavu-fonts-ttf/ttf")
LEAST_SIDE: Final = 64
MOST_SIDE: Final = 1920


class SlateDesign(msgspec.Struct, frozen=True):
    """What is drawn. Colours as `#rrggbb`; `logo` is a path, or empty."""

    sentence: str
    city: str
    size: Size
    background: str
    accent: str
    logo: str = ""
    detail: str = ""
    """A line below the sentence."""
    fonts: Path = FONTS


def encode_slate(design: SlateDesign) -> CodedSlate:
    """Draws and encodes; blocks for a fraction of a second, so call it in a thread. Raises `FFmpegError`."""
    size = fitted(design.size)
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = size.width, size.height
    encoder.pix_fmt = "yuv420p"
    encoder.framerate = Fraction(FPS)
    encoder.time_base = Fraction(1, FPS)
    encoder.thread_count = 1
    encoder.options = {
        "preset": "veryfast",
        "profile": "high",
        "tune": "zerolatency",
        "crf": "20",
        "bf": "0",
        "g": str(KEY_EVERY),
        "keyint_min": str(KEY_EVERY),
        "sc_threshold": "0",
    }
    canvas = _Canvas(design, size)
    packets = []
    for index in range(LOOP_FRAMES):
        picture = av.VideoFrame.from_image(canvas.at(index / LOOP_FRAMES))  # type: ignore[no-untyped-call]  # PyAV has no types for it
        frame = picture.reformat(format="yuv420p")
        frame.pts = index
        frame.time_base = encoder.time_base
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    units = [[unit for unit in nal_units(bytes(packet)) if unit] for packet in packets]
    sets = {unit[0] & 0x1F: unit for unit in units[0]}
    frames = tuple(
        CodedFrame(packet.is_keyframe, b"".join(struct.pack(">I", len(unit)) + unit for unit in picture))
        for packet, picture in zip(packets, ([u for u in one if u[0] & 0x1F in _PICTURE] for one in units), strict=True)
    )
    return CodedSlate(config=avc_config(sets[7], sets[8]), frame_90k=CLOCK_HZ // FPS, frames=frames)


def fitted(size: Size) -> Size:
    """A size that an encoder takes: even, and not beyond full HD, with the same shape."""
    longest = max(size.width, size.height, 1)
    scale = min(1.0, MOST_SIDE / longest)
    return Size(*(max(LEAST_SIDE, round(side * scale) // 2 * 2) for side in (size.width, size.height)))


_PICTURE: Final = frozenset({1, 5})
"""NAL unit types of coded slices (ITU-T H.264 Table 7-1): all that a frame of MP4 needs."""


def nal_units(annex_b: bytes) -> list[bytes]:
    """The units of a byte stream (ITU-T H.264 Annex B), without start codes."""
    return [unit.rstrip(b"\0") for unit in annex_b.split(b"\0\0\1")[1:]]


def avc_config(sps: bytes, pps: bytes) -> bytes:
    """An avcC record (ISO/IEC 14496-15 §5.3.3.1) with 4-byte lengths."""
    record = bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1)) + struct.pack(">H", len(sps)) + sps
    record += b"\1" + struct.pack(">H", len(pps)) + pps
    if sps[1] in (100, 110, 122, 144):
        record += bytes((0xFC | 1, 0xF8, 0xF8, 0))  # 4:2:0, 8 bits, no SPS extension
    return record


class _Canvas:
    """The picture without its moving line, and the line on it."""

    def __init__(self, design: SlateDesign, size: Size) -> None:
        self._width, self._height = size.width, size.height
        self._accent = design.accent
        self._still = Image.new("RGB", (size.width, size.height), design.background)
        self._fonts = design.fonts
        draw = ImageDraw.Draw(self._still)
        middle, least = size.width // 2, min(size.width, size.height)
        top = 0.42
        if design.logo and self._paste_logo(Path(design.logo)):
            top = 0.52
        self._text(draw, (middle, int(size.height * top)), design.sentence, least // 9, bold=True, fill="#ffffff")
        self._text(draw, (middle, int(size.height * 0.78)), design.city, least // 20, bold=False, fill="#d6dde6")
        rail = 0.64
        if design.detail:
            at = (middle, int(size.height * (top + 0.12)))
            self._text(draw, at, design.detail, least // 14, bold=False, fill="#ffffff")
            rail = max(rail, top + 0.2)
        self._rail = (size.width * 3 // 8, int(size.height * rail), size.width * 5 // 8)

    def at(self, phase: float) -> Image.Image:
        """`phase` runs from 0 to 1 in one loop."""
        picture = self._still.copy()
        left, top, right = self._rail
        length = (right - left) // 4
        begin = left + int((right - left - length) * (1 - abs(2 * phase - 1)))
        thick = max(2, self._height // 120)
        draw = ImageDraw.Draw(picture)
        draw.rectangle((left, top, right, top + thick - 1), fill="#40566f")
        draw.rectangle((begin, top, begin + length, top + thick - 1), fill=self._accent)
        return picture

    def _paste_logo(self, path: Path) -> bool:
        try:
            with Image.open(io.BytesIO(path.read_bytes())) as image:
                logo = image.convert("RGBA")
        except (OSError, ValueError) as problem:
            log.warning("the slate's logo cannot be read", problem=str(problem))
            return False
        logo.thumbnail((self._width // 3, self._height // 4))
        at = ((self._width - logo.width) // 2, int(self._height * 0.12))
        self._still.paste(logo, at, logo)
        return True

    def _text(
        self, draw: ImageDraw.ImageDraw, middle: tuple[int, int], text: str, size: int, *, bold: bool, fill: str
    ) -> None:
        """Centred, and smaller where it would not fit."""
        font = self._font(size, bold=bold)
        while size > 10 and draw.textlength(text, font=font) > self._width * 0.9:
            size = size * 9 // 10
            font = self._font(size, bold=bold)
        draw.text(middle, text, fill=fill, font=font, anchor="mm")

    def _font(self, size: int, *, bold: bool) -> Font:
        try:
            return ImageFont.truetype(str(self._fonts / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), size)
        except OSError:
            return ImageFont.load_default(size)
