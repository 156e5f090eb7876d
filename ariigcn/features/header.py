"""What a store says of the encoder that made it."""

from collections.abc import Mapping
from typing import Any

from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Described
from ariigcn.features.encoders.registry import made_by
from ariigcn.features.store import StoreHeader


def described(encoder: Described) -> dict[str, Any]:
    """What an encoder says of itself, plain, so that it can come from another process."""
    return {
        "encoder_version": encoder.version,
        "dimension": encoder.dimension,
        "weights_sha256": encoder.weights_sha256,
        "feature_names": tuple(encoder.feature_names),
        "fitted_on": getattr(encoder, "fitted_on", "none"),
    }


def header_of(corpus: str, features: EncoderConfig, facts: Mapping[str, Any]) -> StoreHeader:
    """The header of a store of a corpus; ``facts`` are those of :func:`described`."""
    return StoreHeader(
        corpus=corpus,
        modality=features.modality,
        encoder=features.encoder,
        parameters=features.parameters,
        made_by=made_by(features.modality, features.encoder),
        **facts,
    )
