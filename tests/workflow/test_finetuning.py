"""Fine-tuned text in the workflow: what is planned, what runs, what runs again."""

import json
import re
from typing import Any

import pytest

from ariigcn.features.store import FeatureStore
from tests.features.tiny_models import text_model
from tests.workflow.plans import plans
from tests.workflow.small import snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(900)]
SMALL = {"folds": 2, "epochs": 1, "max_tokens": 24, "threads": 1}


def features(base: Any = "minilm", **parameters: Any) -> dict[str, Any]:
    """A configuration of text alone, by an encoder that is fine-tuned."""
    asked = {"base": str(base), **SMALL, **parameters}
    text = {"encoder": "finetuned", "parameters": asked}
    return {
        "features": {"text": text},
        "model": {"modalities": ["text"]},
    }


@pytest.fixture(scope="module")
def base(finished):
    """A tiny encoder, fine-tuned by the workflow for the small corpus."""
    folder = text_model(finished / "base")
    given = [f"{key}={json.dumps(value)}" for key, value in features(folder).items()]
    snakemake(finished, "all", "--config", *given)
    return folder


def test_what_runs_again(finished, base):
    changes = {
        "nothing": features(base),
        "learning rate": {**features(base), "training": {"learning_rate": 0.002}},
        "gives": features(base, gives="logits"),
        "one encoder more": features(base, unseen="all"),
        "rate of fine-tuning": features(base, learning_rate=0.001),
    }
    found = {name: rules & {"extract_text", "finetune", "join_finetuned", "train"}
             for name, rules in plans(finished, changes).items()}  # fmt: skip
    assert found == {
        "nothing": set(),
        "learning rate": {"train"},
        "gives": {"join_finetuned", "train"},
        "one encoder more": {"finetune", "join_finetuned", "train"},
        "rate of fine-tuning": {"finetune", "join_finetuned", "train"},
    }


def test_its_store_and_its_report_tell(finished, base):
    features = finished / "results" / "demo" / "features"
    store = FeatureStore(next(features.glob("text.finetuned-*.h5")))
    assert store.header.fitted_on == "train, cross-fitted"
    page = (finished / "results" / "demo" / "report.html").read_text()
    assert "Thin lines are 2 encoders, the strong line their mean" in page
    assert "train, cross-fitted" in page


def test_twenty_folds_and_ten_seeds_are_planned(finished):
    asked = {**features(folds=20), "seeds": list(range(10))}
    given = [f"{key}={json.dumps(value)}" for key, value in asked.items()]
    said = snakemake(finished, "-n", "models", "--config", *given)
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", said, re.M))
    assert (jobs["finetune"], jobs["join_finetuned"], jobs["train"]) == ("20", "1", "10")


def test_what_is_said_later_is_not_read_where_the_graph_does_not(finished):
    from ariigcn.core.errors import ConfigError
    from ariigcn.plan.load import load_plan

    with pytest.raises(
        ConfigError, match=r"graph\.future is 0.*future_utterances reads it; set it"
    ):
        load_plan({**features(future_utterances=1), "graph": {"future": 0}})
