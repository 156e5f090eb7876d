"""Audio to vector: openSMILE's functionals of a clip (audEERING's licence: non-commercial research).

The paper names openSMILE and no feature set; eGeMAPSv02 (Eyben et al., 2016) is our default.
Decoding, mixing and resampling are ours: openSMILE resamples nothing unless told, and 48 kHz in
place of 16 kHz moves features by 9 %.
"""

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from ariigcn.core.files import sha256_file
from ariigcn.core.settings import Section
from ariigcn.features.encoders.base import Clip, ClipError, Encoded
from ariigcn.features.media import containers
from ariigcn.features.media.sound import Mix, read_audio
from ariigcn.features.store import Status

LIBRARIES = (*containers.LIBRARIES, "opensmile")
FeatureSet = Literal[
    "eGeMAPSv02", "GeMAPSv01b", "IS09", "IS10", "IS11", "IS12", "IS13", "ComParE_2016", "emobase"
]
# openSMILE turns -1..1 into 16-bit integers and lets 1.0 wrap around to the lowest of them.
LOUDEST = np.float32(32767 / 32768)
RENEWED_EVERY = 1000  # clips after which an engine is freed, with what it holds of each


class Parameters(Section):
    """Parameters of the openSMILE encoder."""

    feature_set: FeatureSet | tuple[FeatureSet, ...] = Field(
        "eGeMAPSv02",
        description="Feature set, or a list of sets whose vectors are joined. Dimensions: eGeMAPSv02 "
        "88, GeMAPSv01b 62, IS09 384, IS10 1582, IS11 4368, IS12 6125, IS13 6373, ComParE_2016 6373, "
        "emobase 988.",
    )
    sample_rate: int = Field(16000, ge=8000, le=48000, description="Rate of the signal, Hz.")
    mix: Mix = Field("mean", description="Mix-down: mean of all channels, or the first one.")
    min_duration_s: float = Field(
        0.1, ge=0, description="Shorter clips are marked too short, seconds."
    )
    max_duration_s: float = Field(
        120.0,
        gt=0,
        description="Longer clips are marked too long, seconds: openSMILE takes up to 3.5 MB a "
        "second of sound (IS10).",
    )

    @field_validator("feature_set")
    @classmethod
    def _each_once(
        cls, value: FeatureSet | tuple[FeatureSet, ...]
    ) -> FeatureSet | tuple[FeatureSet, ...]:
        if isinstance(value, str):
            return value
        if not value or len(set(value)) != len(value):
            raise ValueError("name at least one set, and none twice")
        return value if len(value) > 1 else value[0]  # the same vectors, the same store

    @property
    def sets(self) -> tuple[FeatureSet, ...]:
        """The sets in the order of their values."""
        return (self.feature_set,) if isinstance(self.feature_set, str) else self.feature_set


class OpenSmile:
    """openSMILE functionals: clip -> float32 [D], D by feature sets, a clip decoded once for all."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.version = f"opensmile {version('opensmile')}"
        self._sets = {name: Functionals(name, parameters.sample_rate) for name in parameters.sets}
        digests = [own.sha256 for own in self._sets.values()]
        joined = len(digests) > 1
        self.weights_sha256 = (
            sha256("".join(digests).encode()).hexdigest() if joined else digests[0]
        )
        self.feature_names = tuple(
            f"{name}.{feature}" if joined else feature
            for name, own in self._sets.items()
            for feature in own.names
        )
        self.dimension = len(self.feature_names)

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One vector a clip; openSMILE keeps nothing from one clip to the next."""
        return [self._encode_one(clip) for clip in clips]

    def _encode_one(self, clip: Clip) -> Encoded:
        asked = self.parameters
        try:
            limits = asked.min_duration_s, asked.max_duration_s
            signal = read_audio(clip, asked.sample_rate, asked.mix, *limits)
        except ClipError as error:
            return Encoded(None, error.status, error.message)
        parts = []
        for name, own in self._sets.items():
            values = own(signal)
            bad = int((~np.isfinite(values)).sum())
            if bad == len(values):
                seconds = len(signal) / asked.sample_rate
                return Encoded(None, Status.TOO_SHORT, f"{seconds:.3f} s is too short for {name}")
            if bad:
                why = f"openSMILE's {name} gave {bad} values that are not finite"
                return Encoded(None, Status.FAILED, why)
            parts.append(values)
        return Encoded(np.concatenate(parts))


