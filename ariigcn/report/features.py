"""What the page says of features: who made them, and what became of each utterance."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ariigcn.features.store import FeatureStore, Status, StoreHeader
from ariigcn.report.cells import Cell, Number, TableView


@dataclass(frozen=True)
class FeatureView:
    """One feature store: who made it, and what became of the utterances."""

    header: StoreHeader
    counts: dict[Status, int]
    masked: tuple[tuple[str, Status, str], ...]

    @property
    def total(self) -> int:
        """Utterances in the store."""
        return sum(self.counts.values())

    @property
    def used(self) -> int:
        """Utterances with evidence."""
        return self.counts[Status.OK]


def feature_view(path: Path) -> FeatureView:
    """Read what a store says of itself; no values are read."""
    store = FeatureStore(path)
    status = pd.Series([str(s) for s in store.status])
    masked = tuple(
        (utterance, state, message)
        for utterance, state, message in zip(
            store.utterance_ids, store.status, store.messages, strict=True
        )
        if state != Status.OK
    )
    counts = {state: int((status == str(state)).sum()) for state in Status}
    return FeatureView(store.header, counts, masked)


def status_view(features: Sequence[FeatureView]) -> TableView:
    """Utterances by modality and status; statuses that nobody has are left out."""
    shown = [s for s in Status if s == Status.OK or any(f.counts[s] for f in features)]
    names = ["used" if s == Status.OK else str(s) for s in shown]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            feature.header.modality,
            feature.header.encoder,
            *(Number(f"{feature.counts[s]:,}") for s in shown),
            Number(f"{feature.total:,}"),
        )
        for feature in features
    )
    return TableView(
        "Utterances by modality and what became of them",
        ("Modality", "Encoder", *names, "all"),
        rows,
    )


def masked_view(features: Sequence[FeatureView], listed: int) -> TableView:
    """The masked utterances, at most ``listed`` a modality."""
    rows = tuple(
        (utterance, feature.header.modality, str(state), message)
        for feature in features
        for utterance, state, message in feature.masked[:listed]
    )
    columns = ("Utterance", "Modality", "Status", "Message")
    return TableView("Masked utterances", columns, rows)


def encoders_view(features: Sequence[FeatureView]) -> TableView:
    """Who made the vectors, from which weights, with which parameters."""
    rows = tuple(
        (
            f.header.modality,
            f"{f.header.encoder} {f.header.encoder_version}".strip(),
            Number(f"{f.header.dimension:,}"),
            f.header.weights_sha256[:12] or "no weights",
            f.header.fitted_on,
            parameters_text(f.header.parameters),
        )
        for f in features
    )
    columns = ("Modality", "Encoder", "Dimensions", "Weights' sha256", "Fitted on", "Parameters")
    return TableView("Encoders", columns, rows)


def parameters_text(parameters: Mapping[str, object]) -> str:
    """``name=value`` pairs, in order of name."""
    return ", ".join(f"{key}={_plain(parameters[key])}" for key in sorted(parameters)) or "none"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
