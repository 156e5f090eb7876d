"""Voice activity: where somebody speaks, by Silero's network, which ships in faster-whisper's wheel.

Silero Team, "Silero VAD", 2024, https://github.com/snakers4/silero-vad (MIT).
"""

from collections.abc import Callable

from ariigcn.speech.sound import RATE_HZ, Sound, Span

BLOCK_S = 300.0  # so much is looked at at once: memory does not grow with the recording
LONGEST_S = 25.0  # longer speech is cut at its last pause: the recogniser hears 30 s at once
# Faster-whisper's defaults (2 s of silence, 0.4 s added at each side) join the turns of two speakers.
PAUSE_MS, SHORTEST_MS, PADDING_MS = 200, 200, 60


def speech_spans(sound: Sound, progress: Callable[[float], None]) -> list[Span]:
    """Where somebody speaks, by their start; none overlap, and none is longer than :data:`LONGEST_S`.

    A span that reaches the end of a block is looked at again with the next one.

    Args:
        sound: the recording's.
        progress: called with the share that is done.
    """
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=PAUSE_MS,
        min_speech_duration_ms=SHORTEST_MS,
        speech_pad_ms=PADDING_MS,
        max_speech_duration_s=LONGEST_S,
    )
    found: list[Span] = []
    at = 0.0
    while at < sound.seconds:
        end = min(at + BLOCK_S, sound.seconds)
        heard = get_speech_timestamps(sound.part(Span(at, end)), options)
        spans = [Span(at + s["start"] / RATE_HZ, at + s["end"] / RATE_HZ) for s in heard]
        if end < sound.seconds and spans and spans[-1].end_s > end - 1 and len(spans) > 1:
            end = spans.pop().start_s
        found += spans
        at = end
        progress(at / sound.seconds)
    return found
