"""Every table for a paper: LaTeX with booktabs, per cent.

Each function takes the frame of its name: ``results_latex`` what ``results_frame`` returns, and so on.
The docstring of what makes a frame gives its columns.
"""

import numpy as np
import pandas as pd

from ariigcn.evaluation.tables.frames import MINUS, REACHABLE, TITLES, decimal, percent

WITH_INTERVAL = ("accuracy", "weighted_f1")  # what is compared; the CSV has every interval
SPECIAL = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)


def results_latex(results: pd.DataFrame, published: pd.DataFrame) -> str:
    """The results, and below a rule what others have published."""
    shown = results[["experiment", "modalities", "seeds"]].rename(columns=str.capitalize)
    for name, title in TITLES.items():
        shown[title] = _means(results, name)
        if name in WITH_INTERVAL:
            shown[f"{title}, interval"] = spans(results, name)
    for title, name in REACHABLE.items():
        shown[title] = [percent(value) for value in results[name]]
        if name == "reachable_accuracy":
            shown[f"{title}, range"] = spans(results, "reachable")
    shown = shown[[column for column in shown if (shown[column] != "").any()]]
    body = _tabular(shown, text=2)
    if len(published):
        own = _published_rows(published, [str(column) for column in shown])
        body = body.replace("\\bottomrule", f"{own}\\bottomrule")
    return with_head(
        "mean ± standard deviation over seeds; intervals are 95 %, Student's t over seeds; reachable "
        "is an expectation, and 95 % of a perfect classifier's scores lie in its range",
        body,
    )


def per_class_latex(per_class: pd.DataFrame) -> str:
    """F1 of each class, an experiment a row."""
    cells = per_class.assign(
        f1=[
            f"{mean} {span}".strip()
            for mean, span in zip(_means(per_class, "f1"), spans(per_class, "f1"), strict=True)
        ]
    )
    emotions = list(dict.fromkeys(per_class["emotion"]))
    wide = cells.pivot(index="experiment", columns="emotion", values="f1")
    wide = wide.loc[list(dict.fromkeys(per_class["experiment"])), emotions].reset_index()
    wide.columns = ["Experiment", *emotions]
    return with_head(
        "F1, mean ± standard deviation and 95 % interval over seeds", _tabular(wide, text=1)
    )


def comparisons_latex(comparisons: pd.DataFrame) -> str:
    """Differences to the main experiment, with what speaks for them."""
    shown = pd.DataFrame({"Experiment": comparisons["experiment"]})
    for name, title in (("accuracy", "Accuracy"), ("weighted_f1", "Weighted F1")):
        shown[title] = [signed(value) for value in comparisons[f"{name}_difference"]]
        shown[f"{title}, dialogues"] = spans(comparisons, name, signs=True)
    shown["Weighted F1, seeds"] = spans(comparisons, "seeds", signs=True)
    shown["p bootstrap"] = [p_text(p) for p in comparisons["p_bootstrap_holm"]]
    shown["p McNemar"] = [p_text(p) for p in comparisons["p_mcnemar_holm"]]
    shown["Cohen's g"] = [effect_text(g) for g in comparisons["cohens_g"]]
    shown["Verdict"] = comparisons["verdict"]
    against = ", ".join(sorted(set(comparisons["against"])))
    return with_head(
        f"points against {against}; 95 % intervals over test dialogues (bootstrap) and over seeds "
        "(Student's t); p after Holm",
        _tabular(shown, text=1),
    )


def calibration_latex(calibration: pd.DataFrame) -> str:
    """Calibration error, an experiment a row; the Brier score is no share and stays as it is."""
    shown = calibration[["experiment", "seeds", "n"]].rename(columns=str.capitalize)
    shown["Accuracy"] = [percent(value) for value in calibration["accuracy_mean"]]
    shown["Confidence"] = [percent(value) for value in calibration["confidence_mean"]]
    shown["ECE"] = _means(calibration, "ece")
    shown["If calibrated"] = [percent(value) for value in calibration["ece_if_calibrated"]]
    shown["Brier"] = ["" if np.isnan(v) else f"{v:.3f}" for v in calibration["brier_mean"]]
    return with_head(
        "ECE in 15 bins of equal width, beside what a calibrated model of the same confidence shows",
        _tabular(shown, text=1),
    )


