"""Results as a finished run leaves them, with the settings of their models."""

import json

from ariigcn.core.storage import write_json
from tests.synthetic_runs import make_project

HEAD = {
    "format": 1, "corpus": "synthetic", "people": ["Ada"], "graph": {"past": 10},
    "model": {"context": "gru", "losses": {"margin": 0.5}, "modalities": ["text"]},
    "features": {"text": {"encoder": "minilm", "parameters": {"max_tokens": 256}}},
}  # fmt: skip


def finished(folder, quality, margin=0.5, seeds=3, name="ar-iigcn"):
    """Results with two experiments, and the settings of their models."""
    experiments = [(name, ("text",), seeds, quality, False), ("text", ("text",), seeds, 0.6, False)]
    project = make_project(folder, experiments=experiments)
    for files in project.predictions.values():
        for seed, path in enumerate(files):
            head = json.loads(json.dumps(HEAD))
            head["model"]["losses"]["margin"] = margin
            head["training"] = {"seed": seed, "experiment": path.parents[1].name}
            write_json(head, path.parent / "model" / "config.json")
    return folder
