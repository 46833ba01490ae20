"""Spoken English made on the spot by eSpeak NG, whose library and voices come in a package."""

import ctypes
from array import array

import espeakng_loader

SYNCHRONOUS = 2
CHARS_UTF8 = 1
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def spoken(text: str, words_a_minute: int = 130) -> tuple[int, array]:
    """Sample rate and samples of the words."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    assert rate > 0
    samples = array("h")

    @CALLBACK
    def take(wav, count, _events):
        if wav and count > 0:
            samples.extend(wav[:count])
        return 0

    library.espeak_SetSynthCallback(take)
    assert library.espeak_SetVoiceByName(b"en-us") == 0
    library.espeak_SetParameter(1, words_a_minute, 0)
    data = text.encode()
    assert library.espeak_Synth(data, len(data) + 1, 0, 1, 0, CHARS_UTF8, None, None) == 0
    library.espeak_Synchronize()
    return rate, samples
