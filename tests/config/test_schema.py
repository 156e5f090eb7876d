"""An editor that checks config.yaml or a preset by the schema accepts what the workflow accepts."""

import json

import jsonschema
import pytest
import yaml

from tests.conftest import ROOT

FILES = [ROOT / "config.yaml", *sorted((ROOT / "workflow" / "presets").glob("*.yaml"))]
SCHEMA = "workflow/schemas/config.schema.json"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_schema_accepts_what_the_repository_ships(path):
    schema = json.loads((ROOT / SCHEMA).read_text())
    found = list(
        jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(path.read_text()))
    )
    assert not found, found


def test_the_schema_refuses_an_unknown_key_and_a_wrong_kind():
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / SCHEMA).read_text()))
    assert not validator.is_valid({"trainign": {}})
    assert not validator.is_valid({"features": {"text": {"encodr": "minilm"}}})
    assert not validator.is_valid({"seeds": 3})


def test_the_default_configuration_names_its_schema():
    first = (ROOT / "config.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA}"
