"""A recogniser as any program: `python pocketsphinx_engine.py FILE.wav` prints what it heard as JSON.

CMU PocketSphinx with the small English model that its package holds; a grammar of the words that the test speaks.
"""

import json
import sys
import wave

from pocketsphinx import Decoder, Endpointer

GRAMMAR = """#JSGF V1.0;
grammar council;
public <line> = the session is open | we vote on the budget | thank you and goodbye;
"""


def main() -> None:
    with wave.open(sys.argv[1], "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        pcm = file.readframes(file.getnframes())
    decoder = Decoder(lm=None, loglevel="FATAL")
    decoder.add_jsgf_string("council", GRAMMAR)
    decoder.activate_search("council")
    ends = Endpointer(sample_rate=16000)
    said = []
    for at in range(0, len(pcm), ends.frame_bytes):
        frame, spoke = pcm[at : at + ends.frame_bytes], ends.in_speech
        speech = ends.process(frame) if len(frame) == ends.frame_bytes else ends.end_stream(frame)
        if speech is None:
            continue
        if not spoke:
            decoder.start_utt()
        decoder.process_raw(speech)
        if not ends.in_speech:
            decoder.end_utt()
            if decoder.hyp() is not None:
                said.append({"start": ends.speech_start, "end": ends.speech_end, "text": decoder.hyp().hypstr})
    print(json.dumps({"segments": said}))


if __name__ == "__main__":
    main()
