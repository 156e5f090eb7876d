"""Finding a trained model: one that ships, one in a results folder, a folder, one on a hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ariigcn.core.errors import DataError
from ariigcn.core.settings import unknown_name
from ariigcn.core.storage import read_json

if TYPE_CHECKING:
    from ariigcn.predict.model import EmotionModel

SHIPPED = Path(str(files("ariigcn.predict"))) / "shipped"
DEFAULT = "meld-text"
DEFAULT_ONLINE = "meld-text-online"  # reads no later utterance


@dataclass(frozen=True)
class Known:
    """A model that can be named, and what its folder says of it.

    Args:
        name: what it is loaded by.
        folder: where it is.
        corpus: what it was trained on.
        modalities: what it reads.
        labels: its emotions.
        past_only: it reads no later utterance, so that it can follow a conversation.
    """

    name: str
    folder: Path
    corpus: str
    modalities: tuple[str, ...]
    labels: tuple[str, ...]
    past_only: bool


def load(name: str | Path, results: Path | str = "results") -> "EmotionModel":
    """A trained model.

    Args:
        name: a model that ships (``meld-text``); one that was trained here, as ``demo/ar-iigcn`` (its
            first seed) or ``demo/ar-iigcn/2`` (seed 2); the folder of a model; or ``user/name`` on the
            Hugging Face hub.
        results: folder that trained models are looked for in.

    Raises:
        DataError: nothing has this name, or its folder is damaged.
    """
    from ariigcn.predict.model import EmotionModel

    try:
        folder = find(name, results)
    except DataError as words:
        if Path(name).exists() or str(name).count("/") != 1 or str(name).startswith((".", "/")):
            raise
        try:
            return EmotionModel.from_pretrained(str(name))
        except (OSError, ValueError) as error:
            said = f"{words}; the Hugging Face hub has none either: {error}"
        raise DataError(said) from None
    return EmotionModel.from_folder(folder, None if folder == Path(name) else str(name))


def find(name: str | Path, results: Path | str = "results") -> Path:
    """The folder of a model of this machine; arguments as :func:`load`'s, but for the hub's.

    Raises:
        DataError: nothing has this name.
    """
    folder = Path(name)
    if (folder / "config.json").is_file():
        return folder
    # Only as many are looked at as come before it: a damaged one further on is no trouble of its.
    known = []
    for model in _all(Path(results)):
        if model.name == str(name):
            return model.folder
        known.append(model.name)
    if folder.exists():
        raise DataError(f"{folder}: not a model: it has no config.json")
    raise DataError(f"{unknown_name(str(name), known, 'model')} (ariigcn models lists them)")


def shipped() -> Iterator[Known]:
    """The models that come with the package."""
    for config in sorted(SHIPPED.glob("*/config.json")):
        yield _known(config.parent.name, config)


def trained(results: Path) -> Iterator[Known]:
    """The models in a results folder; an experiment's first seed has its name alone too."""
    first = set()
    for config in sorted(results.glob("*/*/seed-*/model/config.json")):
        corpus, experiment, seed = config.parts[-5:-2]
        name = f"{corpus}/{experiment}"
        if name not in first:
            first.add(name)
            yield _known(name, config)
        yield _known(f"{name}/{seed.removeprefix('seed-')}", config)


def past_only(results: Path) -> list[str]:
    """The names of the models that can follow a conversation."""
    return [model.name for model in _all(results) if model.past_only]


def _all(results: Path) -> Iterator[Known]:
    yield from shipped()
    yield from trained(results)


def _known(name: str, config: Path) -> Known:
    said = read_json(config, "a model's configuration")
    try:
        return Known(
            name=name,
            folder=config.parent,
            corpus=said["corpus"],
            modalities=tuple(said["dimensions"]),
            labels=tuple(said["labels"]),
            past_only=said["graph"]["future"] == 0,
        )
    except (KeyError, TypeError) as error:
        raise DataError(f"{config}: not a model of this project ({error!r})") from None
