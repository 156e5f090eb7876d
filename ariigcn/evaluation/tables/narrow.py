"""The results as they go into one column of a paper: few scores, the best bold, marks for the tests."""

import pandas as pd

from ariigcn.evaluation.statistics.comparisons import BETTER, WORSE
from ariigcn.evaluation.tables.frames import NONE, percent
from ariigcn.evaluation.tables.latex import escaped, with_head

SCORES = {"accuracy": "Acc.", "weighted_f1": "wF1", "macro_f1": "mF1"}
MARKS = {BETTER: r"$^{\uparrow}$", WORSE: r"$^{\downarrow}$"}


def narrow_latex(results: pd.DataFrame, comparisons: pd.DataFrame) -> str:
    r"""The results for a column of 85 mm: means with their spread small beside them.

    Bold is the highest mean of each column, whether or not it is told apart. An arrow at weighted F1
    says that the verdict of the comparison with the first experiment is better or worse; without
    one the two are not told apart.

    Args:
        results: of :func:`~ariigcn.evaluation.tables.frames.results_frame`.
        comparisons: of :func:`~ariigcn.evaluation.statistics.comparisons.comparisons_frame`.
    """
    verdicts = dict(zip(comparisons["experiment"], comparisons["verdict"], strict=True))
    shown = {name: title for name, title in SCORES.items() if results[f"{name}_mean"].notna().any()}
    best = {name: percent(results[f"{name}_mean"].max()) for name in shown}
    lines = []
    for _, row in results.iterrows():
        cells = [escaped(str(row["experiment"]))]
        for name in shown:
            mark = MARKS.get(verdicts.get(row["trained_as"], ""), "")
            mark = mark if name == "weighted_f1" else ""
            cells.append(_score(row[f"{name}_mean"], row[f"{name}_sd"], best[name]) + mark)
        lines.append(" & ".join(cells) + r" \\")
    main, seeds = escaped(str(results["experiment"].iloc[0])), sorted(set(results["seeds"]))
    runs = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    what = (
        f"test split, mean and standard deviation over {runs} seed{'s' * (seeds[-1] != 1)}; bold: "
        f"highest; arrows: better or worse than {main} over dialogues (paired bootstrap, Holm) and seeds"
    )
    head = " & ".join(["Model", *shown.values()])
    body = "\n".join(
        [
            r"\setlength{\tabcolsep}{4pt}",
            rf"\begin{{tabular}}{{l{'r' * len(shown)}}}",
            r"\toprule", rf"{head} \\", r"\midrule", *lines, r"\bottomrule", r"\end{tabular}",
        ]
    )  # fmt: skip
    return with_head(what, "{" + body + "}\n")


def _score(mean: float, sd: float, best: str) -> str:
    value, _, spread = percent(mean, sd).partition("±")
    value = value.strip() or NONE
    strong = rf"\textbf{{{value}}}" if value == best else value
    return rf"{strong}{{\scriptsize\,$\pm${spread.strip()}}}" if spread else strong
