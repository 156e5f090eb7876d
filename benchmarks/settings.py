"""What each setting costs and gives: runs of one change each, in one workflow, as a table.

python -m benchmarks.settings --folder /tmp/settings
python -m benchmarks.settings --folder /tmp/layers --overlay benchmarks/graph_layers.yaml
"""

import subprocess
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from ariigcn.evaluation.tables.frames import percent, read_frame

ROOT = Path(__file__).parents[1]
SETTINGS = ROOT / "benchmarks" / "settings.yaml"
COLUMNS = ("setting", "epoch, s", "of the default", "epochs", "run, s", "validation F1", "test F1")


def run(folder: Path, overlay: Path, cores: int) -> None:
    """Run every setting's seeds through the workflow."""
    files = [str(ROOT / "config.yaml"), str(overlay)]
    own = [f"data_dir={folder / 'data'}", f"results_dir={folder / 'results'}"]
    command = ["snakemake", "--cores", str(cores), "evaluation", "--configfile", *files]
    subprocess.run([*command, "--config", *own], cwd=ROOT, check=True)


def measured(results: Path, experiment: str) -> tuple[float, float, float]:
    """Median seconds an epoch, then the mean over seeds of epochs and of seconds a run."""
    runs = [pd.read_parquet(p) for p in sorted((results / experiment).glob("*/history.parquet"))]
    seconds = pd.concat([history["seconds"].iloc[1:] for history in runs])
    wholes = [history["seconds"].sum() for history in runs]
    return seconds.median(), sum(map(len, runs)) / len(runs), sum(wholes) / len(runs)


def rows(results: Path) -> list[tuple[str, ...]]:
    """The table's rows, the default first."""
    scores = read_frame(results / "tables" / "results.csv")
    default = measured(results, scores["experiment"].iloc[0])[0]
    table = []
    for _, row in scores.iterrows():
        epoch, epochs, whole = measured(results, row["experiment"])
        f1 = [
            percent(row[f"{name}_mean"], row[f"{name}_sd"])
            for name in ("validation_weighted_f1", "weighted_f1")
        ]
        times = (f"{epoch:.2f}", f"{epoch / default:.2f}", f"{epochs:.0f}", f"{whole:.0f}")
        table.append((str(row["experiment"]), *times, *f1))
    return table


def main(
    folder: Annotated[Path, typer.Option(help="For the corpus and the runs; kept.")],
    overlay: Annotated[Path, typer.Option(help="The settings.")] = SETTINGS,
    cores: int = 2,
) -> None:
    """Print the table."""
    run(folder.absolute(), overlay.absolute(), cores)
    for cells in (COLUMNS, ("---",) * len(COLUMNS), *rows(folder / "results" / "demo")):
        typer.echo(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
