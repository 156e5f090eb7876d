"""Speakers: who speaks when, by embeddings of the voice and clustering.

Embeddings are Resemblyzer's d-vectors (Wan et al., "Generalized End-to-End Loss for Speaker
Verification", 2018, arXiv:1710.10467). Its weights are read from its wheel; its code is not imported,
since it needs webrtcvad, which does not load beside current setuptools. A test holds ours to its numbers.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.speech.sound import RATE_HZ, Sound, Span

if TYPE_CHECKING:
    from torch import Tensor

FFT, HOP, MELS, HIDDEN, LAYERS = 400, 160, 40, 256, 3  # Resemblyzer's: 25 ms, 10 ms
WINDOW_S, STEP_S = 1.6, 0.4  # it was trained on 1.6 s
LEVEL_DBFS = -30.0  # its mel spectrogram is no logarithm: loudness must be the same
# Cosine distances at which two groups of windows are two speakers, see docs/predict.md.
CHANGE, DIFFERENT = 0.45, 0.40
BATCH = 32  # windows at once: one by one they take six times as long
# So many segments are clustered; those beyond join the nearest speaker: memory is its square.
MOST = 5000


class Segment(NamedTuple):
    """A part of a recording that one speaker speaks, and which, from 0 by first appearance."""

    span: Span
    speaker: int


class VoiceEncoder:
    """Resemblyzer's network: a voice as a vector of length 1.

    Raises:
        DataError: its weights are damaged.
    """

    def __init__(self) -> None:
        import torch
        from transformers.audio_utils import mel_filter_bank

        path = weights()
        self._lstm = torch.nn.LSTM(MELS, HIDDEN, LAYERS, batch_first=True)
        self._linear = torch.nn.Linear(HIDDEN, HIDDEN)
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
            for name, module in (("lstm.", self._lstm), ("linear.", self._linear)):
                own = {k.removeprefix(name): v for k, v in state.items() if k.startswith(name)}
                module.load_state_dict(own)
        except Exception as error:  # whatever torch raises where a file is damaged
            raise DataError(f"{path}: damaged ({error}); install resemblyzer again") from None
        filters = mel_filter_bank(
            FFT // 2 + 1, MELS, 0.0, RATE_HZ / 2, RATE_HZ, norm="slaney", mel_scale="slaney"
        )
        self._filters = torch.from_numpy(filters).float()

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Embeddings of N pieces of the same length, float32 [N, S] -> [N, 256]."""
        import torch

        with torch.no_grad():
            _, (hidden, _) = self._lstm(self._mels(torch.from_numpy(samples)))
            raw = self._linear(hidden[-1]).relu()
            embedded: NDArray[np.float32] = torch.nn.functional.normalize(raw, dim=1).numpy()
        return embedded

    def _mels(self, samples: "Tensor") -> "Tensor":
        """Power mel spectrograms as librosa makes them, [N, S] -> [N, T, 40]."""
        import torch

        spectrum = torch.stft(
            samples,
            FFT,
            HOP,
            window=torch.hann_window(FFT),
            pad_mode="constant",
            return_complex=True,
        )
        return spectrum.abs().square().transpose(1, 2) @ self._filters


def weights() -> Path:
    """Resemblyzer's weights, without an import of it.

    Raises:
        DataError: it is not installed.
    """
    spec = find_spec("resemblyzer")
    if spec is None or spec.origin is None:
        raise DataError("resemblyzer is not installed; pip install 'ariigcn[speech]'")
    return Path(spec.origin).with_name("pretrained.pt")


