"""What the media layer consists of: the contents page of this folder, in the order in which its parts start."""

import media.feature
from app.feature import Allow, Feature
from media.feature import AuthorisePublish
from media.hls.web import MayWatch, anyone_may_watch
from media.streams import Listener


def features(
    authorise: AuthorisePublish,
    *,
    listener: Listener | None = None,
    monitors: Allow | None = None,
    may_watch: MayWatch = anyone_may_watch,
) -> tuple[Feature, ...]:
    """`authorise` knows the stream keys, `monitors` may see how a stream fares, `listener` hears what becomes of it."""
    return (
        media.feature.RTMP_LIMITS,
        media.feature.feature(authorise, listener, monitors, may_watch),
    )