def errors_latex(errors: pd.DataFrame) -> str:
    """Scores by group of utterances."""
    shown = errors[["experiment", "by", "group", "n"]].rename(columns=str.capitalize)
    for name, title in (("accuracy", "Accuracy"), ("weighted_f1", "Weighted F1")):
        shown[title] = [percent(value) for value in errors[name]]
        shown[f"{title}, interval"] = spans(errors, name)
    return with_head(
        "means over seeds; 95 % intervals over test dialogues (bootstrap)", _tabular(shown, text=3)
    )


def missing_latex(missing: pd.DataFrame) -> str:
    """Test scores by share of a modality, or of any, that is masked, and what takes its place."""
    shown = missing[["experiment", "modality", "filled_by"]].rename(
        columns={"experiment": "Experiment", "modality": "Modality", "filled_by": "Filled by"}
    )
    shown["Masked"] = [percent(share) for share in missing["share"]]
    for name, title in (("accuracy", "Accuracy"), ("weighted_f1", "Weighted F1")):
        shown[title] = _means(missing, name)
    return with_head("mean ± standard deviation over seeds", _tabular(shown, text=3))


def span(low: float, high: float, signs: bool = False) -> str:
    """``[70.1, 72.3]`` in per cent, or with signs as a difference in points; empty where none."""
    if np.isnan(low):
        return ""
    one = signed if signs else percent
    return f"[{one(low)}, {one(high)}]"


def signed(value: float) -> str:
    """A difference in points, ``+1.2``; what rounds to nothing has no sign; empty where none."""
    return _with_sign(100 * value, 1)


def effect_text(g: float) -> str:
    """Cohen's g to two digits; empty where there is none."""
    return _with_sign(g, 2)


def p_text(p: float) -> str:
    """A p value to three digits; empty where there is none."""
    if np.isnan(p):
        return ""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def spans(frame: pd.DataFrame, name: str, *, signs: bool = False) -> list[str]:
    """:func:`span` of each row's ``<name>_low`` and ``<name>_high``."""
    pairs = zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [span(low, high, signs) for low, high in pairs]


def _with_sign(value: float, digits: int) -> str:
    if np.isnan(value):
        return ""
    text = decimal(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _means(frame: pd.DataFrame, name: str) -> list[str]:
    pairs = zip(frame[f"{name}_mean"], frame[f"{name}_sd"], strict=True)
    return [percent(mean, sd) for mean, sd in pairs]


def _published_rows(published: pd.DataFrame, columns: list[str]) -> str:
    """Rows of figures that were not measured here, below a rule and a line that says so."""
    titles = {TITLES[name]: name for name in TITLES if f"{name}_mean" in published}
    lines = [r"\midrule", rf"\multicolumn{{{len(columns)}}}{{l}}{{Published, not run here}} \\"]
    for _, row in published.iterrows():
        cells = {title: percent(row[f"{name}_mean"]) for title, name in titles.items()}
        # The average over classes of a plain F1 is not known, so it goes in no column of ours.
        alone = {t: cell for t, cell in cells.items() if cell and t not in columns}
        alone |= {"F1": percent(row["f1_mean"])}
        cells["Experiment"] = escaped(f"{row['experiment']} ({row['published']})")
        cells["Experiment"] += "".join(f", {t} {cell}" for t, cell in alone.items() if cell)
        lines.append(" & ".join(cells.get(column, "") for column in columns) + r" \\")
    return "\n".join(lines) + "\n"


def _tabular(shown: pd.DataFrame, text: int) -> str:
    columns = "l" * text + "r" * (len(shown.columns) - text)
    return shown.to_latex(index=False, escape=True, column_format=columns)


def with_head(what: str, body: str) -> str:
    """A table below a comment that says what it needs and what it shows."""
    # LaTeX has no character of its own for Unicode's minus, and its text fonts none for "<".
    body = body.replace(MINUS, "$-$").replace("& < ", "& $<$ ")
    return f"% needs booktabs; per cent, {what}\n{body}"


def escaped(text: str) -> str:
    """A name as LaTeX prints it, also where a row begins: there ``[`` and ``*`` would be options."""
    text = text.translate(SPECIAL)
    return f"{{}}{text}" if text.startswith(("[", "*")) else text
