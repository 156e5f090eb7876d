"""Predictions of a whole corpus from the workflow's files: a table and feature stores in, results out.

Conversations are worked through a few at a time, so that memory does not grow with their number. The
graph is built of those at hand: nothing else reads it, and building takes less time than reading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ariigcn.core.errors import DataError
from ariigcn.core.logs import progress
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.store import FeatureStore
from ariigcn.predict.conversation import Conversation
from ariigcn.predict.encode import Encoded, differences
from ariigcn.predict.model import EmotionModel
from ariigcn.predict.pages import write_pages
from ariigcn.predict.recordings import conversations_of, failures_of
from ariigcn.predict.writers import write_rows
from ariigcn.training.predict import EVALUATION_DIALOGUES


def predict_corpus(
    table: Path,
    stores: Mapping[str, Path],
    model: EmotionModel,
    *,
    out: Path,
    page: Path,
    pages: Path,
) -> None:
    """Predict every utterance of a table; write the rows, and a page of them.

    Args:
        table: the utterance table.
        stores: modality -> its features of the table's rows, by the model's encoders.
        model: the model.
        out: the rows, Parquet; one of a recording that could not be used says why.
        page: the page that lists the conversations.
        pages: folder of their own pages.

    Raises:
        DataError: a file is damaged, a store is not the table's, or not of the model's encoder.
    """
    rows = []

    def told() -> Iterator[Conversation]:
        """Each conversation once; of those that are done, rows alone stay in memory."""
        for conversation in predictions(read_corpus(table), stores, model):
            rows.append(conversation.to_pandas())
            yield conversation

    write_pages(told(), model.labels, page, pages)
    write_rows(rows, out)


def predictions(
    corpus: Corpus, stores: Mapping[str, Path], model: EmotionModel
) -> Iterator[Conversation]:
    """The conversations of a corpus with their emotions, then those that cannot be used.

    Args:
        corpus: the utterance table.
        stores: modality -> its features of the table's rows.
        model: the model.

    Raises:
        DataError: as :func:`predict_corpus`.
    """
    opened = {modality: FeatureStore(stores[modality]) for modality in model.modalities}
    ids = corpus.utterances["utterance_id"].tolist()
    notes = {}
    for modality, store in opened.items():
        notes[modality] = differences(model.head.features[modality], store.header)
        if store.utterance_ids != ids:
            raise DataError(f"{store.path}: not the rows of the table; remove it and run again")
    given = conversations_of(corpus)
    starts = np.cumsum([0, *(len(transcript.turns) for _, transcript in given)]).tolist()
    with progress(f"{corpus.name}: predictions", len(given)) as counter:
        for first in range(0, len(given), EVALUATION_DIALOGUES):
            part = given[first : first + EVALUATION_DIALOGUES]
            rows = slice(starts[first], starts[first + len(part)])
            own = replace(corpus, utterances=corpus.utterances[rows].reset_index(drop=True))
            encoded = {
                m: Encoded.of(store.read(rows.start, rows.stop), notes[m])
                for m, store in opened.items()
            }
            yield from model.predict_each(own, part, encoded)
            counter.advance(len(part))
    for failure in failures_of(corpus):
        yield model.nothing(failure.name, failure.source or None, failure.error)
