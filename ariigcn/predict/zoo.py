"""Finding a trained model: one that ships, one in a results folder, a folder, one on a hub."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ariigcn.core.errors import DataError
from ariigcn.core.paths import may_be_of_hub
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


@dataclass(frozen=True)
class Found:
    """What a results folder holds.

    Args:
        models: those that can be read; an experiment's first seed has its name alone too.
        damaged: names of the others -> what is wrong.
    """

    models: list[Known]
    damaged: dict[str, str]

    @property
    def defects(self) -> list[str]:
        """What is wrong, each once: a model may have two names."""
        return list(dict.fromkeys(self.damaged.values()))


def load(
    name: str | Path, results: Path | str = "results", *, plugins: bool = False
) -> "EmotionModel":
    """A trained model.

    Args:
        name: a model that ships (``meld-text``); one that was trained here, as ``demo/ar-iigcn`` (its
            first seed) or ``demo/ar-iigcn/2`` (seed 2); the folder of a model; or ``user/name`` on the
            Hugging Face hub, which is asked only where no folder ``user`` is here or in ``results``.
        results: folder that trained models are looked for in.
        plugins: whether modules that the model names (``module:my_lab.pitch``) may be imported. They are
            code: say so of models that you trained, or whose maker you trust.

    Raises:
        DataError: nothing has this name, its folder is damaged, or it names modules that may not be
            imported.
    """
    from ariigcn.predict.model import EmotionModel

    try:
        folder = find(name, results)
    except DataError as words:
        if "/" not in str(name) or not may_be_of_hub(str(name), Path(results)):
            raise
        try:
            return EmotionModel.from_pretrained(str(name), plugins=plugins)
        except (OSError, ValueError) as error:
            said = f"{words}; the Hugging Face hub has none either: {error}"
        raise DataError(said) from None
    called = None if folder == Path(name) else str(name)
    return EmotionModel.from_folder(folder, called, plugins=plugins)


def find(name: str | Path, results: Path | str = "results") -> Path:
    """The folder of a model of this machine; arguments as :func:`load`'s, but for the hub's.

    Raises:
        DataError: nothing has this name, or its folder is damaged.
    """
    folder = Path(name).expanduser() if str(name).startswith("~/") else Path(name)
    if (folder / "config.json").is_file():
        return folder
    configs = {**_shipped(), **_trained(Path(results))}
    if str(name) in configs:
        return _known(str(name), configs[str(name)]).folder
    if folder.exists():
        raise DataError(f"{folder}: not a model: it has no config.json")
    raise DataError(
        f"{unknown_name(str(name), list(configs), 'model')} (ariigcn models lists them)"
    )


def shipped() -> list[Known]:
    """The models that come with the package."""
    return [_known(*each) for each in _shipped().items()]


def trained(results: Path) -> Found:
    """The models in a results folder."""
    found = Found([], {})
    for name, config in _trained(results).items():
        try:
            found.models.append(_known(name, config))
        except DataError as error:
            found.damaged[name] = str(error)
    return found


def past_only(results: Path) -> list[str]:
    """The names of the models that can follow a conversation."""
    return [model.name for model in (*shipped(), *trained(results).models) if model.past_only]


def _shipped() -> dict[str, Path]:
    """Names to configurations; none is read."""
    return {config.parent.name: config for config in sorted(SHIPPED.glob("*/config.json"))}


def _trained(results: Path) -> dict[str, Path]:
    """Names to configurations; none is read."""
    found: dict[str, Path] = {}
    for config in sorted(results.glob("*/*/seed-*/model/config.json"), key=_in_order):
        corpus, experiment, seed = config.parts[-5:-2]
        name = f"{corpus}/{experiment}"
        found.setdefault(name, config)
        found[f"{name}/{seed.removeprefix('seed-')}"] = config
    return found


def _in_order(config: Path) -> tuple[str, str, int, str]:
    """Seed 2 comes before seed 10."""
    corpus, experiment, seed = config.parts[-5:-2]
    return corpus, experiment, len(seed), seed


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
