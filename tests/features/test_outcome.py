"""Which rows may become a store, and what is said of those that may not."""

from pathlib import Path

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.modality import Modality
from ariigcn.features.outcome import Outcome
from ariigcn.features.store import Rows, Status

OK, GONE, FAILED, MISSING = Status.OK, Status.NO_FILE, Status.FAILED, Status.MISSING


def watched(statuses: list[Status], share: float = 0.5, modality: Modality = "audio") -> Outcome:
    """Rows of these statuses in blocks of three, all of them let through."""
    blocks = []
    for start in range(0, len(statuses), 3):
        part = statuses[start : start + 3]
        ids = [f"u{start + n}" for n in range(len(part))]
        messages = [f"{status}: {name}.wav" for name, status in zip(ids, part, strict=True)]
        blocks.append(Rows(ids, np.zeros((len(part), 2), np.float32), part, messages))
    outcome = Outcome(f"tiny: {modality} features", modality, Path("/mnt/media"), share)
    assert list(outcome.watch(blocks)) == blocks
    return outcome


@pytest.mark.parametrize(
    "statuses",
    [
        [],
        [OK],
        [OK, FAILED],
        [OK, OK, GONE, FAILED],
        [OK, *[MISSING] * 99],
        [OK, *[Status.NO_FACE] * 99],
        [OK, Status.NO_STREAM, Status.TOO_SHORT, Status.TOO_LONG],
    ],
)
def test_what_lacks_by_its_corpus_or_fails_now_and_then_is_a_store(statuses: list[Status]) -> None:
    assert watched(statuses).counts.total() == len(statuses)


def test_media_gone_are_an_error_that_says_where_they_were_looked_for() -> None:
    with pytest.raises(DataError) as error:
        watched([GONE] * 9 + [MISSING])
    text = str(error.value)
    assert "tiny: audio features: 9 of 9 utterances failed (9 no file, 1 missing)" in text
    assert "searched in /mnt/media" in text
    assert "u0: no file: u0.wav" in text and "u4: " in text and "u5: " not in text


def test_the_share_is_of_those_that_name_a_file_and_can_be_set() -> None:
    with pytest.raises(DataError, match=r"2 of 3 utterances failed .*max_failed_share \(0\.5\)"):
        watched([OK, GONE, FAILED, *[MISSING] * 9])
    assert watched([OK, GONE, FAILED], share=0.7)
    with pytest.raises(DataError, match="1 of 4"):
        watched([OK, OK, OK, FAILED], share=0)


def test_none_that_can_be_used_is_an_error_whatever_the_share() -> None:
    with pytest.raises(DataError, match=r"no utterance can be used \(3 no face\)"):
        watched([Status.NO_FACE] * 3, modality="video")
    with pytest.raises(DataError, match="no utterance can be used"):
        watched([FAILED] * 3, share=1)


def test_a_modality_of_which_the_table_has_nothing_is_left_out_by_the_user() -> None:
    with pytest.raises(DataError, match=r"no text that can be used.*model\.modalities"):
        watched([MISSING] * 3, modality="text")
    with pytest.raises(DataError, match="no media in the table"):
        watched([MISSING] * 3)
