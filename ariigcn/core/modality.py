"""The three modalities, in the order that every file and table keeps."""

from typing import Literal

Modality = Literal["text", "audio", "video"]
MODALITIES: tuple[Modality, ...] = ("text", "audio", "video")
