"""What the media layer consists of: the contents page of this folder, in the order in which its parts start."""

import msgspec
from aiohttp import web

import media.archive.feature
import media.continuity.feature
import media.feature
import media.ladder.feature
import media.mixer.feature
import media.out.feature
import media.sealed.feature
import media.speech.feature
import media.uploads.feature
import media.watchdog.feature
import media.webrtc.feature
from app.feature import Allow, Feature, having
from media.archive.downloads import TitleOf, no_title
from media.archive.feature import MayKnow, anyone_may_know
from media.feature import AuthorisePublish
from media.hls.mark_watch import MarksOf, no_marks
from media.hls.web import MayWatch, anyone_may_watch
from media.streams import Listener
from media.watchdog.finding import FindingListener


def features(
    authorise: AuthorisePublish,
    *,
    listener: Listener | None = None,
    monitors: Allow | None = None,
    uploaders: Allow | None = None,
    may_watch: MayWatch = anyone_may_watch,
    marks_of: MarksOf = no_marks,
    finding_listener: FindingListener | None = None,
    title_of: TitleOf = no_title,
    may_know: MayKnow = anyone_may_know,
) -> tuple[Feature, ...]:
    """`authorise` knows the stream keys, `monitors` may see how a stream fares, `listener` hears what becomes of it.

    `uploaders` may send video and sound files; `finding_listener` hears what the watchdog finds;
    `marks_of` knows what is marked on a stream's time;
    `title_of` says what people call a recording; `may_know` is for its room what `may_watch` is for requests.
    """
    return (
        media.feature.RTMP_LIMITS,
        media.continuity.feature.CONTINUITY,
        media.feature.feature(authorise, listener, monitors, may_watch, marks_of),
        _on_media(media.ladder.feature.feature()),
        _on_media(media.mixer.feature.MIXER_FEATURE),
        _on_media(media.archive.feature.feature(monitors, title_of, may_know)),
        _on_media(media.watchdog.feature.feature(finding_listener)),
        _on_media(media.out.feature.feature(monitors)),
        _on_media(media.webrtc.feature.WEBRTC_FEATURE),
        _on_media(media.sealed.feature.SEALED_FEATURE),
        media.uploads.feature.feature(uploaders or having("admin")),
        media.speech.feature.FEATURE,
    )


def _on_media(feature: Feature) -> Feature:
    """It works with streams in memory or with files on the recordings' disk."""
    return msgspec.structs.replace(feature, on_media=True)


def worker_parts(app: web.Application) -> tuple[object, ...]:
    """What jobs of the media layer ask for with `app.jobs.part`."""
    return (
        media.archive.feature.archive_of(app),
        media.uploads.feature.workshop(app),
        media.speech.feature.speech_desk(app),
    )