def speaker_segments(
    sound: Sound,
    spans: Sequence[Span],
    encoder: VoiceEncoder,
    number: int | None,
    progress: Callable[[float], None],
) -> list[Segment]:
    """Who speaks when: spans, cut where the voice changes.

    Args:
        sound: the recording's.
        spans: where somebody speaks, at least one.
        encoder: of voices.
        number: how many speakers there are; None: estimated.
        progress: called with the share that is done.
    """
    starts = [_starts(span) for span in spans]
    windows = [(start, span) for own, span in zip(starts, spans, strict=True) for start in own]
    embedded = []
    for first in range(0, len(windows), BATCH):
        embedded.append(
            encoder(np.stack([_cut(sound, *w) for w in windows[first : first + BATCH]]))
        )
        progress(min(first + BATCH, len(windows)) / len(windows))
    ends = np.cumsum([len(own) for own in starts])[:-1]
    parts: list[Span] = []
    voices: list[NDArray[np.float32]] = []
    for span, own, rows in zip(
        spans, starts, np.split(np.concatenate(embedded), ends), strict=True
    ):
        for part, voice in _one_voice_each(span, own, rows):
            parts.append(part)
            voices.append(voice)
    labels = cluster(np.stack(voices), number)
    return [Segment(part, int(label)) for part, label in zip(parts, labels, strict=True)]


def cluster(voices: NDArray[np.float32], number: int | None) -> NDArray[np.int64]:
    """Which speaker each embedding is of, numbered by first appearance: [N, D] -> [N].

    Agglomerative, average linkage over cosine distance, to ``number`` clusters, or as long as two are
    nearer than :data:`DIFFERENT`.
    """
    chosen = voices
    if len(voices) > MOST:
        chosen = voices[np.linspace(0, len(voices) - 1, MOST).round().astype(int)]
    found = _grouped(chosen, None if number is None else min(number, len(chosen)), DIFFERENT)
    centres = np.stack([chosen[found == k].mean(0) for k in range(found.max() + 1)])
    if len(voices) > MOST:
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        found = (voices @ centres.T).argmax(1)
    return by_appearance(found)


def by_appearance(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same groups, numbered from 0 in the order in which they come, [n] -> [n]."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first.argsort().argsort()[inverse]


def _one_voice_each(
    span: Span, starts: NDArray[np.float64], embedded: NDArray[np.float32]
) -> list[tuple[Span, NDArray[np.float32]]]:
    """A span's parts of one voice each, with the voice; neighbouring windows alone are joined.

    Args:
        span: of the recording.
        starts: where its windows begin, seconds [N].
        embedded: the windows' embeddings [N, D].
    """
    chain: Any = None
    if len(starts) > 1:
        from scipy.sparse import diags_array

        chain = diags_array([np.ones(len(starts) - 1)] * 2, offsets=[-1, 1]).tocsr()
    groups = by_appearance(_grouped(embedded, None, CHANGE, chain))
    found = []
    for group in range(groups.max() + 1):
        rows = np.flatnonzero(groups == group)
        # A change is midway between the centres of the windows on its two sides.
        half = (WINDOW_S - STEP_S) / 2
        start = span.start_s if rows[0] == 0 else starts[rows[0]] + half
        end = span.end_s if rows[-1] == len(starts) - 1 else starts[rows[-1]] + WINDOW_S - half
        mean = embedded[rows].mean(0)
        found.append((Span(start, end), mean / np.linalg.norm(mean)))
    return found


def _starts(span: Span) -> NDArray[np.float64]:
    """Where a span's windows begin, seconds [N]; a short span has one."""
    steps = 1 + max(int((span.seconds - WINDOW_S) / STEP_S), 0)
    return np.asarray(span.start_s + STEP_S * np.arange(steps), np.float64)


def _cut(sound: Sound, start_s: float, span: Span) -> NDArray[np.float32]:
    """A window at Resemblyzer's loudness, float32 [S]; a short span is repeated until it fills one."""
    samples = sound.part(Span(start_s, min(start_s + WINDOW_S, span.end_s)))
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    gain = 10 ** (LEVEL_DBFS / 20) / max(power, 1e-12) ** 0.5
    return np.resize(samples * np.float32(gain), round(WINDOW_S * RATE_HZ))


def _grouped(
    voices: NDArray[np.float32], number: int | None, threshold: float, chain: Any = None
) -> NDArray[np.int64]:
    """Agglomerative clustering, average linkage over cosine distance: [N, D] -> [N]."""
    if len(voices) == 1:
        return np.zeros(1, np.int64)
    from sklearn.cluster import AgglomerativeClustering

    return AgglomerativeClustering(
        n_clusters=number,
        metric="cosine",
        linkage="average",
        connectivity=chain,
        distance_threshold=threshold if number is None else None,
    ).fit_predict(voices)
