"""One fine-tuning: a corpus's training split, or all but one fold of it, into one encoder's folder."""

import hashlib
import json
import logging
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ariigcn.core.balance import frequency_weights
from ariigcn.core.code import code_version
from ariigcn.core.errors import ConfigError, DataError
from ariigcn.core.files import atomic_path, exclusive, remove, sha256_file
from ariigcn.core.storage import table_of, write_json, write_table
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.features.encoders.registry import FINETUNED, encoder_module
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.finetune.config import ALL, ANCHORS, FACTS, HISTORY, OUTPUTS, Learning
from ariigcn.finetune.decoded import Decoded
from ariigcn.finetune.encoder import Loaded
from ariigcn.finetune.folds import folds_of
from ariigcn.finetune.inputs import Collate, Examples, Held, Reads, rows_of, table_clips
from ariigcn.finetune.kind import Kind, kind_of
from ariigcn.finetune.learn import Row, fine_tune
from ariigcn.finetune.network import Network, save_network

logger = logging.getLogger(__name__)
SEEN = "the encoder has learned from it"
ANCHORED = 2048  # utterances, at most, by which encoders' spaces are aligned
TOGETHER = 64  # utterances that are encoded together where they are decoded already


def learn(
    table: Path,
    out: Path,
    *,
    checkpoints: Path,
    parameters: Learning,
    number: int,
    decoded: Path | None = None,
) -> None:
    """Fine-tune one encoder, and encode every utterance that it has not learned from.

    The folder ``out`` then holds a Hugging Face encoder with what it says of its input, its head, what it
    says of itself, its history, and ``outputs.h5``: a store of vectors with the log-probabilities behind
    them. Where there is one encoder only, which has learned from all, the store has every utterance.
    Where there are several, ``anchors.h5`` has the vectors by which they can be aligned.

    Args:
        table: utterance table; labels of its test split are never looked at.
        out: the encoder's folder.
        checkpoints: folder of this fine-tuning's checkpoints.
        parameters: as in the configuration.
        number: 0: all training dialogues; from 1: all but those of this fold.
        decoded: what was read of the clips; None for text, which is read from the table.

    Raises:
        DataError: the base cannot be loaded; there is no labelled training utterance to learn from; there
            are fewer dialogues than folds; ``decoded`` is of another table or of other parameters.
        StoppedError: it was asked to stop; its last checkpoint is kept.
    """
    torch.set_num_threads(parameters.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    corpus, kind = sealed(read_corpus(table)), kind_of(parameters.modality)
    key = f"features.{kind.modality}.parameters.folds"
    folds = folds_of(corpus, parameters.folds, parameters.seed, key) if number != ALL else {}
    base_folder = kind.base_folder(parameters)
    # Before it is loaded: a checkpoint without a pooler gets one at random, and it is written again.
    torch.manual_seed(parameters.seed)
    encoder = kind.encoder(parameters, str(base_folder))
    reads: Reads = (
        Held(encoder, table_clips(corpus, parameters))
        if decoded is None
        else Decoded(decoded).check(corpus, parameters.decoding())
    )
    examples, validation = (
        Examples(corpus, rows_of(corpus, split, folds, number), reads, kind, parameters)
        for split in ("train", "validation")
    )
    if not len(examples):
        raise DataError(
            f"{corpus.name}: no labelled training utterance has {kind.modality} to learn from"
        )
    logger.info(
        "%s, %s encoder %d: %d utterances to learn from, %d to judge by",
        *(corpus.name, kind.modality, number, len(examples), len(validation)),
    )
    weights = frequency_weights(examples.labels, len(corpus.labels), parameters.class_weight_power)
    torch.manual_seed(parameters.seed)
    network = made(kind, encoder, parameters, weights)
    own = checkpoints / _digest(table, decoded, parameters, number)
    with exclusive(own):
        rows = fine_tune(
            network,
            Collate(kind, encoder),
            parameters,
            examples=examples,
            validation=validation,
            checkpoints=own,
        )
    if parameters.lora_rank:
        network.base = network.base.merge_and_unload()
    with atomic_path(out) as folder:
        folder.mkdir()
        save_network(folder, network, base_folder)
        head = {"corpus": corpus.name, "labels": list(corpus.labels), "number": number}
        size = network.head.in_features
        write_json({**head, "dimension": size, "learned": parameters.learned()}, folder / FACTS)
        told = {**head, "utterances": len(examples), "selected_epoch": selected(rows)}
        write_table(table_of(rows), told, folder / HISTORY)
        del network, encoder  # the fine-tuned one takes their place in memory
        _encode(folder, corpus, reads, parameters, set(rows_of(corpus, "train", folds, number)))
    remove(checkpoints)


def sealed(corpus: Corpus) -> Corpus:
    """The corpus without a label of its test split."""
    table = corpus.utterances
    hidden = table["emotion"].where(table["split"] != "test", None)
    return replace(corpus, utterances=table.assign(emotion=hidden))


def made(kind: Kind, encoder: Any, parameters: Learning, weights: Tensor) -> Network:
    """The network before it learns, out of the base's encoder; the caller has seeded torch.

    Raises:
        ConfigError: the base cannot learn as the parameters say.
    """
    base = kind.prepared(encoder.loaded.model.cpu().requires_grad_(True))
    for weight in base.parameters():
        # Out of the mapped file: sums over memory that is aligned in another way have other last bits.
        weight.data = weight.data.clone()
    key = f"features.{kind.modality}.parameters"
    if parameters.gradient_checkpointing:
        try:
            base.gradient_checkpointing_enable({"use_reentrant": False})
        except ValueError as error:
            raise ConfigError(f"{key}.gradient_checkpointing: {error}; set it to false") from error
    if parameters.freeze_embeddings:
        kind.lowest(base).requires_grad_(False)
    if parameters.lora_rank:
        base = with_low_rank(base, parameters.lora_rank, key)
    return Network(kind, parameters, base, encoder.dimension, weights)


def with_low_rank(base: Any, rank: int, key: str) -> Any:
    """The base with low-rank additions to its matrices, which alone are learned (arXiv 2106.09685).

    Raises:
        ConfigError: peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as error:
        raise ConfigError(f"{key}.lora_rank needs peft: pip install 'ariigcn[lora]'") from error
    settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    return get_peft_model(base, settings)


def _encode(
    folder: Path, corpus: Corpus, reads: Reads, parameters: Learning, learned: Set[int]
) -> None:
    """Write what the encoder in a folder makes of a corpus, and of its anchors."""
    encoder, usable = Loaded(parameters, folder), _usable(reads)
    several = parameters.folds > 1
    hidden = learned if several else set()
    header, found = outputs(corpus, reads, encoder, [n for n in usable if n not in hidden])
    messages = [SEEN if n in hidden else told for n, told in enumerate(found.messages)]
    write_store(folder / OUTPUTS, header, [replace(found, messages=messages)])
    if several:
        training = rows_of(corpus, "train", {}, ALL)
        rows = np.array([n for n in usable if n in set(training)])
        places = np.linspace(0, len(rows) - 1, min(ANCHORED, len(rows))).astype(int)
        anchors = rows[places].tolist()
        header, found = outputs(corpus, reads, encoder, anchors)
        size = encoder.encoder.dimension
        own = Rows(
            [found.utterance_ids[n] for n in anchors],
            found.values[anchors, :size],
            [found.status[n] for n in anchors],
            [""] * len(anchors),
        )
        write_store(folder / ANCHORS, replace(header, dimension=size), [own])


def _usable(reads: Reads) -> list[int]:
    return [n for n, status in enumerate(reads.status) if status == Status.OK]


def outputs(
    corpus: Corpus, reads: Reads, encoder: Loaded, rows: Sequence[int]
) -> tuple[StoreHeader, Rows]:
    """What an encoder makes of some utterances.

    Args:
        corpus: the utterance table.
        reads: what was read of each.
        encoder: the fine-tuned one.
        rows: those that it encodes; of each, something was read.

    Returns:
        a store's header and all rows: vectors [D] and log-probabilities [C] side by side.
    """
    count = encoder.encoder.dimension + len(corpus.labels)
    values = np.zeros((len(reads.status), count), np.float32)
    step = len(rows) if encoder.encoder.together else TOGETHER
    for start in range(0, len(rows), max(step, 1)):
        part = list(rows[start : start + step])
        values[part] = encoder.outputs([reads[n] for n in part])
    status, encoded = list(reads.status), set(rows)
    for n, state in enumerate(status):
        if state == Status.OK and n not in encoded:
            status[n] = Status.MISSING
    what = encoder.parameters.modality
    header = StoreHeader(corpus.name, what, FINETUNED, "outputs of one encoder", count)
    ids = corpus.utterances["utterance_id"].tolist()
    return header, Rows(ids, values, status, list(reads.messages))


def selected(rows: Sequence[Row]) -> int:
    """The epoch whose weights are used: the first of the best on validation, or the last."""
    scores = [row.get("validation_weighted_f1") for row in rows]
    known = [score for score in scores if score is not None]
    return scores.index(max(known)) + 1 if known else len(rows)


def _digest(table: Path, decoded: Path | None, parameters: Learning, number: int) -> str:
    """Digest of everything that decides the encoder; its checkpoints stand under it."""
    code = code_version("ariigcn.finetune.run", encoder_module(parameters.modality, FINETUNED))
    read = "" if decoded is None else Decoded(decoded).seal
    facts = [sha256_file(table), read, parameters.learned(), parameters.folds, number, code]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
