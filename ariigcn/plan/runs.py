"""The runs of a plan, as the training takes them."""

from pathlib import Path

from ariigcn.plan.plan import Plan
from ariigcn.training.run import Run


def run_of(plan: Plan, experiment: str, seed: int | None = None) -> Run:
    """A run of an experiment; without a seed, its first."""
    sections, inputs = plan.experiments[experiment], plan.inputs_of(experiment)
    return Run(
        experiment=experiment,
        seed=plan.config.seeds[0] if seed is None else seed,
        graph_file=Path(inputs["graph"]),
        stores={m: Path(path) for m, path in plan.stores_of(experiment).items()},
        graph=sections.graph,
        model=sections.model,
        training=sections.training,
        encoders={str(m): e.extraction for m, e in sections.encoders.items()},
        normalise={str(m): e.normalisation for m, e in sections.encoders.items()},
    )
