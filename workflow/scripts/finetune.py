"""Rule finetune: a corpus's training split into an encoder of its own."""

from pathlib import Path

from ariigcn.core.logs import configure_logging
from ariigcn.finetune.kind import parameters_of
from ariigcn.finetune.run import learn


def main(snakemake):
    configure_logging(snakemake.log[0])
    out, params, decoded = (
        Path(snakemake.output[0]),
        snakemake.params,
        snakemake.input.get("decoded"),
    )
    learn(
        Path(snakemake.input.table),
        out,
        # Outside the output: Snakemake removes that before a job runs again.
        checkpoints=out.parent / ".checkpoints" / out.name,
        parameters=parameters_of(params.modality, {**params.parameters, "folds": params.folds}),
        number=int(snakemake.wildcards.number),
        decoded=Path(decoded) if decoded else None,
    )


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
