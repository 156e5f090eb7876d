"""Tiny checkpoints with random weights in the hub's own formats: they prove loading and shapes."""

import json
from pathlib import Path
from typing import Any

WIDTH = 16
SHAPE: dict[str, Any] = {
    "hidden_size": WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}
WORDS = "I am so happy . It rains no well what about"


def seed() -> None:
    import torch

    torch.manual_seed(0)


def text_model(folder: Path, limit: int = 32) -> Path:
    """RoBERTa with a language-model head and no pooler, as published, and its tokenizer."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForMaskedLM

    seed()
    words = Tokenizer(models.WordLevel(unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = ["<s>", "</s>", "<pad>", "<unk>", "<mask>"]
    words.train_from_iterator([WORDS], trainers.WordLevelTrainer(special_tokens=marks))
    words.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", 0), ("</s>", 1)],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=words,
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
        model_max_length=limit,
    ).save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=words.get_vocab_size(),
        max_position_embeddings=limit + 4,
        pad_token_id=2,
        **SHAPE,
    )
    RobertaForMaskedLM(config).save_pretrained(folder)
    return folder


def speech_model(folder: Path, kind: str = "Wav2Vec2", **settings: Any) -> Path:
    """wav2vec 2.0, HuBERT or WavLM, and what its feature extractor does."""
    import transformers

    seed()
    config = getattr(transformers, f"{kind}Config")(
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        **SHAPE,
        **settings,
    )
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def image_model(folder: Path, side: int = 32) -> Path:
    """ViT with a classifier and no pooler, as published, and what its image processor does."""
    from transformers import ViTConfig, ViTForImageClassification

    seed()
    config = ViTConfig(image_size=side, patch_size=8, **SHAPE)
    ViTForImageClassification(config).save_pretrained(folder)
    return picture_settings(folder, side)


def convolutional_model(folder: Path, side: int = 32) -> Path:
    """ResNet, whose features are maps."""
    from transformers import ResNetConfig, ResNetModel

    seed()
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, WIDTH], depths=[1, 1])
    ResNetModel(config).save_pretrained(folder)
    return picture_settings(folder, side)


def picture_settings(folder: Path, side: int) -> Path:
    settings = {
        "do_normalize": True,
        "rescale_factor": 1 / 255,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
        "size": {"height": side, "width": side},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    return folder


def clip_model(folder: Path, side: int = 32) -> Path:
    """CLIP, whose image tower is one of two, and what its image processor does."""
    from transformers import CLIPConfig, CLIPModel

    seed()
    config = CLIPConfig(
        text_config={**SHAPE, "vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1},
        vision_config={**SHAPE, "image_size": side, "patch_size": 8},
        projection_dim=8,
    )
    CLIPModel(config).save_pretrained(folder)
    return picture_settings(folder, side)
