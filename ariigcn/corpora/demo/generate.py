"""Make the demo corpus as a folder like a user's own, and read it back with what it alone knows."""

import csv
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.logs import progress
from ariigcn.corpora.config import DemoConfig, SplitConfig
from ariigcn.corpora.demo.oracle import Reachable
from ariigcn.corpora.demo.script import EMOTIONS, Dialogue, sample_dialogues
from ariigcn.corpora.fingerprints import record_made
from ariigcn.corpora.folder import read_folder
from ariigcn.corpora.read.recordings import COLUMNS
from ariigcn.corpora.table import Corpus

VERSION = "2"
OWN_VALIDATION = True
LICENCE = "made by this project's own code, free to use"
TABLE, ORACLE = "conversations.csv", "oracle.json"


def generate(config: DemoConfig, out: Path | str, workers: int = 1) -> None:
    """Write clips, ``conversations.csv`` and ``oracle.json`` into ``out``.

    The table is written last: where it stands, the corpus is whole. The bytes are the same for any
    number of workers, and memory does not grow with the number of dialogues.
    """
    out = Path(out)
    reachable = Reachable()
    with (
        atomic_path(out / TABLE) as table,
        table.open("w", encoding="utf-8", newline="") as stream,
        ThreadPoolExecutor(workers) as pool,
        progress("demo corpus: dialogues", config.dialogues) as counter,
    ):
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for block in _blocks(sample_dialogues(config), 4 * workers):
            made = pool.map(lambda dialogue: make_dialogue(dialogue, config.seed, out), block)
            for dialogue, rows in zip(block, made, strict=True):
                writer.writerows(rows)
                reachable.add(dialogue)
                counter.advance()
        with atomic_path(out / ORACLE) as oracle:
            content = {"version": VERSION, "reachable": reachable.table()}
            oracle.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    record_made(out)


def make_dialogue(dialogue: Dialogue, seed: int, out: Path) -> list[dict[str, str]]:
    """Write the clips of one dialogue; return its rows of the table."""
    from ariigcn.corpora.demo.media import make_clip
    from ariigcn.corpora.demo.voices import fresh_engine

    rows = []
    (out / "clips" / dialogue.name).mkdir(parents=True, exist_ok=True)
    with fresh_engine() as engine:
        for position, utterance in enumerate(dialogue.utterances):
            media = f"clips/{dialogue.name}/u{position:02d}.mp4"
            rng = np.random.default_rng([seed, dialogue.index, position])
            make_clip(utterance, out / media, engine, rng)
            row = {
                "dialogue_id": dialogue.name,
                "utterance_id": f"{dialogue.name}_u{position:02d}",
                "speaker": f"s{utterance.speaker}",
                "text": utterance.text,
                "emotion": utterance.emotion,
                "split": dialogue.split,
                "media": media,
            }
            rows.append(row)
    return rows


def load(root: Path | str, split: SplitConfig | None = None) -> Corpus:
    """The demo corpus, with its reachable accuracies in ``extra``.

    ``extra["reachable"]`` maps split, then subset ("text+audio"), then "with_context" and
    "without_context" to the expected accuracy of a perfect classifier. ``split`` is not used: the
    corpus has splits of its own.

    Raises:
        DataError: ``root`` holds no demo corpus made by this version.
    """
    path = Path(root) / ORACLE
    try:
        oracle: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, extra = oracle["version"], {"reachable": oracle["reachable"]}
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: no demo corpus here ({error!r}); generate it again") from error
    corpus = read_folder(root, name="demo", labels=EMOTIONS, licence=LICENCE)
    return replace(corpus, version=version, extra=extra)


def _blocks(dialogues: Iterable[Dialogue], size: int) -> Iterator[list[Dialogue]]:
    waiting = iter(dialogues)
    while block := list(islice(waiting, size)):
        yield block
