"""The fine-tuned encoders that a bundle carries: without them a model reads no new recording.

On one file system they are hard links, which take no room: the encoders of a run are those of all its
seeds. A bundle that is copied elsewhere has files of its own.
"""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ariigcn.core.files import link_file
from ariigcn.core.plugins import load
from ariigcn.features.encoders.registry import FINETUNED, encoder_module
from ariigcn.finetune.config import ANCHORS, BASE, HISTORY, OUTPUTS, Learning, encoder_folder

logger = logging.getLogger(__name__)
CARRIED = "encoders"  # their folder in a bundle, a folder a modality below


def carry(features: Mapping[str, Any], bundle: Path) -> dict[str, Any]:
    """Put the fine-tuned encoders of a model into its bundle.

    Args:
        features: modality -> what the model's head says of its store.
        bundle: the folder, which is there.

    Returns:
        The features, with the encoders' folders relative to the bundle.
    """
    found = dict(features)
    for modality, own in features.items():
        if own["encoder"] != FINETUNED:
            continue
        # Found by name: an edit to an encoder is no reason to train all models again.
        encoder = load(encoder_module(modality, FINETUNED))
        parameters = encoder.Parameters(**own["parameters"])
        folders = [Path(encoder_folder(str(parameters.folder), n)) for n in parameters.encoding]
        if absent := [folder for folder in folders if not folder.is_dir()]:
            logger.warning(
                "%s: not there, so the model does not carry its %s encoder; it needs it to predict "
                "recordings",
                *(absent[0], modality),
            )
            continue
        place = f"{CARRIED}/{modality}"
        _put(parameters, folders, encoder.KIND.base_files(parameters), bundle / place)
        found[modality] = {**own, "parameters": {**own["parameters"], "folder": place}}
    return found


def resolved(features: Mapping[str, Any], bundle: Path) -> dict[str, Any]:
    """Features as a bundle keeps them, with the folders of the encoders that it carries."""
    found = dict(features)
    for modality, own in features.items():
        place = f"{CARRIED}/{modality}"
        if own["encoder"] == FINETUNED and own["parameters"].get("folder") == place:
            there = {**own["parameters"], "folder": str(bundle / place)}
            found[modality] = {**own, "parameters": there}
    return found


def comparable(own: Mapping[str, Any]) -> dict[str, Any]:
    """What of a store's header makes its vectors: where fine-tuned encoders stand does not."""
    if own.get("encoder") != FINETUNED:
        return dict(own)
    parameters = {key: value for key, value in own["parameters"].items() if key != "folder"}
    return {**own, "parameters": parameters}


def _put(parameters: Learning, folders: Iterable[Path], base: Iterable[Path], target: Path) -> None:
    left = {HISTORY, OUTPUTS, ".snakemake_timestamp"} | (
        set() if parameters.gives == "aligned" else {ANCHORS}
    )
    for folder in folders:
        _link((path for path in folder.iterdir() if path.name not in left), target / folder.name)
    if parameters.gives == "frozen-logits":
        carried = Path(str(parameters.folder)) / BASE
        _link(carried.iterdir() if carried.is_dir() else base, target / BASE)


def _link(files: Iterable[Path], target: Path) -> None:
    """The same files in another folder."""
    for path in sorted(files):
        if path.is_file():
            target.mkdir(parents=True, exist_ok=True)
            link_file(path.resolve(), target / path.name)
