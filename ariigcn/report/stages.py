"""What every stage cost: seconds and memory, from Snakemake's benchmark files."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from ariigcn.evaluation.tables.frames import NONE
from ariigcn.report.cells import Number, TableView

ORDER = (
    "download", "demo_corpus", "utterances", "extract_text", "extract_audio", "extract_video",
    "merge_features", "import_features", "quality", "graph", "train", "tune_worker", "tuned", "metrics",
    "missing", "inspection", "tables", "figures", "curves",
)  # fmt: skip


def benchmark_files(folder: Path, names: Collection[str]) -> list[Path]:
    """The benchmark files ``<rule>.<name>[.seed-<n>|.<n>].tsv`` of what is in the configuration.

    Args:
        folder: where they stand, with those of experiments that are gone.
        names: experiments, stores and graphs of the configuration; rules without a name count too.
    """
    known = "|".join(map(re.escape, names))
    job = re.compile(rf"(?!report)[a-z_]+(\.({known})(\.(seed-)?\d+)?)?\.tsv")
    return sorted(path for path in folder.glob("*.tsv") if job.fullmatch(path.name))


def read_jobs(files: Sequence[Path]) -> pd.DataFrame:
    """Benchmark files as Snakemake writes them, at least one: a row a job's run, and its ``stage``."""
    jobs = [
        pd.read_csv(path, sep="\t", na_values="-").assign(stage=path.name.partition(".")[0])
        for path in files
    ]
    return pd.concat(jobs)


def stages_view(files: Sequence[Path]) -> TableView | None:
    """Jobs, seconds and the largest memory of each rule; None where nothing was measured.

    Args:
        files: of :func:`benchmark_files`, each the last run of one job.
    """
    if not files:
        return None
    grouped = read_jobs(files).groupby("stage")
    stages = sorted(grouped.groups, key=lambda s: (*ORDER, s).index(s))
    rows = []
    for stage in stages:
        job = grouped.get_group(stage)
        seconds, memory = job["s"], job["max_rss"].max()
        rows.append(
            (
                str(stage).replace("_", " ").capitalize(),
                Number(f"{len(job):,}"),
                Number(f"{seconds.sum():,.1f}"),
                Number(f"{seconds.max():,.1f}"),
                Number(f"{memory:,.0f}" if pd.notna(memory) else NONE),
            )
        )
    columns = ("Stage", "Jobs", "Seconds, all jobs", "Seconds, longest", "Largest memory (MiB)")
    return TableView("Seconds and memory by stage, each job's last run", columns, tuple(rows))
