"""The words of each finding: what is wrong, what to do. Message ids; `%(name)s` is filled from the alarm's values."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from app.i18n import _
from media.watchdog.finding import Alarm, Code


class Words(msgspec.Struct, frozen=True):
    """`what` empty: the alarm's value `problem` is the sentence, already in words."""

    what: str
    advice: str


WORDS: Final[Mapping[Code, Words]] = {
    Code.ENCODER_MISSING: Words(
        _("No encoder is sending"),
        _("Start the broadcast in the encoder, and check its cable and the stream key. Viewers wait meanwhile."),
    ),
    Code.STALL: Words(
        _("Nothing has come from the encoder for %(seconds)s s"),
        _("Check the encoder's network cable. If it does not come back, restart the broadcast in the encoder."),
    ),
    Code.UPLOAD_SLOW: Words(
        _("The encoder's connection is too slow: it is %(seconds)s s behind"),
        _("Lower the bit rate in the encoder (now %(kbit)s kbit/s) by a third, or use a cable instead of Wi-Fi."),
    ),
    Code.SECOND_ENCODER: Words("", _("Stop the second encoder, or allow the change on this page.")),
    Code.ENCODER_REFUSED: Words("", _("Change this in the encoder and start the broadcast again.")),
    Code.RECORDING_FAILS: Words(
        _("The recording is not being written"),
        _("Call the administrator: the disk is full or does not answer (%(reason)s). The broadcast goes on."),
    ),
    Code.PICTURE_MISSING: Words(
        _("There is no picture"),
        _("Check in the encoder that the camera is connected and chosen as the source."),
    ),
    Code.BLACK: Words(
        _("The picture is black"),
        _("Check that the camera is on, its lens is uncovered and the right scene is chosen in the encoder."),
    ),
    Code.BLANK: Words(
        _("The picture is of one colour only"),
        _("The camera sends no signal: check its cable and that it is on."),
    ),
    Code.FROZEN: Words(
        _("The picture has not moved for %(seconds)s s"),
        _("If people should be moving in it, restart the camera or choose the scene again in the encoder."),
    ),
    Code.KEY_FRAMES_RARE: Words(
        _("Key frames are %(seconds)s s apart"),
        _("Set the key frame interval to 2 s in the encoder: viewers wait for the picture, and it may stop."),
    ),
    Code.BITRATE_COLLAPSE: Words(
        _("The picture's bit rate has fallen from %(usual)s to %(kbit)s kbit/s"),
        _("Check the encoder's network and its processor load. If the picture stands still on purpose, all is well."),
    ),
    Code.BITRATE_HIGH: Words(
        _("The bit rate is %(kbit)s kbit/s: many viewers cannot receive so much"),
        _("Set at most %(limit)s kbit/s in the encoder."),
    ),
    Code.FPS_COLLAPSE: Words(
        _("Only %(fps)s pictures a second come instead of %(usual)s"),
        _("The encoder's computer is overloaded: close other programs, or set a smaller picture."),
    ),
    Code.B_FRAMES: Words(
        _("The encoder uses B-frames"),
        _("Viewers of the fastest preview (WebRTC) see a jerky picture: set B-frames to 0 in the encoder."),
    ),
    Code.SOUND_MISSING: Words(
        _("The encoder sends no sound"),
        _("Choose the sound source in the encoder and check that its sound is switched on."),
    ),
    Code.SILENCE: Words(
        _("Nothing can be heard"),
        _("Check that the microphones are on and the mixer is not muted. In a break all is well."),
    ),
    Code.QUIET: Words(
        _("The sound is too quiet: %(peak)s dB at most"),
        _("Turn the sound up on the mixer or in the encoder until the loudest speech reaches about -6 dB."),
    ),
    Code.CLIPPING: Words(
        _("The sound is too loud and distorted"),
        _("Turn the sound down on the mixer or in the encoder until the loudest speech reaches about -6 dB."),
    ),
    Code.CLOCK_DRIFT: Words(
        _("The encoder's clock is off by %(ms)s ms in ten minutes"),
        _("Restart the encoder in a break. If it comes back, change the encoder or the source of its sound."),
    ),
    Code.AV_OFFSET: Words(
        _("Sound and picture are %(ms)s ms apart"),
        _("Set the sound delay in the encoder, or restart the broadcast in it."),
    ),
    Code.TIMESTAMPS_JUMP: Words(
        _("The encoder's time stamps jump"),
        _("Restart the broadcast in the encoder in a break. If it comes back, update or change the encoder."),
    ),
}


def worded(alarm: Alarm, translate: Callable[[str], str]) -> tuple[str, str]:
    """What is wrong and what to do, in the language of `translate`."""
    words = WORDS[alarm.code]
    what = translate(words.what) % alarm.values if words.what else alarm.values.get("problem", "")
    return what[:1].upper() + what[1:], translate(words.advice) % alarm.values
