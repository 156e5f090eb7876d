"""The rules for people: the stage that each belongs to, and what a job of it is called."""

from collections.abc import Mapping

# In the order of ariigcn.config.reference.STAGES; a test holds both to each other.
STAGE_OF = {
    **dict.fromkeys(("demo_corpus", "download"), "corpus"),
    **dict.fromkeys(("utterances", "transcribe", "recordings"), "table"),
    **dict.fromkeys(("extract_text", "extract_audio", "extract_video"), "features"),
    **dict.fromkeys(("merge_features", "import_features"), "features"),
    **dict.fromkeys(("decode", "finetune", "join_finetuned"), "features"),
    "graph": "graphs",
    **dict.fromkeys(("trainable", "ready", "train"), "models"),
    **dict.fromkeys(("metrics", "missing", "tables", "figures"), "evaluation"),
    **dict.fromkeys(("inspection", "curves"), "evaluation"),
    **dict.fromkeys(("quality", "report_page"), "report"),
    **dict.fromkeys(("tune_worker", "tuned"), "tune"),
    "predict": "predictions",
}
# Rules that make nothing themselves; they are no jobs for people.
TARGETS = frozenset(
    ("all", "features", "graphs", "models", "evaluation", "report", "paper", "tune", "predictions")
)
OTHER = "other"


def stage_of(rule: str) -> str:
    """The stage of a rule; of one that somebody has added, :data:`OTHER`."""
    return STAGE_OF.get(rule, OTHER)


def title(rule: str, wildcards: Mapping[str, str]) -> str:
    """What a job is called: ``train: ar-iigcn, seed 1``."""
    named = [
        f"{name} {value}" if value.isdigit() else value
        for name, value in wildcards.items()
        if value
    ]
    words = rule.replace("_", " ")
    return f"{words}: {', '.join(named)}" if named else words
