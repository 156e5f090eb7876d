"""The registry: every encoder is written down, and each of its parameters says what it is."""

from importlib import import_module
from pathlib import Path

import pytest

from ariigcn.features.registry import ENCODERS, encoder_parameters

PAIRS = [(modality, name) for modality, names in ENCODERS.items() for name in names]


@pytest.mark.parametrize(("modality", "name"), PAIRS)
def test_an_encoder_is_in_the_documentation_and_its_parameters_are_described(
    root: Path, modality: str, name: str
) -> None:
    page = (root / "docs" / "encoders.md").read_text(encoding="utf-8")
    assert f"| {modality} | `{name}`" in page or f"| any | `{name}`" in page
    fields = import_module(ENCODERS[modality][name]).Parameters.model_fields
    assert all(field.description for field in fields.values())


def test_a_model_that_is_not_named_is_missed_before_any_job() -> None:
    with pytest.raises(ValueError, match=r"parameters\.model: Field required"):
        encoder_parameters("text", "huggingface", {})
    with pytest.raises(ValueError, match="unknown text encoder 'huggingfac'"):
        encoder_parameters("text", "huggingfac", {})
