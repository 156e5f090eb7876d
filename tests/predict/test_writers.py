"""What is written is what was predicted, and where it may be written is known before work starts."""

import pandas as pd

from ariigcn.predict.conversation import Conversation, Utterance
from ariigcn.predict.writers import write

LATE = ((10000.120, 10000.150), (10000.170, 10000.200))


def talk(name="talk"):
    utterances = tuple(
        Utterance(n, "Ann: A", f"Hello {n}", *span, {"joy": 1 - 0.1234567891, "calm": 0.1234567891})
        for n, span in enumerate(LATE)
    )
    return Conversation(name, utterances, ("joy", "calm"), "toy", ("text",))


def test_tables_hold_times_as_they_are_and_six_digits_of_probabilities(tmp_path):
    for ending, separator in ((".csv", ","), (".tsv", "\t")):
        path = tmp_path / f"talk{ending}"
        lost = Conversation("lost", (), ("joy", "calm"), "toy", ("text",), error="why")
        write([talk(), lost], path)
        rows = pd.read_csv(path, sep=separator)
        assert list(zip(rows["start_s"], rows["end_s"], strict=True))[:2] == list(LATE)
        assert rows["prob_calm"].tolist()[:2] == [0.123457] * 2
        assert pd.isna(rows["probability"][2])
        assert path.read_text().splitlines()[1].split(separator)[7] == "0.876543"
