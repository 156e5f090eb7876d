"""`ariigcn predict --follow`: lines of JSON in, a line of JSON out for each, while people talk."""

import json
import time
from collections.abc import Iterable
from typing import Any, BinaryIO, TextIO

import numpy as np
from pydantic import ValidationError

from ariigcn.core.errors import DataError
from ariigcn.core.paths import printable
from ariigcn.core.settings import Section, describe
from ariigcn.predict.online import OnlineModel


class Said(Section):
    """One line of what is said: ``{"speaker": "Ann", "text": "I got the job!"}``."""

    speaker: str = ""
    text: str


def follow(model: OnlineModel, lines: Iterable[bytes], out: BinaryIO, remarks: TextIO) -> int:
    """Answer each line with a line as soon as it comes.

    A line that cannot be used is answered by ``{"line": 3, "error": "..."}`` and is no part of the
    conversation; an empty line is passed over.

    Args:
        model: it is told of the conversation line by line.
        lines: of JSON, UTF-8.
        out: where answers go, as UTF-8; flushed after each.
        remarks: where the rest goes: what is masked, and at the end how long answers took.

    Returns:
        How many lines could not be used.
    """
    if model.masked:
        masked = ", ".join(model.masked)
        remarks.write(f"the model also reads {masked}; they are missing here and masked\n")
    taken: list[float] = []
    unused = 0
    try:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            start = time.perf_counter()
            try:
                answer = _answer(model, line)
            except (ValueError, DataError, RecursionError) as error:
                unused += 1
                answer = {"line": number, "error": f"line {number}: {_in_words(error)}"}
            else:
                taken.append(time.perf_counter() - start)
            out.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
            out.flush()
    finally:
        remarks.write(_latency(taken) + "\n")
    return unused


def _answer(model: OnlineModel, line: bytes) -> dict[str, Any]:
    given = json.loads(line)
    if not isinstance(given, dict):
        raise ValueError('not an object; write {"speaker": "...", "text": "..."}')
    said = Said(**given)
    utterance = model.say(said.speaker, said.text)
    answer = {
        "number": utterance.number,
        "speaker": utterance.speaker,
        "text": utterance.text,
        "emotion": utterance.emotion,
        "probability": utterance.probability,
        "probabilities": utterance.probabilities,
    }
    return answer | ({"missing": utterance.missing} if utterance.missing else {})


def _in_words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        words = (words.removeprefix("(top level): ") for words in describe(error))
        return printable("; ".join(words))
    if isinstance(error, json.JSONDecodeError | UnicodeError | RecursionError):
        return f"not JSON ({error})"
    return printable(str(error))


def _latency(taken: list[float]) -> str:
    if not taken:
        return "0 utterances"
    middle, high = 1000 * np.percentile(taken, (50, 95))
    return (
        f"{len(taken):,} utterance(s), time for each: median {middle:.1f} ms, "
        f"95th percentile {high:.1f} ms"
    )
