"""Apple's and the RFC's rules for HLS playlists (RFC 8216bis), as sentences on what a playlist breaks.

The sort of findings that Apple's mediastreamvalidator gives, without its network and without its machine.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from tests.hls_playlists import Part, Playlist, attributes, parse_media

EPSILON: Final = 1e-6
CLOCK_TOLERANCE_S: Final = 1.0
"""How far EXT-X-PROGRAM-DATE-TIME may lie from where the segment before ends, and a quarter of that segment: an
encoder's clock is followed in steps."""

CODEC: Final = re.compile(r"(avc[13]|hvc1|hev1|av01|vp09|mp4a|Opus|opus|ac-3|ec-3|fLaC)(\.[0-9A-Za-z]+)*")
VIDEO_CODECS: Final = ("avc", "hvc", "hev", "av01", "vp09")
AUDIO_CODECS: Final = ("mp4a", "Opus", "opus", "ac-3", "ec-3", "fLaC")
LEAST_VERSION: Final = {"#EXT-X-BYTERANGE": 4, "#EXT-X-MAP": 6, "#EXT-X-SKIP": 9}
"""Protocol version that a tag needs (§8)."""

DATE_RANGE_ATTRIBUTES: Final = frozenset(
    ["ID", "CLASS", "CUE", "START-DATE", "END-DATE", "DURATION", "PLANNED-DURATION", "END-ON-NEXT"]
)


def problems(text: str, before: str | None = None) -> list[str]:
    """What a playlist of any kind breaks, and how it may not follow `before`, the same playlist earlier."""
    if "#EXT-X-STREAM-INF" in text:
        return multivariant_problems(text)
    found = parse_media(text)
    return media_problems(found) + (update_problems(parse_media(before), found) if before is not None else [])


def media_problems(
    found: Playlist, siblings: set[str] | None = None, *, clock_tolerance_s: float = CLOCK_TOLERANCE_S
) -> list[str]:
    """What a media playlist breaks by itself. `siblings`: addresses of the other renditions, which it must report."""
    return [
        *found.faults,
        *_header_problems(found),
        *_segment_problems(found),
        *_clock_problems(found, clock_tolerance_s),
        *_address_problems(found),
        *_part_problems(found),
        *_control_problems(found),
        *_hint_problems(found),
        *_mark_problems(found),
        *_report_problems(found, siblings),
    ]


def _header_problems(found: Playlist) -> Iterator[str]:
    counted = Counter(found.tags)
    once = ("VERSION", "TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE", "PLAYLIST-TYPE", "ENDLIST")
    for tag in (f"#EXT-X-{name}" for name in (*once, "SERVER-CONTROL", "PART-INF", "SKIP")):
        if counted[tag] > 1:
            yield f"§4.4: {tag} comes {counted[tag]} times"
    if found.target <= 0:
        yield "§4.4.3.1: no EXT-X-TARGETDURATION"
    if found.first_msn < 1:
        yield "EXT-X-MEDIA-SEQUENCE begins at 0: players take a restart for the same stream"
    for tag, version in LEAST_VERSION.items():
        if counted[tag] and found.version < version:
            yield f"§8: {tag} needs EXT-X-VERSION {version}, not {found.version}"
    if found.version < 3 and any(segment.duration % 1 for segment in found.segments):
        yield "§8: durations with fractions need EXT-X-VERSION 3"
    if found.kind not in {None, "VOD", "EVENT"}:
        yield f"§4.4.3.5: EXT-X-PLAYLIST-TYPE is {found.kind}"
    if found.kind == "VOD" and not found.ended:
        yield "§4.4.3.5: a VOD playlist ends with EXT-X-ENDLIST"
    if found.kind and found.skipped:
        yield "§6.2.5.1: nothing is skipped where nothing is ever removed"


