"""Rule import_features: published feature files into a store."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.core.modality import MODALITIES
from ariigcn.features.imported import import_features
from ariigcn.features.importers import Parameters
from ariigcn.plan.load import load_plan


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    named, store = snakemake.wildcards.named.split(".", 1)
    plan = load_plan(snakemake.config)
    # Not parameters of the rule: no store depends on another one's.
    beside = [
        (modality, Parameters(**plan.stores[modality][name].parameters))
        for modality in MODALITIES
        for name in plan.imported(modality)
    ]
    import_features(
        params.corpus,
        Path(params.root),
        Path(snakemake.input.table),
        named,
        Path(snakemake.output[0]),
        parameters=Parameters(**params.parameters),
        beside=beside,
        selecting=plan.selecting(named, store),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
