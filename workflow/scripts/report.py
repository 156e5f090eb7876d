"""Rule report_page: the page that people read."""

from pathlib import Path

import yaml

from ariigcn.core.logs import configure_logging
from ariigcn.evaluation.figures.kinds import Figure
from ariigcn.report.config import ReportConfig
from ariigcn.report.page import Inspected, write_report
from ariigcn.report.provenance import provenance
from ariigcn.report.stages import benchmark_files


def main(snakemake):
    configure_logging(snakemake.log[0])
    params = snakemake.params
    write_report(
        Path(snakemake.output[0]),
        table=Path(snakemake.input.table),
        stores={m: Path(path) for m, path in params.stores.items()},
        metrics={name: [Path(p) for p in paths] for name, paths in params.metrics.items()},
        histories={name: [Path(p) for p in paths] for name, paths in params.histories.items()},
        figures=[Figure.from_strings(*figure) for figure in params.figures],
        quality=Path(snakemake.input.quality),
        tables={name: Path(path) for name, path in params.tables.items()},
        ablations=params.ablations,
        accepted=params.accepted,
        configuration=yaml.safe_dump(dict(params.configuration), sort_keys=False),
        provenance=provenance(),
        settings=ReportConfig(**params.settings),
        inspected=Inspected(Path(snakemake.input.predictions), Path(snakemake.input.inspection)),
        benchmarks=benchmark_files(Path(params.benchmarks), params.benchmarked),
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
