"""The demo encoder's sound: somebody talks, calmly and without words. A loop of some seconds, computed once."""

import math
from array import array
from typing import Final

SAMPLE_RATE_HZ: Final = 48_000

VOWELS: Final = (
    ((730, 1.0), (1090, 0.5), (2440, 0.25)),
    ((530, 1.0), (1840, 0.45), (2480, 0.25)),
    ((270, 1.0), (2290, 0.3), (3010, 0.2)),
    ((570, 1.0), (840, 0.6), (2410, 0.15)),
    ((300, 1.0), (870, 0.5), (2240, 0.1)),
)
"""Formants (Hz, strength) of a, e, i, o, u (Peterson and Barney 1952, men)."""

SENTENCE: Final = "aeoa iea uoei  aoeu iao  eaiouae   oaei uea  "
"""Vowels and pauses; each character is one syllable of speech or of silence."""

SYLLABLE_S: Final = 0.17
LOUDNESS: Final = 0.35
BANDWIDTH_HZ: Final = 110.0


def speech_loop() -> "array[float]":
    """Samples between -1 and 1 at 48 kHz, mono; the end fits the beginning."""
    samples: array[float] = array("f")
    length = int(SYLLABLE_S * SAMPLE_RATE_HZ)
    envelope = [math.sin(math.pi * index / length) ** 0.6 * LOUDNESS for index in range(length)]
    for index, vowel in enumerate(SENTENCE):
        if vowel == " ":
            samples.frombytes(bytes(4 * length))
            continue
        pitch_hz = 118 + 14 * math.sin(index * 0.7) - 10 * index / len(SENTENCE)
        period = _period(pitch_hz, VOWELS["aeiou".index(vowel)])
        count = len(period)
        samples.extend(period[at % count] * envelope[at] for at in range(length))
    return samples


def _period(pitch_hz: float, formants: tuple[tuple[int, float], ...]) -> list[float]:
    """One period of a voiced vowel: harmonics of the pitch, shaped by the formants."""
    count = round(SAMPLE_RATE_HZ / pitch_hz)
    strengths = [
        sum(strength / (1 + ((number * pitch_hz - centre_hz) / BANDWIDTH_HZ) ** 2) for centre_hz, strength in formants)
        for number in range(1, 30)
    ]
    period = [
        sum(strength * math.sin(2 * math.pi * (number + 1) * at / count) for number, strength in enumerate(strengths))
        for at in range(count)
    ]
    highest = max(map(abs, period))
    return [value / highest for value in period]
