"""What is written is what was predicted, and where it may be written is known before work starts."""

import os

import pandas as pd
import pytest
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import ConfigError, DataError
from ariigcn.predict.conversation import Conversation, Utterance
from ariigcn.predict.listen import hear, write_heard
from ariigcn.predict.sources import Source, files_of, find_sources
from ariigcn.predict.writers import WRITERS, check_output, write, wrote
from tests.features.make_clips import tone, write_wav

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


CUES = "1\n00:00:00,000 --> 00:00:01,000\nAnn: I got the job!\n\n2\n00:00:01,000 --> 00:00:02,000\n"


def test_what_was_predicted_is_known_again_and_nothing_else_is(tmp_path):
    for ending in WRITERS:
        path = tmp_path / f"own{ending}"
        write([talk()], path)
        assert wrote(path) == (ending != ".html")  # a page is no kind of transcript
    again = pd.read_csv(tmp_path / "own.csv")
    again.to_csv(tmp_path / "excel.csv", sep=";", index=False, encoding="utf-8-sig")
    assert wrote(tmp_path / "excel.csv")
    others = {
        "a.csv": "conversation,number,speaker,text,emotion\nx,1,Ann,Hi,joy\n",
        "b.json": '{"segments": [{"start": 0, "end": 1, "text": "Hi"}]}',
        "c.json": '[{"start": 0, "end": 1, "text": "Hi"}]',
        "d.srt": CUES + "Ben: [laughs 90%] No way!\n",  # one line of two
        "e.srt": "",
        "f.csv": "",
    }
    for name, text in others.items():
        (tmp_path / name).write_text(text)
        assert not wrote(tmp_path / name), name
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("pipe.csv", "gone.csv", "own.html"):
        assert not wrote(tmp_path / name)


@pytest.fixture
def rec(tmp_path):
    """``a`` and ``c`` with their transcripts, and ``b`` with what was predicted of it alone."""
    for name in "abc":
        (tmp_path / f"{name}.wav").write_bytes(b"x")
    for name in "ac":
        (tmp_path / f"{name}.srt").write_text(CUES + "Ben: No way!\n")
    write([talk()], tmp_path / "b.csv")
    write([talk(), talk("b")], tmp_path / "all.json")
    write([talk()], tmp_path / "c.tsv")
    return tmp_path


def test_what_was_predicted_is_no_transcript(rec):
    assert find_sources([rec]) == [
        Source(rec / "a.wav", rec / "a.srt"),
        Source(rec / "b.wav", None),
        Source(rec / "c.wav", rec / "c.srt"),
    ]
    for path in ("all.json", "b.csv", "c.tsv"):
        with pytest.raises(DataError, match=f"{path}: this is what `ariigcn predict` wrote"):
            find_sources([rec / path])
        # As rec/* names it.
        assert find_sources([rec / "a.wav", rec / path]) == [Source(rec / "a.wav", rec / "a.srt")]
    with pytest.raises(DataError, match="results alone"):
        find_sources([rec / "all.json", rec / "b.csv"])
    assert find_sources([rec / "b.wav"]) == [Source(rec / "b.wav", None)], "as before b.csv"
    for call in (lambda path: find_sources([rec / "b.wav"], path), lambda p: hear(None, None, p)):
        with pytest.raises(DataError, match="not a transcript"):
            call(rec / "b.csv")
    assert find_sources([rec / "c.wav"]) == [Source(rec / "c.wav", rec / "c.srt")]


def test_nothing_that_is_read_is_replaced(rec):
    (rec / "c.csv").write_text("speaker,text\nAnn,Hi\n")
    (rec / "link.srt").symlink_to(rec / "c.srt")
    given = list(files_of(find_sources([rec / "c.wav"])))
    for name in ("c.srt", "c.csv", "link.srt"):
        with pytest.raises(ConfigError, match=f"{name}: is read, and would be replaced"):
            check_output(rec / name, inputs=given)
    check_output(rec / "c.tsv", inputs=given)  # was predicted before
    said = rec / "said.json"
    said.write_text("{}")
    with pytest.raises(ConfigError, match=r"said\.json: is read"):
        write_heard(rec / "." / "said.json", pytest.fail, [rec / "c.wav", said])


def test_the_command_leaves_its_inputs_alone(rec, text_model, tmp_path):
    text_model.save_pretrained(tmp_path / "model")
    command = ["predict", "--model", str(tmp_path / "model"), "-o"]
    before = (rec / "c.srt").read_bytes()
    for given in ("c.srt", "c.wav"):
        refused = CliRunner().invoke(app, [*command, str(rec / "c.srt"), str(rec / given)])
        assert refused.exit_code == 1
        assert "is read, and would be replaced" in refused.stderr
    assert (rec / "c.srt").read_bytes() == before


def test_a_folder_is_predicted_twice_alike(text_model, tmp_path):
    text_model.save_pretrained(tmp_path / "model")
    (tmp_path / "rec").mkdir()
    for name in "ab":
        write_wav(tmp_path / f"rec/{name}.wav", [tone(2.0)])
        (tmp_path / f"rec/{name}.srt").write_text(CUES + "Ben: No way!\n")
    for out in (tmp_path / "rec/all.json", tmp_path / "rec/all.csv"):
        command = ["predict", str(tmp_path / "rec"), "--model", str(tmp_path / "model"), "-o"]
        runs = [CliRunner().invoke(app, [*command, str(out)]) for _ in range(2)]
        assert [run.exit_code for run in runs] == [0, 0]
        assert out.stat().st_size
        assert all("4 utterance(s) of 2 conversation(s)" in run.output for run in runs)


@pytest.mark.parametrize("write_to", [check_output, lambda path: write_heard(path, pytest.fail)])
def test_where_nothing_can_be_written_is_told_before_work_starts(tmp_path, write_to):
    (tmp_path / "afile").write_text("")
    (tmp_path / "folder.json").mkdir()
    for name, why in (
        ("afile/o.json", "a file stands where its folder should"),
        ("afile/sub/o.json", "a file stands where its folder should"),
        (f"{'n' * 245}.json", "File name too long"),
        ("folder.json", "is a folder"),
        ("/proc/o.json", "cannot be written"),
    ):
        with pytest.raises(ConfigError, match=why):
            write_to(tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"afile", "folder.json"}