def _segment_problems(found: Playlist) -> Iterator[str]:
    for segment in found.segments:
        name = f"segment {segment.msn}"
        # half up, as players round; Python rounds halves to the even number
        if int(segment.duration + 0.5) > found.target:
            yield f"§4.4.3.1: {name} lasts {segment.duration} s, the target duration is {found.target}"
        if segment.duration <= 0:
            yield f"§4.4.4.1: {name} lasts nothing"
        if not segment.map_uri and not found.skipped and not segment.uri.endswith(".vtt"):
            yield f"§4.4.4.5: no EXT-X-MAP before {name}, which is fragmented MP4"
        if segment.parts:
            total = sum(part.duration for part in segment.parts)
            if abs(total - segment.duration) >= 0.01:
                yield f"§4.4.4.9: the parts of {name} last {total:.3f} s, it lasts {segment.duration}"
            if segment.gap and not all(part.gap for part in segment.parts):
                yield f"§4.4.4.7: {name} is a gap and its parts are not"
        if found.independent and segment.parts and not segment.gap and not segment.parts[0].independent:
            yield f"§4.4.2.1: {name} does not begin with an independent part"


def _clock_problems(found: Playlist, tolerance_s: float) -> Iterator[str]:
    for earlier, later in pairwise(found.segments):
        if earlier.moment is None or later.moment is None:
            continue
        step_s = (later.moment - earlier.moment).total_seconds()
        if step_s < 0 or (step_s == 0 and earlier.duration >= 0.001):
            yield f"§4.4.4.6: segment {later.msn} begins before segment {earlier.msn}"
        elif earlier.discontinuity == later.discontinuity and (
            abs(step_s - earlier.duration) > tolerance_s + earlier.duration / 4
        ):
            yield f"§4.4.4.6: segment {later.msn} begins {step_s:.3f} s after one of {earlier.duration} s"


def _address_problems(found: Playlist) -> Iterator[str]:
    seen: set[tuple[object, ...]] = set()
    ends: dict[str, int] = {}
    for segment in found.segments:
        key = (segment.uri, segment.byte_range)
        if key in seen:
            yield f"{segment.uri} is listed twice"
        seen.add(key)
        if segment.byte_range is not None:
            length, offset = segment.byte_range
            if length <= 0 or offset < ends.get(segment.uri, 0):
                yield f"§4.4.4.2: bytes {offset} to {offset + length} of {segment.uri} are listed twice or are none"
            ends[segment.uri] = offset + length
    for part in found.parts:
        if (part.uri,) in seen:
            yield f"{part.uri} is listed twice"
        seen.add((part.uri,))
    maps = {segment.map_uri for segment in found.segments if segment.map_uri}
    for uri in (*(segment.uri for segment in found.segments), *(part.uri for part in found.parts), *maps):
        if "://" in uri or uri.startswith("/"):
            yield f"{uri} is not relative: it breaks behind another prefix"


def _part_problems(found: Playlist) -> Iterator[str]:
    target = found.part_target
    if target is None:
        if found.parts:
            yield "§4.4.3.7: EXT-X-PART without EXT-X-PART-INF"
        return
    for parts, whole in [*((segment.parts, True) for segment in found.segments), (found.open_parts, False)]:
        for position, part in enumerate(parts):
            is_last = whole and position == len(parts) - 1
            if part.duration > target + EPSILON:
                yield f"§4.4.4.9: {part.uri} lasts {part.duration} s, the part target is {target}"
            if not is_last and not part.independent and part.duration < 0.85 * target - EPSILON:
                yield f"§4.4.4.9: {part.uri} lasts {part.duration} s, less than 85 % of {target}"
    behind = sum(part.duration for part in found.open_parts)
    for segment in reversed(found.segments):
        if segment.parts and behind > 3 * found.target + segment.duration:
            yield f"§6.2.2: the parts of segment {segment.msn} are listed {behind:.1f} s from the end"
        behind += segment.duration


