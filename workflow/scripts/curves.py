"""Rule curves: scores over each varied key."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.figures.curves import draw_curve


def main(snakemake):
    configure_logging(snakemake.log[0])
    for sweep in snakemake.params.sweeps:
        metrics = {value: [Path(p) for p in paths] for value, paths in sweep["values"]}
        draw_curve(sweep["key"], metrics, Path(sweep["out"]))


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
