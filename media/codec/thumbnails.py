"""Pictures out of key frames: the poster of a recording, and the sheets for the preview while seeking. Blocking."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import av
import av.error
import av.video.codeccontext
import av.video.reformatter
from PIL import Image, ImageFilter, ImageStat

from media.packet import Codec, VideoTrack

DECODERS: Final = {Codec.H264: "h264", Codec.HEVC: "hevc", Codec.AV1: "libdav1d", Codec.VP9: "vp9", Codec.VP8: "vp8"}
COLUMNS: Final = 10
ROWS: Final = 10
TILE_WIDTH: Final = 160
SHEET_QUALITY: Final = 72
POSTER_QUALITY: Final = 85
MOST_POSTER_WIDTH: Final = 1280
_DARK: Final = 24.0
_BRIGHT: Final = 235.0


class KeyFrameDecoder:
    """Decodes lone key frames, of one track after another."""

    def __init__(self) -> None:
        self._track: VideoTrack | None = None
        self._context: av.video.codeccontext.VideoCodecContext | None = None
        self._reformatter = av.video.reformatter.VideoReformatter()

    def picture(self, track: VideoTrack, data: bytes, width: int) -> Image.Image | None:
        """The frame, as wide as this and with its own proportions; None where it cannot be decoded."""
        if self._context is None or track != self._track:
            self._context, self._track = _context(track), track
        try:
            frames = [*self._context.decode(av.Packet(data)), *self._context.decode(None)]
            self._context.flush_buffers()
            if not frames:
                return None
            frame = frames[0]
            height = max(2, round(width * frame.height / frame.width / 2) * 2)
            scaled: Image.Image = self._reformatter.reformat(frame, width, height, "rgb24").to_image()  # type: ignore[no-untyped-call]  # it says nothing of what it returns
            return scaled
        except (av.error.FFmpegError, ValueError):
            self._context = None
            return None


def _context(track: VideoTrack) -> av.video.codeccontext.VideoCodecContext:
    context = av.CodecContext.create(DECODERS[track.codec], "r")
    assert isinstance(context, av.video.codeccontext.VideoCodecContext)
    if track.codec is not Codec.VP9:  # its record is no business of the decoder
        context.extradata = track.config
    context.thread_count = 1
    return context


def score(picture: Image.Image) -> float:
    """How much there is to see: contrast and detail; a dark or white picture counts for little. 0 … about 200."""
    small = picture.convert("L").resize((160, 90))
    statistics = ImageStat.Stat(small)
    mean, contrast = statistics.mean[0], statistics.stddev[0]
    detail = ImageStat.Stat(small.filter(ImageFilter.FIND_EDGES)).mean[0]
    fitting = 1.0 if _DARK < mean < _BRIGHT else 0.1
    return (contrast + detail) * fitting


def best_picture(pictures: Iterator[tuple[float, Image.Image]]) -> tuple[float, Image.Image] | None:
    """The one of (second, picture) with most to see; the earliest of equals."""
    best: tuple[float, Image.Image] | None = None
    best_score = -1.0
    for second, picture in pictures:
        found = score(picture)
        if found > best_score * 1.02:
            best, best_score = (second, picture), found
    return best


def poster(picture: Image.Image) -> bytes:
    return _jpeg(picture, POSTER_QUALITY)


class Storyboard:
    """Tiles in, sheets out: one sheet in memory at a time."""

    def __init__(self, folder: Path, tile_height: int) -> None:
        self.tile_height = tile_height
        self.names: list[str] = []
        self.tiles = 0
        self._folder = folder
        self._sheet: Image.Image | None = None

    def add(self, picture: Image.Image | None) -> tuple[str, tuple[int, int, int, int]]:
        """Puts in a tile (black where a frame could not be decoded): its sheet's name, and x, y, width, height."""
        place = self.tiles % (COLUMNS * ROWS)
        if place == 0:
            self.close()
            self._sheet = Image.new("RGB", (COLUMNS * TILE_WIDTH, ROWS * self.tile_height))
            self.names.append(f"storyboard-{len(self.names) + 1}.jpg")
        assert self._sheet is not None
        x, y = place % COLUMNS * TILE_WIDTH, place // COLUMNS * self.tile_height
        if picture is not None:
            self._sheet.paste(fitted(picture, TILE_WIDTH, self.tile_height), (x, y))
        self.tiles += 1
        return self.names[-1], (x, y, TILE_WIDTH, self.tile_height)

    def close(self) -> None:
        """Writes the sheet that is open, no taller than it is filled."""
        if self._sheet is None:
            return
        filled = (self.tiles - 1) % (COLUMNS * ROWS) + 1
        columns, rows = min(filled, COLUMNS), -(-filled // COLUMNS)
        sheet = self._sheet.crop((0, 0, columns * TILE_WIDTH, rows * self.tile_height))
        (self._folder / self.names[-1]).write_bytes(_jpeg(sheet, SHEET_QUALITY))
        self._sheet = None


def fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The whole picture in a box of this size, with black beside it where its proportions are others."""
    if picture.size == (width, height):
        return picture
    factor = min(width / picture.width, height / picture.height)
    small = picture.resize((max(1, round(picture.width * factor)), max(1, round(picture.height * factor))))
    boxed = Image.new("RGB", (width, height))
    boxed.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
    return boxed


def tile_height(sizes: Sequence[tuple[int, int]]) -> int:
    """Of the first size that is one; 16:9 where none is."""
    for width, height in sizes:
        if width > 0 and height > 0:
            return min(max(round(TILE_WIDTH * height / width / 2) * 2, 40), 2 * TILE_WIDTH)
    return 90


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
    return buffer.getvalue()
