"""Settings of the archive: section `archive`."""

from typing import Annotated

import msgspec

from app.config import Described


class ArchiveSettings(msgspec.Struct, frozen=True):
    """What is made of a recording once it has ended, and how long it is kept."""

    mp4: Annotated[
        bool,
        Described(description="Make an MP4 of each recording to download; as large as the recording."),
    ] = True
    storyboard: Annotated[bool, Described(description="Make pictures for the preview while seeking.")] = True
    podcast: Annotated[
        bool, Described(description="Make an MP3 with even loudness of each recording, for podcasts.")
    ] = True
    normalised_copy: Annotated[
        bool,
        Described(description="Make a second MP4 with even loudness; it takes as much room as the first."),
    ] = False
    loudness_lufs: Annotated[
        float,
        msgspec.Meta(ge=-40, le=-10),
        Described(description="Loudness that copies are brought to, in LUFS (EBU R128: -23)."),
    ] = -23.0
    keep_days: Annotated[
        int,
        msgspec.Meta(ge=0),
        Described(description="Days after which recordings are removed; 0 keeps them for ever."),
    ] = 0
    notice_days: Annotated[
        int,
        msgspec.Meta(ge=0),
        Described(description="A removal by this rule is announced so many days ahead."),
    ] = 30
    signing_key: Annotated[
        str,
        Described(description="File of the key that signs recordings; a relative path lies under the data folder."),
    ] = "recordings-signing-key"
    s3_endpoint: Annotated[
        str,
        msgspec.Meta(pattern=r"^(https?://[^/\s?#]+(/[^\s?#]*)?)?$"),
        Described(
            description="Address of an S3-compatible store that gets a copy of each ended recording; empty: none."
        ),
    ] = ""
    s3_bucket: Annotated[str, Described(description="Bucket for recordings; it must not be public.")] = ""
    s3_region: Annotated[str, Described(description="Region that requests are signed for.")] = "us-east-1"
    s3_access_key: Annotated[str, Described(description="Name of the access key.")] = ""
    s3_secret_key: Annotated[str, Described(description="Secret of the access key.")] = ""
    local_days: Annotated[
        int,
        msgspec.Meta(ge=0),
        Described(
            description="Days after which recordings in the S3 store are removed from this disk; 0: they stay too."
        ),
    ] = 0
