"""Rule download: a corpus's files, and its clips where they are wanted, to the data folder."""

from pathlib import Path

from ariigcn.config.sections import load_config
from ariigcn.core.logs import configure_logging
from ariigcn.corpora.registry import downloader


def main(snakemake):
    configure_logging(snakemake.log[0])
    manifest = Path(snakemake.output[0])
    # Not a parameter of the rule: another mirror is no reason to download again.
    config = load_config(snakemake.config)
    obtain = downloader(config.corpus)
    obtain(
        root=manifest.parent,
        downloads=manifest.parent.parent / "download",
        config=config.download,
        clips=snakemake.params.clips,
        manifest=manifest,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
