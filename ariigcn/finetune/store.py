"""The store of a fine-tuned modality: each utterance by an encoder that has not learned from it."""

import logging
from pathlib import Path

import numpy as np

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.registry import FINETUNED
from ariigcn.features.header import described, header_of
from ariigcn.features.store import FeatureStore, Rows, Status, write_store
from ariigcn.finetune.config import ALL, OUTPUTS, Learning, encoder_folder
from ariigcn.finetune.decoded import Decoded
from ariigcn.finetune.encoder import FineTuned
from ariigcn.finetune.folds import folds_of
from ariigcn.finetune.inputs import table_clips

logger = logging.getLogger(__name__)


def join(table: Path, out: Path, parameters: Learning, decoded: Path | None = None) -> None:
    """Write the store of a corpus from what its fine-tuned encoders made of it.

    A training utterance is told by the encoder of its fold, any other by the mean over the encoders
    that tell new recordings (:attr:`Learning.encoding`).

    Args:
        table: utterance table.
        out: the feature store to write.
        parameters: with the ``folder`` of the encoders.
        decoded: what was read of the clips; needed where the base's own vectors of media are.

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
        values[chosen] = encoder.mean({n: stores[n].values[chosen] for n in numbers})
    first = [stores[numbers[0]] for numbers in told_by]
    status = [rows.status[n] for n, rows in enumerate(first)]
    messages = [rows.messages[n] for n, rows in enumerate(first)]
    ok = [n for n, state in enumerate(status) if state == Status.OK]
    made = np.zeros((len(ids), encoder.dimension), np.float32)
    if ok:
        clips = table_clips(corpus, parameters)
        reads = None if decoded is None else Decoded(decoded).check(corpus, parameters.decoding())
        pairs = [(None if reads is None else reads[n], clips[n]) for n in ok]
        made[ok] = encoder.composed(pairs, values[ok])
    features = EncoderConfig(
        modality=parameters.modality,
        encoder=FINETUNED,
        parameters=parameters.model_dump(mode="json"),
    )
    facts = {**described(encoder), "fitted_on": parameters.fitted_on}
    header = header_of(corpus.name, features, facts)
    write_store(out, header, [Rows(ids, made, status, messages)])
    logger.info("%s: %d of %d utterances are encoded", out, len(ok), len(ids))


def tellers(corpus: Corpus, parameters: Learning) -> list[tuple[int, ...]]:
    """The encoders whose mean each row's features are."""
    if parameters.folds == 1:
        return [(ALL,)] * len(corpus.utterances)
    key = f"features.{parameters.modality}.parameters.folds"
    folds = folds_of(corpus, parameters.folds, parameters.seed, key)
    rows = zip(corpus.utterances["dialogue_id"], corpus.utterances["split"], strict=True)
    return [(folds[d],) if split == "train" else parameters.encoding for d, split in rows]
