"""Making the models that ship, for maintainers: ``make shipped-models MELD=folder of MELD's tables``.

Of an experiment's seeds, validation chooses one; its bundle is copied as it is and gets a card.
"""

import shutil
import sys
from pathlib import Path

from ariigcn.core.files import atomic_path
from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.models.bundle import load_bundle
from ariigcn.models.encoders import CARRIED
from ariigcn.predict.card import model_card, read_scores
from ariigcn.predict.zoo import SHIPPED

# Experiment of workflow/presets/shipped.yaml -> the model's name.
NAMES = {"ar-iigcn": "meld-text", "online": "meld-text-online"}
REMARKS = (
    "The words are subtitles of one American comedy series: scripted, acted, in English. Other languages, "
    "and talk that is not of this kind, are outside what was measured.",
    "Made by `make shipped-models`: the same bits again on the same releases and kind of processor.",
)


def ship(experiment: Path, name: str, corpus: Corpus, folder: Path = SHIPPED) -> Path:
    """Copy an experiment's model, the seed that is best on validation, and write its card.

    Args:
        experiment: the experiment's folder of results.
        name: what the model is to be called.
        corpus: what it was trained on.
        folder: where shipped models are.

    Returns:
        The model's folder.
    """
    runs = sorted(experiment.glob("seed-*/model"))
    scores = {run: read_scores(run) for run in runs}
    best = max(runs, key=lambda run: scores[run]["validation"]["weighted_f1"][0])
    head, _ = load_bundle(best)
    card = model_card(
        head, scores[best], name=name, licence=corpus.licence, remarks=(_chosen(runs), *REMARKS)
    )
    with atomic_path(folder / name) as temporary:
        temporary.mkdir(parents=True)
        for file in ("config.json", "model.safetensors"):
            shutil.copyfile(best / file, temporary / file)
        if (best / CARRIED).is_dir():
            shutil.copytree(best / CARRIED, temporary / CARRIED)
        (temporary / "README.md").write_text(card, "utf-8")
    return folder / name


def _chosen(runs: list[Path]) -> str:
    return f"Chosen by validation weighted F1 among {len(runs)} seeds; the test split was not looked at."


def main(table: Path, results: Path) -> None:
    """Ship every experiment of the preset."""
    corpus = read_corpus(table)
    for experiment, name in NAMES.items():
        sys.stdout.write(f"{ship(results / experiment, name, corpus)}\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
