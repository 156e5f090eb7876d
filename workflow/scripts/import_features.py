"""Rule import_features: published feature files into a store."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.features.published import Parameters, import_features


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    import_features(
        params.corpus,
        Path(params.root),
        Path(snakemake.input.table),
        snakemake.wildcards.modality,
        Path(snakemake.output[0]),
        parameters=Parameters(**params.parameters),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
