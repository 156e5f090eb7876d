"""Rule predict: a trained model over a table and its feature stores."""

from pathlib import Path

from ariigcn.config.sections import load_config
from ariigcn.core.logs import configure_logging
from ariigcn.predict.stored import predict_corpus
from ariigcn.predict.zoo import load


def main(snakemake):
    configure_logging(snakemake.log[0])
    results = load_config(snakemake.config).results_dir
    predict_corpus(
        Path(snakemake.input.table),
        {modality: Path(path) for modality, path in snakemake.params.stores.items()},
        load(snakemake.params.model, results, plugins=True),  # the plan has looked at them
        out=Path(snakemake.output.rows),
        page=Path(snakemake.output.page),
        pages=Path(snakemake.output.pages),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
