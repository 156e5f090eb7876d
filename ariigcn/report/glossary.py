"""The words that the page explains: a sentence each, where it is used, at the end, and the docs page of each.

To explain another word, add a line to :data:`TERMS`; the page links it wherever it writes it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from ariigcn.core.code import PACKAGE_ROOT

PAPER = "https://arxiv.org/abs/2312.16778"
TITLE = (
    "Adversarial Representation with Intra-Modal and Inter-Modal Graph Contrastive Learning for "
    "Multimodal Emotion Recognition"
)
CITATION = f"""@article{{shou2023ariigcn,
  title   = {{{TITLE}}},
  author  = {{Shou, Yuntao and Meng, Tao and Ai, Wei and Yin, Nan and Li, Keqin}},
  journal = {{arXiv preprint arXiv:2312.16778}},
  year    = {{2023}}
}}"""


@dataclass(frozen=True)
class Term:
    """A word of the glossary.

    Attributes:
        key: its entry is ``#term-<key>``.
        name: heading of the entry.
        written: how the page writes it; a capital first letter counts as well.
        says: what it means, for somebody who knows no statistics.
        page: file and place in ``docs/``.
    """

    key: str
    name: str
    written: tuple[str, ...]
    says: str
    page: str


TERMS = (
    Term("accuracy", "Accuracy", ("accuracy",),
         "The share of utterances whose emotion is predicted right.", "statistics.md#scores-over-seeds"),
    Term("weighted-f1", "Weighted F1", ("weighted F1", "wF1"),
         "F1 joins how many of a class are found and how many of those called so are right. Weighted: the "
         "mean over classes, each by its number of utterances.", "statistics.md#scores-over-seeds"),
    Term("macro-f1", "Macro F1", ("macro F1",),
         "The plain mean of the classes' F1: a rare class counts as much as a frequent one.",
         "statistics.md#scores-over-seeds"),
    Term("interval", "95 % interval", ("95 % interval", "95 % intervals"),
         "The range that holds the true value in 95 of 100 such measurements. Over seeds: if the same model "
         "were trained again. Over dialogues: if it were tested on other conversations.",
         "statistics.md#when-to-believe-a-difference"),
    Term("seed", "Seed", ("seeds",),
         "The number that a training starts its random choices from. The same settings with another seed "
         "give a somewhat different model.", "statistics.md#scores-over-seeds"),
    Term("split", "Splits", ("validation split", "test split", "training split"),
         "Dialogues are parted in three: the model learns from the training split, the validation split "
         "chooses its epoch, the test split is looked at once, at the end.",
         "statistics.md#what-the-test-split-decides"),
    Term("reachable", "Reachable accuracy", ("reachable accuracy", "reachable", "perfect classifier"),
         "What a classifier that knows how the corpus was made is expected to score. It is an average over "
         "test splits: on one split of few utterances even a perfect classifier scores more or less.",
         "statistics.md#reachable-accuracy"),
    Term("bootstrap", "Paired bootstrap", ("paired bootstrap", "bootstrap"),
         "The test dialogues are drawn again and again with repeats, for both models alike, to see how far "
         "their difference depends on these very dialogues.", "statistics.md#model-against-model-comparisons"),
    Term("holm", "Holm's correction", ("Holm's correction", "Holm"),
         "Who makes many tests finds something by chance. Holm's correction raises each p so that a table of "
         "equal models shows a difference in one of twenty cases at most.", "statistics.md#model-against-model-comparisons"),
    Term("mcnemar", "McNemar's test", ("McNemar's test", "McNemar"),
         "Compares the utterances that only one of two models has right. The verdict does not use it.",
         "statistics.md#model-against-model-comparisons"),
    Term("g", "Cohen's g", ("Cohen's g",),
         "Of the utterances that only one of two models has right, the share that is this model's, minus one "
         "half. .05 is small, .15 medium, .25 large.", "statistics.md#model-against-model-comparisons"),
    Term("calibration", "Calibration, ECE", ("expected calibration error", "calibrated", "ECE"),
         "A model is calibrated if it is right in 80 % of the cases of which it is 80 % sure. The expected "
         "calibration error (ECE) is the average distance from that.", "statistics.md#calibration"),
    Term("brier", "Brier score", ("Brier score", "Brier"),
         "The squared distance between the probabilities and the truth, 0 to 2; less is better.",
         "statistics.md#calibration"),
    Term("shift", "Emotion shift", ("emotion shift",),
         "An utterance whose emotion differs from the same speaker's labelled utterance before it.",
         "statistics.md#errors-by-group"),
    Term("masked", "Masked", ("masked",),
         "What is said of an utterance that lacks a modality, for example a clip without a face. It stays in "
         "its conversation and is scored; a learned vector replaces what is missing.",
         "statistics.md#missing-modalities"),
    Term("imcl", "IMCL", ("IMCL",),
         "Intra- and inter-modal contrastive loss: pulls an utterance's modalities together and pushes "
         "different utterances apart.", "experiments.md"),
    Term("iccl", "ICCL", ("ICCL",),
         "Intra- and inter-class contrastive loss: pulls utterances of one emotion together and pushes those of "
         "different emotions apart.", "experiments.md"),
    Term("generator", "Generator", ("generators",),
         "The part of the model that changes a modality's vector so that it cannot be told from the others'.",
         "report.md#verdicts"),
    Term("discriminator", "Discriminator", ("discriminators",),
         "The generators' opponent: it tells which modality a vector came from. At chance it cannot.",
         "report.md#verdicts"),
    Term("probe", "Probe", ("linear probe", "probe"),
         "A simple classifier, trained afterwards, that tries to tell the modalities apart. If it can, they "
         "are not aligned.", "report.md#verdicts"),
    Term("discrepancy", "Discrepancy", ("discrepancy",),
         "The squared maximum mean discrepancy (MMD\N{SUPERSCRIPT TWO}): the distance between the modalities' clouds "
         "of vectors; 0 means that they lie on each other.", "report.md#verdicts"),
    Term("attention", "Attention", ("attention",),
         "The shares with which the graph reads other utterances to understand one.", "report.md"),
    Term("t-sne", "t-SNE", ("t-SNE",),
         "Draws vectors of many numbers in two dimensions so that near ones stay near. Distances between "
         "far groups mean nothing.", "report.md"),
    Term("ablation", "Ablation", ("ablations",),
         "An experiment that changes one setting of the main one, to see what the setting is good for.",
         "experiments.md"),
)  # fmt: skip
_KEYS = {word.lower(): term.key for term in TERMS for word in term.written}
_WORDS = re.compile(
    r"(?<![\w-])(" + "|".join(map(re.escape, sorted(_KEYS, key=len, reverse=True))) + r")(?![\w-])",
    re.IGNORECASE,
)
_TAGS = re.compile(r"(<a\b.*?</a>|<[^>]*>)", re.DOTALL)


def linked(text: str | Markup) -> Markup:
    """A text whose first mention of each term refers to its entry; what is no markup is escaped."""
    seen: set[str] = set()
    # Nothing inside a tag or a link is a word of the text.
    parts = _TAGS.split(str(text)) if isinstance(text, Markup) else [text]
    done = []
    for place, part in enumerate(parts):
        safe = Markup if isinstance(text, Markup) else escape
        done += [Markup(part)] if place % 2 else _pieces(part, seen, safe)
    return Markup("").join(done)


def _pieces(text: str, seen: set[str], safe: Callable[[str], Markup]) -> list[Markup]:
    """A text without tags, its terms as links; ``seen`` are those that need none any more."""
    pieces = []
    for place, piece in enumerate(_WORDS.split(text)):  # every second one is a term
        key = _KEYS[piece.lower()] if place % 2 else ""
        if key and key not in seen:
            seen.add(key)
            link = '<a class="term" href="#term-{}">{}</a>'
            pieces.append(Markup(link).format(key, safe(piece)))
        else:
            pieces.append(safe(piece))
    return pieces


def docs_address(out: Path) -> str:
    """Where a page finds the documentation: relative to it within one project; else empty."""
    root = PACKAGE_ROOT.parent
    here = out.resolve().parent
    if not (root / "docs" / "report.md").is_file() or not here.is_relative_to(root):
        return ""
    return "../" * len(here.relative_to(root).parts) + "docs/"