class Functionals:
    """One feature set: a signal at a rate, float32 [S] in -1..1 -> [D]; NaN where it is too short.

    Args:
        name: the set.
        sample_rate: of the signals, Hz.
    """

    def __init__(self, name: FeatureSet, sample_rate: int) -> None:
        import opensmile
        from opensmile.core.config import config

        self._smile: Any = opensmile.Smile(
            feature_set=opensmile.FeatureSet[name],
            feature_level=opensmile.FeatureLevel.Functionals,
        )
        self._sample_rate = sample_rate
        self.sha256 = sha256_file(self._smile.config_path)
        self.names: tuple[str, ...] = tuple(self._smile.feature_names)
        self._names: Any = config
        # Where a clip ended in an exception there is none, and the next clip makes one anew.
        self._engine: Any = None
        self._clips = 0  # that engines have seen
        self._rows: list[NDArray[np.float32]] = []  # what the engine gives of a clip

    def __call__(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """The functionals of a signal."""
        samples = (np.clip(signal, -1, LOUDEST) * np.float32(32768)).astype(np.int16)
        engine, self._engine = self._engine or self._start(), None
        self._rows.clear()
        # A reset forgets the callback, and the engine holds 0.7 KB of each until it is freed.
        engine.external_sink_set_callback_ex(self._names.EXTERNAL_OUTPUT_COMPONENT, self._take)
        source = self._names.EXTERNAL_SOURCE_COMPONENT
        engine.external_audio_source_write_data(source, samples.tobytes())
        engine.external_audio_source_set_eoi(source)
        engine.run()
        self._clips += 1
        if self._clips % RENEWED_EVERY:
            engine.reset()
            self._engine = engine
        else:
            engine.free()
        if not self._rows:
            return np.full(len(self.names), np.nan, np.float32)
        return np.asarray(self._rows[0], dtype=np.float32).reshape(-1)

    def _take(self, row: NDArray[np.float32], _: object) -> None:
        """Called by the engine with memory of its own, which it uses again."""
        self._rows.append(row.copy())

    def _start(self) -> Any:
        """An instance with its configuration read, which takes a tenth of a short clip's time.

        It is reset between clips. ``Smile.process_signal`` makes a new one for each clip and has no
        way to keep it, so that the package's engine is used directly, with the options that ``Smile``
        gives it. The values are the same bits (tested).
        """
        from opensmile.core.lib import OpenSMILE

        root, names = Path(self._smile.default_config_root), self._names
        options = {
            "source": root / names.EXTERNAL_INPUT_CONFIG,
            "sink": root / names.EXTERNAL_OUTPUT_SINGLE_CONFIG,
            "sinkLevel": self._smile.feature_level.value,
            "bufferModeRbConf": root / "shared/BufferModeRb.conf.inc",
            "frameModeFunctionalsConf": root / "shared/FrameModeFunctionals.conf.inc",
            "sampleRate": self._sample_rate,
            "nBits": 16,
        }
        engine = OpenSMILE()
        engine.initialize(
            config_file=self._smile.config_path,
            options={name: str(value) for name, value in options.items()},
            loglevel=self._smile.loglevel,
            log_file=self._smile.logfile,
            debug=self._smile.verbose,
        )
        return engine


def make(modality: str, parameters: Parameters) -> OpenSmile:
    """Load the encoder; it knows one modality only."""
    return OpenSmile(parameters)
