"""A corpus of MELD's shape, many times as large, through the whole workflow: what every rule costs.

python -m benchmarks.whole FOLDER --copies 73

The corpus is generated, in the format of the field's feature files, with narrow features, so that
training is short; tables, figures and the page have all of its utterances. Seconds and memory are those
of Snakemake's benchmark files.
"""

import os
import pickle
import subprocess
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
import yaml

from ariigcn.corpora.published import LABELS
from ariigcn.report.stages import read_jobs
from benchmarks.shapes import meld
from benchmarks.workflow import command

WIDTH = 16
SETTINGS: dict[str, Any] = {
    "corpus": "published",
    "published": {"labels": list(LABELS["meld"])},
    "split": {"validation_share": 0.1},
    "features": {
        modality: {"encoder": "published", "parameters": {"fitted_on": "none"}}
        for modality in ("text", "audio", "video")
    },
    "model": {"hidden": 32, "context": "none", "projection": 32},
    "training": {"epochs": 2},
    "seeds": [0, 1],
    "experiments": {"ar-iigcn": {}, "text": {"model": {"modalities": ["text"]}}},
}


def write_corpus(path: Path, copies: int) -> int:
    """A pickle of MMGCN's layout for MELD; features tell the emotion in part. Gives the utterances."""
    rng = np.random.default_rng(0)
    shape = meld()
    train, test = shape.train * copies, shape.test * copies
    lengths = [*train, *test]
    names, shares = list(LABELS["meld"]), np.array(list(LABELS["meld"].values()), float)
    label = rng.choice(len(names), size=sum(lengths), p=shares / shares.sum())
    centres = rng.normal(size=(3, len(names), WIDTH)).astype(np.float32)
    x = [c[label] + 2 * rng.normal(size=(len(label), WIDTH)).astype(np.float32) for c in centres]
    speaker = np.eye(9, dtype=int)[rng.integers(3, size=len(label))]
    parts = [slice(*ends) for ends in pairwise(accumulate(lengths, initial=0))]

    def by_dialogue(values: Any) -> dict[int, Any]:
        return {number: values[part] for number, part in enumerate(parts)}

    ids = [str(position) for length in lengths for position in range(length)]
    said = ["words of an utterance, as long as most of them are"] * len(label)
    plain = (label.tolist(), speaker.tolist())
    fields = (
        by_dialogue(ids), by_dialogue(plain[1]), by_dialogue(plain[0]), *map(by_dialogue, x),
        by_dialogue(said), list(range(len(train))), list(range(len(train), len(lengths))), None,
    )  # fmt: skip
    path.write_bytes(pickle.dumps(fields, 4))
    return len(label)


def run(folder: Path, cores: int) -> None:
    """The whole workflow, with the settings above."""
    settings, root = folder.absolute() / "settings.yaml", folder.absolute() / "corpus"
    settings.write_text(yaml.safe_dump(SETTINGS))
    words = command(folder, "all", cores=cores, config=[f"corpus_root={root}"], settings=settings)
    subprocess.run(words, check=True)


def costs(folder: Path) -> pd.DataFrame:
    """Each rule's most expensive job: clock and processor seconds, MB."""
    jobs = read_jobs(sorted((folder / "results" / "published" / "benchmarks").glob("*.tsv")))
    most = jobs.groupby("stage")[["s", "cpu_time", "max_rss"]].max()
    return most.sort_values("s", ascending=False).round(1)


def main(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    copies: Annotated[int, typer.Option(help="Times MELD.")] = 73,
    cores: int = os.cpu_count() or 1,
) -> None:
    """Print a row a rule, and the size of the page."""
    (folder / "corpus").mkdir(parents=True)
    utterances = write_corpus(folder / "corpus" / "features.pkl", copies)
    run(folder, cores)
    page = folder / "results" / "published" / "report.html"
    print(f"{utterances:,} utterances; the page has {page.stat().st_size / 1e6:.1f} MB\n")
    print(costs(folder).to_markdown())


if __name__ == "__main__":
    typer.run(main)
