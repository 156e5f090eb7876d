"""Models with weights as they are drawn, over encoders that run in a moment."""

import pytest
import torch

from ariigcn.features.config import EncoderConfig, Normalisation
from ariigcn.features.encoders.registry import made_by, make_encoder
from ariigcn.features.store import StoreHeader
from ariigcn.graphs.build import COMPACT_RELATIONS
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.bundle import BundleHead, save_bundle, told
from ariigcn.models.config import ModelConfig
from ariigcn.predict.model import EmotionModel

LABELS = ("joy", "anger", "calm")
VIDEO = {"frames": 2, "no_face": "whole-frame"}


def header(modality, encoder, parameters):
    config = EncoderConfig(modality=modality, encoder=encoder, parameters=parameters)
    made = make_encoder(modality, encoder, config.parameters)
    return StoreHeader(
        "toy", modality, encoder, made.version, made.dimension, made.weights_sha256,
        parameters=config.parameters, made_by=made_by(modality, encoder),
    )  # fmt: skip


@pytest.fixture(scope="session")
def headers():
    return {
        "text": header("text", "minilm", {}),
        "audio": header("audio", "opensmile", {"feature_set": "eGeMAPSv02"}),
        "video": header("video", "efficientnet-lite0", VIDEO),
    }


@pytest.fixture(scope="session")
def make_model(headers, tmp_path_factory):
    """A function: modalities, the model's and the graph's settings -> a model, written and read again."""

    def make(
        *modalities, settings=None, names=COMPACT_RELATIONS, normalise=None, people=(), **graph
    ):
        features = {m: told(headers[m]) for m in modalities}
        head = BundleHead(
            "toy",
            LABELS,
            {m: headers[m].dimension for m in modalities},
            names,
            GraphConfig(**graph),
            ModelConfig(hidden=16, modalities=modalities, **(settings or {})),
            features,
            {"experiment": "toy", "seed": 0, "threads": 1},
            {m: Normalisation(**how) for m, how in (normalise or {}).items()},
            people,
        )
        torch.manual_seed(0)
        network = head.build()
        for held in network.relate.buffers():
            held.copy_(torch.rand(held.shape) + 0.5)  # of its people, as if they had been counted
        folder = tmp_path_factory.mktemp("model") / "model"
        save_bundle(folder, head, network)
        return EmotionModel.from_folder(folder)

    return make


@pytest.fixture(scope="session")
def text_model(make_model):
    return make_model("text")
