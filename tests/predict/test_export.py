"""What leaves torch gives what torch gives."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from ariigcn.cli import app
from ariigcn.core.errors import ConfigError
from ariigcn.predict import export
from ariigcn.predict.export import export_onnx
from ariigcn.predict.portable import PortableNetwork


def dialogue(model, draw, count):
    """Features and mask by modality, and speakers; some modalities are missing."""
    sizes = model.head.dimensions
    mask = {m: draw.random(count) < 0.8 for m in sizes}
    x = {
        m: (draw.normal(size=(count, size)) * mask[m][:, None]).astype(np.float32)
        for m, size in sizes.items()
    }
    return x, mask, draw.integers(0, 4, count)


def given(model, x, mask, speakers):
    """The inputs of what was exported."""
    names = {f"x_{m}": values for m, values in x.items()}
    person = [PEOPLE.index(name) if name in PEOPLE else -1 for name in map(str, speakers)]
    known = {"person": np.array(person)} if model.network.relate.by_name else {}
    return {**names, "mask": np.stack([*mask.values()], 1), "speaker": speakers, **known}


def expected(model, x, mask, speakers):
    return model.predict_features(x, [str(s) for s in speakers], mask)


RELATIVE = {"audio": {"normalise": "beside"}, "text": {"normalise": "speaker"}}
PEOPLE = ("3", "0", "1")  # speaker 2 is none of them
BY_NAME = {
    "normalise": {**RELATIVE, "audio": {"normalise": "beside", "normalise_over": "corpus"}},
    "people": PEOPLE,
}


@pytest.mark.parametrize(
    ("settings", "graph"),
    [
        ({}, {"normalise": RELATIVE}),
        ({}, {"normalise": RELATIVE, "future": 0}),
        ({}, BY_NAME),
        ({}, {**BY_NAME, "future": 0}),
        ({}, {}),
        ({}, {"past": 3, "future": 0}),
        ({}, {"past": -1, "future": 2}),
        ({"context": "none", "relation_bases": 0}, {"past": 0, "future": -1}),
        ({"graph_layers": 0}, {}),
        ({"context": "qrnn"}, {"future": 0}),
        ({"context": "qrnn", "graph_layers": 0}, {}),
    ],
)
def test_the_portable_network_is_the_network(make_model, settings, graph):
    model = make_model("text", "audio", settings=settings, **graph)
    network, draw = PortableNetwork(model.head, model.network).eval(), np.random.default_rng(0)
    for count in (1, 2, 9, 70):
        said = dialogue(model, draw, count)
        with torch.no_grad():
            found = network(*map(torch.from_numpy, given(model, *said).values())).numpy()
        assert np.abs(found - expected(model, *said)).max() < 1e-5


def test_onnx_gives_the_same_on_a_hundred_dialogues_of_any_length(make_model, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    for settings, graph in (
        ({}, {"past": 4, "future": 3}),
        ({}, {"past": 5, "future": 0, "normalise": RELATIVE}),
        ({}, {"normalise": RELATIVE}),
        ({}, {"past": 5, "future": 0, **BY_NAME}),
        ({"context": "qrnn"}, {}),
    ):
        model = make_model("text", "audio", settings=settings, **graph)
        path = tmp_path / "model.onnx"
        export_onnx(model, path)
        assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]
        session, draw = runtime.InferenceSession(str(path)), np.random.default_rng(0)
        for _ in range(50):
            said = dialogue(model, draw, int(draw.integers(1, 80)))
            [found] = session.run(["probabilities"], given(model, *said))
            assert np.abs(found - expected(model, *said)).max() < 1e-4
        written = onnx.load(path)
        told = {own.key: json.loads(own.value) for own in written.metadata_props}
        assert tuple(told["labels"]) == model.labels
        assert told["modalities"] == ["text", "audio"]
        assert told["encoders"]["audio"]["parameters"]["feature_set"] == "eGeMAPSv02"
        assert tuple(told["people"]) == model.head.people
        [output] = written.graph.output
        assert output.type.tensor_type.shape.dim[0].dim_param == "n"


def test_what_cannot_be_exported_is_refused(make_model, text_model, tmp_path, monkeypatch):
    for settings in ({"name": "mlp"}, {"graph_layer": "rgcn"}):
        model = make_model("text", settings=settings)
        with pytest.raises(ConfigError, match="cannot be exported"):
            PortableNetwork(model.head, model.network)
    pairs = text_model.head.graph.model_copy(update={"relations": "speaker-pair"})
    with pytest.raises(ConfigError, match="speaker-pair cannot be exported"):
        PortableNetwork(replace(text_model.head, graph=pairs), text_model.network)
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    text_model.save_pretrained(tmp_path / "model")
    command = ["export", "--onnx", str(tmp_path / "x.onnx"), "--model", str(tmp_path / "model")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "pip install onnx onnxscript" in done.stderr
    assert not (tmp_path / "x.onnx").exists()
