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
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.huggingface import load_tokenizer
from ariigcn.features.encoders.text_reading import Reader
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.finetune.config import ALL, FACTS, HISTORY, OUTPUTS, Parameters
from ariigcn.finetune.encoder import Loaded
from ariigcn.finetune.folds import folds_of
from ariigcn.finetune.inputs import Examples, rows_of, text_clips
from ariigcn.finetune.learn import Row, fine_tune
from ariigcn.finetune.network import Network, base_folder, load_base, save_network

logger = logging.getLogger(__name__)
SEEN = "the encoder has learned from it"


def learn(
    table: Path,
    out: Path,
    *,
    checkpoints: Path,
    parameters: Parameters,
    number: int,
) -> None:
    """Fine-tune one encoder, and encode every utterance that it has not learned from.

    The folder ``out`` then holds a Hugging Face encoder with its tokenizer, its head, what it says of
    itself, its history, and ``outputs.h5``: a store of vectors with the log-probabilities behind them.
    Where there is one encoder only, which has learned from all, the store has every utterance.

    Args:
        table: utterance table; labels of its test split are never looked at.
        out: the encoder's folder.
        checkpoints: folder of this fine-tuning's checkpoints.
        parameters: as in the configuration.
        number: 0: all training dialogues; from 1: all but those of this fold.

    Raises:
        DataError: the base cannot be loaded; no labelled training utterance has words; there are fewer
            dialogues than folds.
        StoppedError: it was asked to stop; its last checkpoint is kept.
    """
    torch.set_num_threads(parameters.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    corpus = sealed(read_corpus(table))
    folds = folds_of(corpus, parameters.folds, parameters.seed) if number != ALL else {}
    tokenizer = load_tokenizer(base_folder(parameters))
    reader = Reader(tokenizer, parameters.max_tokens)
    clips = text_clips(corpus, parameters)
    examples, validation = (
        Examples(corpus, rows_of(corpus, split, folds, number), clips, reader)
        for split in ("train", "validation")
    )
    if not len(examples):
        raise DataError(f"{corpus.name}: no labelled training utterance has words to learn from")
    logger.info(
        "%s, encoder %d: %d utterances to learn from, %d to judge by",
        *(corpus.name, number, len(examples), len(validation)),
    )
    torch.manual_seed(parameters.seed)
    weights = frequency_weights(examples.labels, len(corpus.labels), parameters.class_weight_power)
    network = made(parameters, weights)
    own = checkpoints / _digest(table, parameters, number)
    with exclusive(own):
        rows = fine_tune(
            network,
            reader,
            parameters,
            examples=examples,
            validation=validation,
            checkpoints=own,
        )
    if parameters.lora_rank:
        network.base = network.base.merge_and_unload()
    with atomic_path(out) as folder:
        folder.mkdir()
        save_network(folder, network, tokenizer)
        head = {"corpus": corpus.name, "labels": list(corpus.labels), "number": number}
        size = network.head.in_features
        write_json({**head, "dimension": size, "learned": parameters.learned()}, folder / FACTS)
        told = {**head, "utterances": len(examples), "selected_epoch": selected(rows)}
        write_table(table_of(rows), told, folder / HISTORY)
        learned = set(rows_of(corpus, "train", folds, number)) if parameters.folds > 1 else set()
        header, found = outputs(corpus, clips, Loaded(folder), learned, parameters.batch_tokens)
        write_store(folder / OUTPUTS, header, [found])
    remove(checkpoints)


def sealed(corpus: Corpus) -> Corpus:
    """The corpus without a label of its test split."""
    table = corpus.utterances
    hidden = table["emotion"].where(table["split"] != "test", None)
    return replace(corpus, utterances=table.assign(emotion=hidden))


def made(parameters: Parameters, weights: Tensor) -> Network:
    """The network before it learns; the caller has seeded torch."""
    base = load_base(base_folder(parameters)).requires_grad_(True)
    for weight in base.parameters():
        # Out of the mapped file: sums over memory that is aligned in another way have other last bits.
        weight.data = weight.data.clone()
    if parameters.gradient_checkpointing:
        base.gradient_checkpointing_enable({"use_reentrant": False})
    if parameters.freeze_embeddings:
        base.get_input_embeddings().requires_grad_(False)
    if parameters.lora_rank:
        base = with_low_rank(base, parameters.lora_rank)
    return Network(base, len(weights), parameters.dropout, weights)


def with_low_rank(base: Any, rank: int) -> Any:
    """The base with low-rank additions to its matrices, which alone are learned (arXiv 2106.09685).

    Raises:
        ConfigError: peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ModuleNotFoundError as error:
        raise ConfigError(
            "features.text.parameters.lora_rank needs peft: pip install 'ariigcn[lora]'"
        ) from error
    settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    return get_peft_model(base, settings)


def outputs(
    corpus: Corpus, clips: Sequence[Clip], encoder: Loaded, learned: Set[int], tokens: int
) -> tuple[StoreHeader, Rows]:
    """What an encoder makes of every utterance that it has not learned from.

    Args:
        corpus: the utterance table.
        clips: a row each.
        encoder: the fine-tuned one.
        learned: the rows that it has learned from.
        tokens: of a batch.

    Returns:
        a store's header and rows: vectors [D] and log-probabilities [C] side by side.
    """
    rows = [n for n, clip in enumerate(clips) if n not in learned and clip.has_words]
    readings = [encoder.reader.read(clips[n]) for n in rows]
    found = encoder.encode(readings, tokens)
    values = np.zeros((len(clips), found.shape[1]), np.float32)
    values[rows] = found
    status = [Status.MISSING] * len(clips)
    messages = [SEEN if n in learned else "no text" for n in range(len(clips))]
    for n, reading in zip(rows, readings, strict=True):
        status[n], messages[n] = Status.OK, reading.note
    header = StoreHeader(
        corpus.name, "text", "finetuned", "outputs of one encoder", values.shape[1]
    )
    return header, Rows([clip.utterance_id for clip in clips], values, status, messages)


def selected(rows: Sequence[Row]) -> int:
    """The epoch whose weights are used: the first of the best on validation, or the last."""
    scores = [row.get("validation_weighted_f1") for row in rows]
    known = [score for score in scores if score is not None]
    return scores.index(max(known)) + 1 if known else len(rows)


def _digest(table: Path, parameters: Parameters, number: int) -> str:
    """Digest of everything that decides the encoder; its checkpoints stand under it."""
    code = code_version("ariigcn.finetune.run")
    facts = [sha256_file(table), parameters.learned(), parameters.folds, number, code]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
