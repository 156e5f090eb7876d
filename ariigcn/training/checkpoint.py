"""Checkpoints to resume from: tensors in safetensors, the rest as JSON in its header. No pickles.

A checkpoint's file name carries its run and the digest of its bytes, so a torn file is noticed and
the one before is used. The last two are kept, and those of another run until this one has its first.
"""

import json
import logging
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ariigcn.core.files import atomic_path, remove, sha256_file

KEPT = 2
logger = logging.getLogger(__name__)


def save_checkpoint(folder: Path, epoch: int, run: str, state: dict[str, Any]) -> None:
    """Write the state after an epoch and drop all but the run's last two.

    Args:
        folder: the run's own checkpoint folder, outside every rule's outputs.
        epoch: finished epochs.
        run: hexadecimal digest of everything that decides the run; no other run resumes from it.
        state: nested dicts and lists of tensors, numbers, strings, None.
    """
    tensors: dict[str, Tensor] = {}
    tree = json.dumps(_pack(state, tensors))
    # Written from where the tensors lie: their bytes in memory would be all of them once more.
    newest = folder / "newest.safetensors"
    with atomic_path(newest) as temporary:
        save_file(tensors, temporary, metadata={"state": tree})
    newest.replace(folder / f"epoch-{epoch:05d}.{run}.{_digest(newest)}.safetensors")
    # Of another run a later epoch would else count among the last two, and this one's go at once.
    kept = _files(folder, run)[-KEPT:]
    for path in folder.glob("epoch-*.safetensors"):
        if path not in kept:
            remove(path)


def load_checkpoint(folder: Path, run: str) -> dict[str, Any] | None:
    """The newest whole checkpoint of this run, or None where there is none."""
    for path in reversed(_files(folder, run)):
        if _digest(path) not in path.name.split("."):
            logger.warning("%s is damaged (its digest differs); trying the previous one", path)
            continue
        try:
            state = _read(path)
        except (KeyError, ValueError, TypeError, SafetensorError) as error:
            logger.warning("%s is not a checkpoint (%s); trying the previous one", path, error)
            continue
        logger.info("resuming from %s", path)
        return state
    if any(folder.glob("epoch-*.safetensors")):
        logger.warning(
            "%s: no checkpoint is whole and of this configuration; starting from the beginning",
            folder,
        )
    return None


def _read(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    state: dict[str, Any] = _unpack(json.loads(metadata["state"]), tensors)
    return state


def _digest(path: Path) -> str:
    return sha256_file(path)[:16]


def _files(folder: Path, run: str) -> list[Path]:
    """A run's checkpoints by epoch; temporary files start with a dot and do not count."""
    return sorted(folder.glob(f"epoch-*.{run}.*.safetensors"))


def _pack(tree: Any, tensors: dict[str, Tensor]) -> Any:
    """Replace tensors by references; dicts become lists of pairs, since JSON keys are strings."""
    if isinstance(tree, Tensor):
        name = f"{len(tensors):05d}"
        tensors[name] = tree.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(tree, dict):
        return {"dict": [[key, _pack(value, tensors)] for key, value in tree.items()]}
    if isinstance(tree, list | tuple):
        return [_pack(value, tensors) for value in tree]
    return tree


def _unpack(tree: Any, tensors: dict[str, Tensor]) -> Any:
    if isinstance(tree, list):
        return [_unpack(value, tensors) for value in tree]
    if isinstance(tree, dict):
        if "tensor" in tree:
            return tensors[tree["tensor"]]
        return {key: _unpack(value, tensors) for key, value in tree["dict"]}
    return tree
