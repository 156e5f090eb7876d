"""The inspection file: who reads whom, and where representations lie, of one trained model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from ariigcn.core.storage import create_h5, open_h5

STAGES = {
    "separate": "After the encoders",
    "aligned": "After the generators",
    "nodes": "After the graph",
}
ARRAYS = ("source", "weight", "reach", "row", "modality")


@dataclass(frozen=True)
class Inspection:
    """One model on one corpus of N utterances; K sources an utterance, P drawn nodes.

    Shapes:
        source: int32 [N, K], row of an utterance that was read, -1 where there is none.
        weight: float32 [N, K], its share of the attention, falling.
        reach: int32 [N], how many utterances the attention was shared among; 0: no graph.
        row: int32 [P], utterance of a node; modality: int8 [P], index into ``modalities``.
        points: stage of :data:`STAGES` -> float32 [P, 2], within -1 to 1.
        measures: stage -> what the representations there are like, by the names of
            :func:`~ariigcn.models.diagnostics.class_separation`, over the drawn nodes.
    """

    experiment: str
    seed: int
    modalities: tuple[str, ...]
    utterance_ids: list[str]
    source: NDArray[np.int32]
    weight: NDArray[np.float32]
    reach: NDArray[np.int32]
    row: NDArray[np.int32]
    modality: NDArray[np.int8]
    points: Mapping[str, NDArray[np.float32]]
    measures: Mapping[str, Mapping[str, float]]


def write_inspection(found: Inspection, path: Path) -> None:
    """Write an inspection; the file is whole or absent."""
    with create_h5(path) as file:
        file.attrs["experiment"] = found.experiment
        file.attrs["seed"] = found.seed
        file.attrs["modalities"] = json.dumps(found.modalities)
        file.attrs["attention"] = "mean over modalities and layers"
        text = h5py.string_dtype("utf-8")
        file.create_dataset("utterance_id", data=found.utterance_ids, dtype=text)
        for name in ARRAYS:
            file.create_dataset(name, data=getattr(found, name), compression="gzip", shuffle=True)
        for stage, points in found.points.items():
            drawn = file.create_dataset(f"points/{stage}", data=points)
            drawn.attrs.update(found.measures[stage])


def read_inspection(path: Path) -> Inspection:
    """Read a file of :func:`write_inspection`.

    Raises:
        DataError: the file is damaged, or not an inspection.
    """
    with open_h5(path, "an inspection file") as file:
        stages = [s for s in STAGES if f"points/{s}" in file]
        return Inspection(
            experiment=str(file.attrs["experiment"]),
            seed=int(file.attrs["seed"]),
            modalities=tuple(json.loads(file.attrs["modalities"])),
            utterance_ids=file["utterance_id"].asstr()[:].tolist(),
            points={stage: file[f"points/{stage}"][:] for stage in stages},
            measures={
                stage: {name: float(value) for name, value in file[f"points/{stage}"].attrs.items()}
                for stage in stages
            },
            **{name: file[name][:] for name in ARRAYS},
        )