def _control_problems(found: Playlist) -> Iterator[str]:
    control, target = found.control, found.part_target
    if target is not None:
        if control.get("CAN-BLOCK-RELOAD") != "YES":
            yield "§4.4.3.8: parts without CAN-BLOCK-RELOAD"
        if float(control.get("PART-HOLD-BACK", 0)) < 3 * target - EPSILON:
            yield f"§4.4.3.8: PART-HOLD-BACK is less than three times {target}"
    if "HOLD-BACK" in control and float(control["HOLD-BACK"]) < 3 * found.target:
        yield "§4.4.3.8: HOLD-BACK is less than three target durations"
    if "CAN-SKIP-UNTIL" in control and float(control["CAN-SKIP-UNTIL"]) < 6 * found.target:
        yield "§4.4.3.8: CAN-SKIP-UNTIL is less than six target durations"
    if "#EXT-X-SKIP" in found.tags:
        until = float(control.get("CAN-SKIP-UNTIL", "inf"))
        if found.skipped < 1:
            yield "§4.4.5.2: EXT-X-SKIP skips nothing"
        if sum(segment.duration for segment in found.segments) < until:
            yield f"§6.2.5.1: segments nearer than CAN-SKIP-UNTIL ({until}) to the end are skipped"


def _hint_problems(found: Playlist) -> Iterator[str]:
    low_latency = found.part_target is not None
    if low_latency and not found.ended and found.hint is None:
        yield "§4.4.5.3: a low-latency playlist hints at its next part"
    if found.ended and found.hint is not None:
        yield "§4.4.5.3: a hint after the end"
    if found.hint is not None and found.hint in {part.uri for part in found.parts}:
        yield f"§4.4.5.3: the hinted part {found.hint} is listed already"


def _mark_problems(found: Playlist) -> Iterator[str]:
    if found.marks and found.segments and not any(segment.moment for segment in found.segments):
        yield "§4.4.5.1: EXT-X-DATERANGE needs EXT-X-PROGRAM-DATE-TIME"
    known: dict[str, dict[str, str]] = {}
    for mark in found.marks:
        name = mark.get("ID", "")
        if not name:
            yield "§4.4.5.1: EXT-X-DATERANGE without ID"
        yield from _mark_changes(known.get(name, {}), mark)
        known[name] = {**known.get(name, {}), **mark}
        unknown = {one for one in mark if one not in DATE_RANGE_ATTRIBUTES and not one.startswith(("X-", "SCTE35-"))}
        if unknown:
            yield f"§4.4.5.1: EXT-X-DATERANGE {name} has the attributes {sorted(unknown)}"
    for name, mark in known.items():
        yield from _mark_span_problems(name, mark)


def _mark_span_problems(name: str, mark: dict[str, str]) -> Iterator[str]:
    try:
        began = datetime.fromisoformat(mark["START-DATE"])
        ended = datetime.fromisoformat(mark["END-DATE"]) if "END-DATE" in mark else None
        lasts = timedelta(seconds=float(mark["DURATION"])) if "DURATION" in mark else None
        if began.tzinfo is None or (ended is not None and ended < began) or (lasts is not None and lasts.days < 0):
            yield f"§4.4.5.1: mark {name} ends before it begins, or its dates have no time zone"
        if ended is not None and lasts is not None and abs(began + lasts - ended) > timedelta(milliseconds=1):
            yield f"§4.4.5.1: DURATION and END-DATE of mark {name} disagree"
    except (KeyError, ValueError, TypeError):
        yield f"§4.4.5.1: mark {name} has no START-DATE, or dates that are none"
    if "END-ON-NEXT" in mark and ("CLASS" not in mark or "END-DATE" in mark or "DURATION" in mark):
        yield f"§4.4.5.1: END-ON-NEXT of mark {name} needs CLASS and no end"


def _mark_changes(before: dict[str, str], after: dict[str, str]) -> Iterator[str]:
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            yield f"§4.4.5.1: {name} of mark {after.get('ID')} was {before[name]!r} and is {after[name]!r}"


