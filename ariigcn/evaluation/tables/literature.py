"""Figures that others have published, beside what was run here.

A table of one figure a row. What ships holds only what was read at its source; a figure that is not
at hand has no row, and its cell stays empty.
"""

from importlib.resources import files
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.logs import logger
from ariigcn.core.settings import unknown_name
from ariigcn.corpora.table import Corpus

SHIPPED = Path(str(files("ariigcn.evaluation.tables"))) / "literature.csv"
COLUMNS = ("corpus", "classes", "model", "metric", "value", "source", "address")
# "f1" is an F1 whose average over classes its source does not name.
METRICS = ("accuracy", "weighted_f1", "macro_f1", "micro_f1_without_neutral", "f1")


def published_frame(path: Path | None, corpus: Corpus) -> pd.DataFrame:
    """What a table of :data:`COLUMNS` says of a corpus with as many classes.

    One row a model and source: experiment (the model), ``<metric>_mean`` as a share for each of
    :data:`METRICS` (NaN where not published), published (the source), address.

    Args:
        path: the table; None: :data:`SHIPPED`. Values are per cent, as papers print them.
        corpus: its own name or, for published feature files, that of the corpus they are of.

    Raises:
        DataError: naming every defective row.
    """
    table = _read(path or SHIPPED)
    name = corpus.extra.get("corpus", corpus.name)
    own = table[(table["corpus"] == name) & (table["classes"] == len(corpus.labels))]
    if path and own.empty:
        logger.warning(
            f"{path}: no row is of corpus '{name}' with {len(corpus.labels)} classes, so no published "
            "figure is shown"
        )
    columns = ["experiment", *(f"{metric}_mean" for metric in METRICS), "published", "address"]
    rows = []
    for (model, source, address), part in own.groupby(["model", "source", "address"], sort=False):
        values = part.set_index("metric")["value"] / 100
        rows.append((model, *(values.get(m, float("nan")) for m in METRICS), source, address))
    return pd.DataFrame(rows, columns=columns)


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a table of published figures ({error})") from error
    absent = [name for name in COLUMNS if name not in table]
    if absent:
        raise DataError(f"{path}: column(s) missing: {', '.join(absent)}")
    table["value"] = pd.to_numeric(table["value"], errors="coerce")
    table["classes"] = pd.to_numeric(table["classes"], errors="coerce")
    problems = [
        f"row {number}: {problem}"
        for number, (_, row) in enumerate(table.iterrows(), start=1)
        for problem in _problems(row)
    ]
    keys = ["corpus", "classes", "model", "metric", "source", "address"]
    again = table.index[table.duplicated(keys)] + 1
    problems += [f"row {number}: the same figure is in an earlier row" for number in again]
    if problems:
        raise DataError(problem_list(f"{path} cannot be used", problems))
    return table


def _problems(row: "pd.Series[str]") -> list[str]:
    problems = [
        f"{name} is empty"
        for name in ("corpus", "model", "source", "address")
        if not str(row[name]).strip()
    ]
    if row["metric"] not in METRICS:
        problems.append(unknown_name(str(row["metric"]), list(METRICS), "metric"))
    # NaN, which is what an unreadable number became, lies in no range.
    if not 0 <= float(row["value"]) <= 100:
        problems.append("value must be a number of per cent, 0 to 100")
    if not float(row["classes"]) >= 2:
        problems.append("classes must be the number of labels, 2 or more")
    return problems
