"""What is checked of a run before its first epoch."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch

from ariigcn.core.errors import DataError
from ariigcn.core.memory import require_memory
from ariigcn.features.fitted import selection_problem
from ariigcn.features.store import StoreHeader
from ariigcn.graphs.dialogues import Dialogues, load_dialogues
from ariigcn.models.parts.relation_graph import tile_bytes
from ariigcn.models.registry import SPEAKER_RELATION
from ariigcn.training.predict import EVALUATION_DIALOGUES

if TYPE_CHECKING:
    from ariigcn.training.run import Run


def check_run(run: "Run") -> None:
    """Raise what every seed of a run would raise before its first epoch.

    Left out is what depends on the machine: its memory and its devices.

    Raises:
        DataError: graph and stores do not fit each other or the run; see the checks below.
    """
    dialogues = checked_dialogues(run)
    with torch.random.fork_rng(devices=()):  # a check draws nothing that others would miss
        run.head(dialogues).build()


def checked_dialogues(run: "Run") -> Dialogues:
    """A run's dialogues, all labels but those of the test split, after every check of them.

    Raises:
        DataError: as :func:`~ariigcn.graphs.dialogues.load_dialogues` and the checks below.
    """
    dialogues = load_dialogues(run.graph_file, run.stores).sealed()
    check_features(dialogues.headers, run)
    check_selection(dialogues, run)
    check_trainable(dialogues, run)
    return dialogues


def check_features(headers: Mapping[str, StoreHeader], run: "Run") -> None:
    """Compare the stores' encoders with the run's.

    Raises:
        DataError: a store was made by another encoder, or with other parameters.
    """
    for modality, encoder in run.encoders.items():
        header = headers[modality]
        held = {key: header.parameters.get(key) for key in encoder.parameters}
        if (header.encoder, held) != (encoder.encoder, encoder.parameters):
            raise DataError(
                f"{run.stores[modality]}: made by {header.encoder} {json.dumps(held)}, but the run "
                f"asks for {encoder.encoder} {json.dumps(encoder.parameters)}; remove it and run again"
            )


def check_selection(dialogues: Dialogues, run: "Run") -> None:
    """Refuse to select by labels that an encoder has seen.

    Raises:
        DataError: selection is by validation, which was cut from a training split that an encoder
            was fitted on.
    """
    seen = [m for m, header in dialogues.headers.items() if header.fitted_on == "train"]
    asked = run.training.selection == "validation" and not run.training.accept_fitted
    if asked and seen and dialogues.graph.validation_cut:
        raise DataError(selection_problem(dialogues.graph.corpus, seen))


def check_trainable(dialogues: Dialogues, run: "Run") -> None:
    """Look for labels in the splits that training needs.

    Raises:
        DataError: no labelled utterance in training, or in validation where it selects.
    """
    table = dialogues.graph
    for split, needed in (("train", True), ("validation", run.training.selection == "validation")):
        labelled = (dialogues.labels_of(split) >= 0).sum()
        if needed and not labelled:
            mend = " or set training.selection to 'last'" if split == "validation" else ""
            raise DataError(
                f"{table.corpus}: no labelled utterance in the {split} split; give it one{mend}"
            )


def check_memory(dialogues: Dialogues, run: "Run", device: torch.device) -> None:
    """Estimate the graph layer's tiles, which many relations or an endless window make large.

    Raises:
        DataError: they would not fit into the memory that is free on the device.
    """
    if not run.model.graph_layers or run.model.graph_layer != SPEAKER_RELATION:
        return
    lengths = dialogues.dialogue_ptr.diff().double()
    at_once = min(max(run.training.batch_dialogues, EVALUATION_DIALOGUES), len(lengths))
    longest, relations = int(lengths.max()), len(dialogues.graph.relations)
    nodes = longest + float(lengths.mean()) * (at_once - 1)
    nodes = max(nodes, min(run.training.batch_utterances or 0, float(lengths.sum())))
    require_memory(
        tile_bytes(nodes, run.graph.past, run.graph.future, longest, relations),
        f"a batch of {nodes:,.0f} utterances with {relations:,} relation types",
        "set graph.relations to 'compact', or graph.past and graph.future to fewer utterances",
        None if device.type == "cpu" else float(torch.cuda.mem_get_info(device)[0]),
    )
