"""Rule tune_worker: one worker's share of the search of one experiment."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.features.config import EncoderConfig
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.config import ModelConfig
from ariigcn.plan.load import load_plan
from ariigcn.training.config import TrainingConfig, TuneConfig
from ariigcn.training.run import Run
from ariigcn.training.tune import Search, tune


def main(snakemake):
    configure_logging(snakemake.log[0])
    params, experiment = snakemake.params, snakemake.wildcards.experiment
    # Not parameters of the rule: no result depends on them.
    speed = load_plan(snakemake.config).experiments[experiment].training.speed()
    inputs = {name: Path(path) for name, path in params.inputs.items()}
    config = TuneConfig(**params.tune)
    run = Run(
        experiment=experiment,
        seed=config.seeds[0],
        graph_file=inputs.pop("graph"),
        stores=inputs,
        graph=GraphConfig(**params.graph),
        model=ModelConfig(**params.model),
        training=TrainingConfig(**params.training, **speed),
        encoders={m: EncoderConfig(**e) for m, e in params.encoders.items()},
    )
    tune(
        Search(run, config, config.space),
        worker=int(snakemake.wildcards.worker),
        journals=Path(params.journals),
        out=Path(snakemake.output[0]),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
