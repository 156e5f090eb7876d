"""From segments of one speaker each, and words, to the turns of a transcript."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ariigcn.corpora.read.transcripts import Turn
from ariigcn.speech.recognition import Word
from ariigcn.speech.sound import Span
from ariigcn.speech.speakers import Segment

PAUSE_S = 0.6  # a speaker who waits longer begins a turn
LONG_S = 8.0  # a turn that is longer ends with its sentence
SENTENCE_ENDS = (".", "?", "!", "…", "\u3002", "\uff1f", "\uff01")  # the last three: Chinese
WORDLESS_S = 0.5  # shorter sounds in which no word was found are no turn


def turns_of(segments: Sequence[Segment], words: Sequence[Word]) -> list[Turn]:
    """Turns by their start: who, when and, where words were found, what.

    A word belongs to the segment that holds its middle, or else to the nearest one.
    """
    if not segments:
        return []
    said: list[list[Word]] = [[] for _ in segments]
    starts = [segment.span.start_s for segment in segments]
    for word in words:
        said[_nearest(segments, starts, (word.start_s + word.end_s) / 2)].append(word)
    turns: list[Turn] = []
    for first, last in _runs(segments):
        span = Span(segments[first].span.start_s, segments[last].span.end_s)
        speaker = f"speaker {segments[first].speaker + 1}"
        turns += _turns(span, speaker, [word for own in said[first : last + 1] for word in own])
    return turns


def with_words(turns: Sequence[Turn], words: Sequence[Word]) -> tuple[Turn, ...]:
    """Turns with the words whose middle they hold; of turns that overlap, the first takes a word."""
    said: list[list[Word]] = [[] for _ in turns]
    for word in words:
        middle = (word.start_s + word.end_s) / 2
        holding = (n for n, turn in enumerate(turns) if _start(turn) <= middle < _end(turn))
        if (number := next(holding, None)) is not None:
            said[number].append(word)
    return tuple(
        replace(turn, text=_text(own) or None) for turn, own in zip(turns, said, strict=True)
    )


def with_speakers(turns: Sequence[Turn], segments: Sequence[Segment]) -> tuple[Turn, ...]:
    """Turns with the speaker who speaks longest in each, numbered by first appearance."""
    numbers: dict[int, int] = {}
    named = []
    for turn in turns:
        seconds: dict[int, float] = {}
        for segment in segments:
            start, end = (
                max(segment.span.start_s, _start(turn)),
                min(segment.span.end_s, _end(turn)),
            )
            seconds[segment.speaker] = seconds.get(segment.speaker, 0.0) + max(end - start, 0.0)
        longest = max(seconds, key=lambda speaker: seconds[speaker])
        number = numbers.setdefault(longest, len(numbers) + 1)
        named.append(replace(turn, speaker=f"speaker {number}"))
    return tuple(named)


def _start(turn: Turn) -> float:
    return turn.start_s or 0.0


def _end(turn: Turn) -> float:
    return turn.end_s or 0.0


def _runs(segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """First and last of neighbours that are one speaker's with short pauses between."""
    first = 0
    for number in range(1, len(segments) + 1):
        if number < len(segments):
            before, after = segments[number - 1], segments[number]
            pause = after.span.start_s - before.span.end_s
            if before.speaker == after.speaker and pause <= PAUSE_S:
                continue
        yield first, number - 1
        first = number


def _turns(span: Span, speaker: str, words: Sequence[Word]) -> Iterator[Turn]:
    """A run as one turn; a long one is cut after sentences that end before it does, in whole ms."""
    held: list[Word] = []
    start, last = (round(float(seconds), 3) for seconds in span)
    for word in words:
        held.append(word)
        end = round(float(word.end_s), 3)
        ends = word.text.rstrip().endswith(SENTENCE_ENDS)
        if ends and start + LONG_S < end < last and word is not words[-1]:
            yield Turn(start, end, speaker, _text(held) or None)
            held, start = [], end
    if held or (not words and span.seconds >= WORDLESS_S):
        yield Turn(start, last, speaker, _text(held) or None)


def _text(words: Sequence[Word]) -> str:
    return " ".join("".join(word.text for word in words).split())


def _nearest(segments: Sequence[Segment], starts: Sequence[float], at: float) -> int:
    """The segment that holds a time or is nearest to it."""
    place = max(bisect_right(starts, at) - 1, 0)
    after = min(place + 1, len(segments) - 1)
    past = at - segments[place].span.end_s
    return after if past > 0 and segments[after].span.start_s - at < past else place
