"""The store of fine-tuned text: each utterance by an encoder that has not learned from it."""

import logging
from pathlib import Path

import numpy as np

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.config import EncoderConfig
from ariigcn.features.header import described, header_of
from ariigcn.features.store import FeatureStore, Rows, Status, write_store
from ariigcn.finetune.config import ALL, OUTPUTS, Parameters, encoder_folder
from ariigcn.finetune.encoder import FineTuned
from ariigcn.finetune.folds import folds_of
from ariigcn.finetune.inputs import text_clips

logger = logging.getLogger(__name__)


def join(table: Path, out: Path, parameters: Parameters) -> None:
    """Write the store of a corpus from what its fine-tuned encoders made of it.

    A training utterance is told by the encoder of its fold, any other by the mean over the encoders
    that tell new recordings (:attr:`Parameters.encoding`).

    Args:
        table: utterance table.
        out: the feature store to write.
        parameters: with the ``folder`` of the encoders.

    Raises:
        DataError: an encoder is absent, damaged, or made for another table.
    """
    corpus = read_corpus(table)
    assert parameters.folder is not None
    stores = {
        number: FeatureStore(Path(encoder_folder(parameters.folder, number)) / OUTPUTS).read()
        for number in parameters.encoders
    }
    ids = corpus.utterances["utterance_id"].tolist()
    for number, rows in stores.items():
        if list(rows.utterance_ids) != ids:
            raise DataError(
                f"{encoder_folder(parameters.folder, number)}: made for another utterance table; "
                "remove it and run again"
            )
    encoder = FineTuned(parameters)
    told_by = tellers(corpus, parameters)
    values = np.zeros((len(ids), stores[parameters.encoders[0]].values.shape[1]), np.float32)
    for numbers in set(told_by):
        chosen = [n for n, asked in enumerate(told_by) if asked == numbers]
        values[chosen] = np.mean([stores[n].values[chosen] for n in numbers], 0, np.float32)
    first = [stores[numbers[0]] for numbers in told_by]
    status = [rows.status[n] for n, rows in enumerate(first)]
    messages = [rows.messages[n] for n, rows in enumerate(first)]
    ok = [n for n, state in enumerate(status) if state == Status.OK]
    clips = text_clips(corpus, parameters)
    composed = encoder.composed([clips[n] for n in ok], values[ok])
    made = np.zeros((len(ids), encoder.dimension), np.float32)
    made[ok] = composed
    features = EncoderConfig(
        modality="text", encoder="finetuned", parameters=parameters.model_dump(mode="json")
    )
    facts = {**described(encoder), "fitted_on": parameters.fitted_on}
    header = header_of(corpus.name, features, facts)
    write_store(out, header, [Rows(ids, made, status, messages)])
    logger.info("%s: %d of %d utterances have words", out, len(ok), len(ids))


def tellers(corpus: Corpus, parameters: Parameters) -> list[tuple[int, ...]]:
    """The encoders whose mean each row's features are."""
    if parameters.folds == 1:
        return [(ALL,)] * len(corpus.utterances)
    folds = folds_of(corpus, parameters.folds, parameters.seed)
    rows = zip(corpus.utterances["dialogue_id"], corpus.utterances["split"], strict=True)
    return [(folds[d],) if split == "train" else parameters.encoding for d, split in rows]
