"""What one set of random trials says over several corpora: the best settings, and what each value gives.

python -m benchmarks.defaults RESULTS RESULTS ...

Each ``RESULTS`` is a corpus's results folder after ``snakemake tune`` with ``benchmarks/defaults.yaml``.
Scores are weighted F1 on validation, in points: over the configured defaults, or the corpus's mean.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from ariigcn.core.errors import DataError
from ariigcn.core.storage import read_json
from ariigcn.evaluation.tables.latex import signed

MAIN = "ar-iigcn"
BEST = 6


def read_trials(results: Path) -> pd.DataFrame:
    """A corpus's trials: a column per key of the space, with ``score`` and ``configured``."""
    files = sorted((results / "tune").glob(f"{MAIN}.worker-*.json"))
    trials = [t for path in files for t in read_json(path, "a worker's trials")["trials"]]
    rows = [
        t["values"] | {"score": t["score"], "configured": t["configured"], "number": t["number"]}
        for t in trials
    ]
    return pd.DataFrame(rows).set_index("number").sort_index()


def side_by_side(corpora: Sequence[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """The trials that all corpora share, with a score for each corpus.

    Raises:
        DataError: two corpora tried different settings.
    """
    keys = _keys(corpora[0], ["score"])
    for name, other in zip(names, corpora, strict=True):
        if not corpora[0][keys].equals(other[keys]):
            raise DataError(f"{name}: its trials are of other settings than those of {names[0]}")
    scores = {n: corpus["score"].astype(float) for n, corpus in zip(names, corpora, strict=True)}
    return corpora[0][[*keys, "configured"]].assign(**scores)


def _keys(table: pd.DataFrame, scores: Sequence[str]) -> list[str]:
    """The keys of the search space, of a table with such columns of scores."""
    return [column for column in table.columns if column not in (*scores, "configured")]


def best(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The settings with the highest mean over the corpora, in points over the configured ones."""
    configured = table[table["configured"]].iloc[0]
    gains = table[list(names)] - configured[list(names)].astype(float)
    gains["mean"] = gains.mean(axis=1)
    first = gains.sort_values("mean", ascending=False).head(BEST)
    changed = {
        number: ", ".join(
            f"{key} {table.loc[number, key]}"
            for key in _keys(table, names)
            if table.loc[number, key] != configured[key]
        )
        for number in first.index
    }
    return first.map(signed).assign(differs=pd.Series(changed))


def effects(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """For each value, the mean of its trials less the corpus's mean of all."""
    scores = table[list(names)]
    centred = (scores - scores.mean()).assign(mean=lambda frame: frame.mean(axis=1))
    found = {
        (key, value): centred.loc[at].mean().map(signed).to_dict() | {"trials": len(at)}
        for key in _keys(table, names)
        for value, at in table.groupby(key).groups.items()
    }
    return pd.DataFrame(found).T.rename_axis(["key", "value"]).reset_index()


def main(
    results: Annotated[list[Path], typer.Argument(help="results/<corpus>, after snakemake tune")],
) -> None:
    """Print the best settings over all corpora, and what each value gives."""
    names = [folder.name for folder in results]
    table = side_by_side([read_trials(folder) for folder in results], names)
    print(best(table, names).to_markdown())
    print(effects(table, names).to_markdown(index=False))


if __name__ == "__main__":
    typer.run(main)
