"""The workflow's files give what Python gives, and say the same of it."""

import pytest

from ariigcn.corpora.table import write_corpus
from ariigcn.features.config import EncoderConfig
from ariigcn.features.extract import extract
from ariigcn.predict.recordings import read_recordings
from ariigcn.predict.stored import predictions

GERMAN = ("Ich habe die Stelle bekommen und ziehe bald nach Lissabon, kannst du das glauben?",) * 3


def test_words_that_are_not_english_are_told_whichever_way_they_are_predicted(text_model, tmp_path):
    talks = tmp_path / "talks"
    talks.mkdir()
    rows = [f'{n},{n + 1},Ann,"{said}"' for n, said in enumerate(GERMAN)]
    (talks / "talk.csv").write_text("\n".join(["start_s,end_s,speaker,text", *rows]), "utf-8")
    corpus = read_recordings(talks)
    write_corpus(corpus, tmp_path / "table.parquet")
    own = text_model.head.features["text"]
    config = EncoderConfig(modality="text", encoder=own["encoder"], parameters=own["parameters"])
    extract(tmp_path / "table.parquet", tmp_path, tmp_path / "text.h5", config)
    [stored] = predictions(corpus, {"text": tmp_path / "text.h5"}, text_model)
    here = text_model.predict(talks / "talk.csv")
    times = ["start_s", "end_s"]  # a table holds them only of utterances that have a recording
    assert stored.to_pandas().drop(columns=times).equals(here.to_pandas().drop(columns=times))
    assert stored.notes == here.notes
    assert any("not English" in note for note in stored.notes)


@pytest.mark.parametrize("over", ["dialogue", "corpus"])
def test_what_is_relative_to_a_speaker_does_not_depend_on_other_conversations(
    make_model, tmp_path, over
):
    """Ann speaks in both; so does somebody who is not named."""
    how = {"text": {"normalise": "speaker", "normalise_over": over}}
    model = make_model("text", normalise=how, people=("Ann",) if over == "corpus" else ())
    talks = tmp_path / "talks"
    talks.mkdir()
    said = {"one": ["I got the job!", "No.", "Yes!"], "two": ["Go away.", "Why?", "Please stop."]}
    for name, words in said.items():
        rows = [f"{n},{n + 1},{('Ann', '')[n % 2]},{text}" for n, text in enumerate(words)]
        (talks / f"{name}.csv").write_text("\n".join(["start_s,end_s,speaker,text", *rows]))
    corpus = read_recordings(talks)
    write_corpus(corpus, tmp_path / "table.parquet")
    own = model.head.features["text"]
    config = EncoderConfig(modality="text", encoder=own["encoder"], parameters=own["parameters"])
    extract(tmp_path / "table.parquet", tmp_path, tmp_path / "text.h5", config)
    stored = list(predictions(corpus, {"text": tmp_path / "text.h5"}, model))
    assert [talk.name for talk in stored] == list(said)
    for talk in stored:
        alone = model.predict(talks / f"{talk.name}.csv")
        for one, other in zip(talk.utterances, alone.utterances, strict=True):
            assert one.probabilities == pytest.approx(other.probabilities, abs=1e-6)
