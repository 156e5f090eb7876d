"""Rule quality: what came out of extraction."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.features.quality import write_quality


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    write_quality(
        Path(snakemake.output[0]),
        table=Path(snakemake.input.table),
        stores={m: Path(path) for m, path in params.stores.items()},
        media_root=Path(params.media_root),
        pictures=params.pictures,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