def _report_problems(found: Playlist, siblings: set[str] | None) -> Iterator[str]:
    addresses = [report.get("URI", "") for report in found.reports]
    for report in found.reports:
        uri = report.get("URI", "")
        if not uri or "://" in uri or uri.startswith("/"):
            yield f"§4.4.5.4: EXT-X-RENDITION-REPORT needs a relative URI, not {uri!r}"
        if not report.get("LAST-MSN", "").isdecimal():
            yield f"§4.4.5.4: the report on {uri} has no LAST-MSN"
        if found.part_target is not None and not report.get("LAST-PART", "").isdecimal():
            yield f"§4.4.5.4: the report on {uri} has no LAST-PART, and there are parts"
    if len(set(addresses)) < len(addresses):
        yield "§4.4.5.4: two reports on one rendition"
    if siblings is not None and set(addresses) != siblings:
        yield f"§4.4.5.4: reports on {sorted(addresses)}, the other renditions are {sorted(siblings)}"


def update_problems(before: Playlist, after: Playlist, *, may_be_short: bool = False) -> list[str]:
    """Why `after` may not follow `before` (§6.2.1). `may_be_short`: memory is worth more than three targets."""
    return list(_update_problems(before, after, may_be_short=may_be_short))


def _update_problems(before: Playlist, after: Playlist, *, may_be_short: bool) -> Iterator[str]:
    for name in ("target", "part_target", "kind"):
        if getattr(after, name) != getattr(before, name) and not (name == "kind" and after.ended):
            yield f"§6.2.1: {name} was {getattr(before, name)} and is {getattr(after, name)}"
    if after.first_msn < before.first_msn:
        yield f"§4.4.3.2: EXT-X-MEDIA-SEQUENCE fell from {before.first_msn} to {after.first_msn}"
    if after.first_discontinuity < before.first_discontinuity:
        yield "§4.4.3.3: EXT-X-DISCONTINUITY-SEQUENCE fell"
    if after.last_part < before.last_part:
        yield f"§6.2.1: what was listed to {before.last_part} is listed to {after.last_part}"
    if before.kind in {"EVENT", "VOD"} and after.first_msn != before.first_msn:
        yield "§4.4.3.5: an EVENT playlist only grows"
    if before.ended and not after.ended:
        yield "§4.4.3.4: EXT-X-ENDLIST was taken back"
    known = {segment.msn: segment for segment in before.segments}
    for segment in after.segments:
        same = known.get(segment.msn)
        fields = ("uri", "duration", "discontinuity", "moment", "byte_range", "gap") if same is not None else ()
        for name in fields:
            if getattr(same, name) != getattr(segment, name):
                yield f"§6.2.1: {name} of segment {segment.msn} was {getattr(same, name)}, is {getattr(segment, name)}"
        if same is not None and same.parts and segment.parts and same.parts != segment.parts:
            yield f"§6.2.1: the parts of segment {segment.msn} changed"
    if not after.ended and not may_be_short and after.first_msn > before.first_msn and not after.skipped:
        left = sum(segment.duration for segment in after.segments)
        if left < 3 * after.target - EPSILON:
            yield f"§6.2.2: a segment was removed though only {left:.1f} s are left"
    yield from _part_changes(before, after)
    ends = {mark.get("ID"): mark for mark in before.marks}
    for mark in after.marks:
        yield from _mark_changes(ends.get(mark.get("ID"), {}), mark)


def _part_changes(before: Playlist, after: Playlist) -> Iterator[str]:
    """The open segment's parts stay, and what was hinted at is what came."""
    msn = before.last_part[0]
    now: list[Part] = next((segment.parts for segment in after.segments if segment.msn == msn), [])
    if after.last_part[0] == msn:
        now = after.open_parts
    if not now:
        return
    if now[: len(before.open_parts)] != before.open_parts:
        yield f"§6.2.1: the parts of the open segment {msn} changed"
    elif (
        before.hint is not None and len(now) > len(before.open_parts) and now[len(before.open_parts)].uri != before.hint
    ):
        yield f"§4.4.5.3: {before.hint} was hinted at, {now[len(before.open_parts)].uri} came"


