"""What a run that predicts needs: the trained model as sections, and the recordings to listen to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ariigcn.config.sections import REFUSED, Config, ExperimentConfig
from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.core.plugins import modules_in
from ariigcn.core.settings import describe
from ariigcn.core.storage import read_json
from ariigcn.models.encoders import resolved
from ariigcn.predict.recordings import untranscribed
from ariigcn.predict.transcribing import shard_of
from ariigcn.predict.zoo import find

NO_MODEL = "predictions need a trained model: --config model=NAME (ariigcn models lists them)"


@dataclass(frozen=True)
class Trained:
    """A trained model, as far as its features and graph go; torch is not loaded for it.

    Args:
        name: as the configuration names it.
        folder: where it is.
        sections: encoders, graph and model that it was trained with.
    """

    name: str
    folder: Path
    sections: ExperimentConfig

    @property
    def files(self) -> list[str]:
        """What decides its predictions, beside features."""
        return [str(self.folder / name) for name in ("config.json", "model.safetensors")]

    @property
    def digests(self) -> list[str]:
        """Of :attr:`files`."""
        return [sha256_file(path) for path in self.files]


def trained_model(config: Config) -> Trained | None:
    """The model that the configuration names; None: it names none, and models are trained.

    Raises:
        ConfigError: nothing has this name, it reads what no recording has, or it names a module that the
            configuration does not.
    """
    name = config.predict.model
    if name is None:
        return None
    try:
        folder = find(name, config.results_dir)
        said = read_json(folder / "config.json", "a model's configuration")
        _check_plugins(said, config)
        features = resolved(said["features"], folder)
        own = {m: {k: h[k] for k in ("encoder", "parameters")} for m, h in features.items()}
        sections = ExperimentConfig(features=own, graph=said["graph"], model=said["model"])
    except DataError as error:
        problems = [f"predict.model: {error}"]
    except (KeyError, TypeError, AttributeError) as error:
        problems = [f"predict.model: {name} is not a model of this project ({error!r})"]
    except ValidationError as error:
        problems = describe(error, f"predict.model: {name}")
    else:
        problems = [
            f"predict.model: {name} reads published {m} features, but no recording has them; "
            f"choose another"
            for m, encoder in sections.encoders.items()
            if encoder.is_published
        ]
        if not problems:
            return Trained(name, folder, sections)
    raise ConfigError(problem_list(REFUSED, problems))


def _check_plugins(said: Mapping[str, Any], config: Config) -> None:
    """Hold a model to the modules that the configuration names: a configuration is code, a model is not.

    Raises:
        DataError: it names another.
    """
    others = sorted(modules_in(said) - modules_in(config.model_dump(mode="json")))
    if others:
        raise DataError(
            f"{config.predict.model} needs code of others ({', '.join(others)}), which may do anything "
            "on this machine; if you trust it, name it in the configuration, too, as under experiments"
        )


def unheard(config: Config) -> list[Path]:
    """The recordings that a machine is to write transcripts of.

    Raises:
        DataError: the folder holds no recording and no transcript.
    """
    assert config.corpus_root is not None
    found = _untranscribed(config.corpus_root)
    return list(found) if config.predict.transcribe == "missing" else []


def listening_shards(config: Config) -> dict[int, list[Path]]:
    """The transcribing jobs that have something to do, numbered from 1, with their recordings."""
    shards, recordings = config.predict.shards, unheard(config)
    found = {shard + 1: shard_of(recordings, shard, shards) for shard in range(shards)}
    return {shard: own for shard, own in found.items() if own}


@cache
def _untranscribed(root: Path) -> tuple[Path, ...]:
    sources = untranscribed(root)
    return tuple(source.recording for source in sources if source.recording is not None)
