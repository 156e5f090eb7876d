"""A trained network as an ONNX file, for programs without torch."""

import json
import logging
from importlib.util import find_spec
from pathlib import Path

import torch

from ariigcn.core.errors import ConfigError
from ariigcn.core.files import atomic_path
from ariigcn.predict.model import EmotionModel
from ariigcn.predict.portable import PortableNetwork

NEEDED = ("onnx", "onnxscript")
EXAMPLE = 13  # utterances that the exporter is shown: a number that nothing else in a model has


def export_onnx(model: EmotionModel, path: Path) -> None:
    """Write the network, its standardisation and its graph as one ONNX file.

    Inputs, of one conversation of any n utterances: ``x_<modality>`` float32 [n, D_m], as the model's
    encoders make them, zero where the modality is missing; ``mask`` bool [n, M], its columns in the order
    of those inputs; ``speaker`` int64 [n], any numbers, equal where the same person speaks. A model with
    ``normalise_over: corpus`` also has ``person`` int64 [n]: the place of the speaker's name in the
    metadata's ``people``, -1 for a name that is not there. Output: ``probabilities`` float32 [n, C]. The
    file's metadata has ``labels``, ``modalities``, ``encoders`` and ``people``.

    Args:
        model: an AR-IIGCN with our graph layer and compact relations.
        path: the file; it appears whole or not at all.

    Raises:
        ConfigError: the model cannot be exported, or a package that writes ONNX is absent.
    """
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        raise ConfigError(
            f"ONNX needs packages that are not installed: pip install {' '.join(absent)}"
        )
    network = PortableNetwork(model.head, model.network).eval()
    x = {f"x_{m}": torch.zeros(EXAMPLE, size) for m, size in model.head.dimensions.items()}
    mask = torch.ones(EXAMPLE, len(x), dtype=torch.bool)
    inputs = {**x, "mask": mask, "speaker": torch.arange(EXAMPLE)}
    if network.knows_people:
        inputs["person"] = torch.arange(EXAMPLE) % len(model.head.people) - 1
    length = torch.export.Dim("n", min=1)
    logging.getLogger("torch.onnx").setLevel(
        logging.ERROR
    )  # it misses libraries that nothing needs
    program = torch.onnx.export(
        network,
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=["probabilities"],
        dynamic_shapes=(tuple({0: length} for _ in inputs),),
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    encoders = {
        m: {key: own[key] for key in ("encoder", "parameters", "encoder_version")}
        for m, own in model.head.features.items()
    }
    program.model.metadata_props.update(
        labels=json.dumps(model.labels),
        modalities=json.dumps(model.modalities),
        encoders=json.dumps(encoders),
        people=json.dumps(model.head.people),
    )
    with atomic_path(path) as temporary:
        program.save(str(temporary), external_data=False)