def multivariant_problems(text: str) -> list[str]:
    """What a multivariant playlist breaks."""
    faults: list[str] = []
    groups: set[tuple[str, str]] = set()
    wanted: list[tuple[str, str]] = []
    addresses: list[str] = []
    subtitled: list[str | None] = []
    variant: dict[str, str] | None = None
    lines = text.split("\n")
    if lines[0] != "#EXTM3U" or lines[-1] != "":
        faults.append("§4.4.1.1: the first line is #EXTM3U, and the last one ends")
    for line in lines[1:-1]:
        name, _, value = line.partition(":")
        if name == "#EXT-X-STREAM-INF":
            variant = attributes(value, faults)
            faults += _variant_problems(variant)
            subtitled.append(variant.get("SUBTITLES"))
            wanted += [(kind, variant[kind]) for kind in ("AUDIO", "VIDEO", "SUBTITLES") if kind in variant]
        elif name == "#EXT-X-MEDIA":
            given = attributes(value, faults)
            groups.add((given.get("TYPE", ""), given.get("GROUP-ID", "")))
            faults += [f"§4.4.6.1: EXT-X-MEDIA needs {one}" for one in ("TYPE", "GROUP-ID", "NAME") if one not in given]
            faults += _rendition_problems(given)
            if given.get("DEFAULT") == "YES" and given.get("AUTOSELECT") == "NO":
                faults.append("§4.4.6.1: DEFAULT=YES is selected by itself")
        elif line and not line.startswith("#"):
            if variant is None:
                faults.append(f"§4.4.6.2: no EXT-X-STREAM-INF before {line}")
            addresses.append(line)
            variant = None
        elif name not in {"#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-START"}:
            faults.append(f"a tag that does not belong here: {line!r}")
    faults += [
        f"§4.4.6.2: {kind} group {group!r} is not there" for kind, group in wanted if (kind, group) not in groups
    ]
    if len(set(subtitled)) > 1:
        faults.append("§4.4.6.2.1: captions go with some variants and not with others")
    if any(kind == "SUBTITLES" and (kind, group) not in wanted for kind, group in groups):
        faults.append("§4.4.6.2: captions that no variant names")
    faults += [f"{one} is not relative" for one in addresses if "://" in one or one.startswith("/")]
    if len(set(addresses)) < len(addresses):
        faults.append("one address stands for two variants")
    if not addresses or variant is not None:
        faults.append("§4.4.6.2: a variant without its address")
    return faults


def _rendition_problems(given: dict[str, str]) -> Iterator[str]:
    if given.get("TYPE") != "SUBTITLES":
        return
    for one in ("URI", "LANGUAGE", "FORCED"):
        if one not in given:
            yield f"§4.4.6.1: subtitles need {one}"
    uri = given.get("URI", "")
    if "://" in uri or uri.startswith("/"):
        yield f"{uri} is not relative"


def _variant_problems(variant: dict[str, str]) -> Iterator[str]:
    peak, average = variant.get("BANDWIDTH", ""), variant.get("AVERAGE-BANDWIDTH", "0")
    if not peak.isdecimal() or int(peak) <= 0:
        yield "§4.4.6.2: EXT-X-STREAM-INF needs BANDWIDTH"
    elif not average.isdecimal() or int(average) > int(peak):
        yield f"§4.4.6.2: AVERAGE-BANDWIDTH {average} is more than BANDWIDTH {peak}"
    codecs = variant.get("CODECS", "").split(",")
    for codec in codecs:
        if CODEC.fullmatch(codec) is None:
            yield f"§4.4.6.2: CODECS names {codec!r}"
    has_video = any(codec.startswith(VIDEO_CODECS) for codec in codecs)
    if has_video and not re.fullmatch(r"[1-9]\d*x[1-9]\d*", variant.get("RESOLUTION", "")):
        yield "§4.4.6.2: a variant with a picture needs RESOLUTION"
    if not has_video and ("RESOLUTION" in variant or "FRAME-RATE" in variant):
        yield "§4.4.6.2: RESOLUTION or FRAME-RATE without a picture"
    if "AUDIO" in variant and not any(codec.startswith(AUDIO_CODECS) for codec in codecs):
        yield "§4.4.6.2: CODECS leaves out the sound of the AUDIO group"
