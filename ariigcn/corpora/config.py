"""Configuration of the corpora that have something to configure."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ariigcn.core.settings import Section


class DemoConfig(Section):
    """The built-in corpus: made on the spot, deterministic."""

    dialogues: int = Field(40, ge=3, description="Conversations; about ten utterances each.")
    seed: int = Field(20231216, ge=0, description="Seed of script, voices and faces.")
    broken_clips: bool = Field(
        True, description="Break some clips on purpose, to show how they come out."
    )


class SplitConfig(Section):
    """How validation is cut where a corpus has none of its own."""

    validation_share: float = Field(
        0.1,
        ge=0,
        lt=0.5,
        description="Share of training dialogues. 0: none is cut, every one of them trains, and "
        "training.selection must be 'last'.",
    )
    seed: int = Field(0, ge=0, description="Seed of the cut; it is by dialogue.")


class FolderConfig(Section):
    """A folder of one's own: what its table or subtitles leave out."""

    speaker: str | None = Field(
        None,
        pattern=r"\S",
        description="Who speaks where nobody is named: in subtitles without speakers, in empty cells, "
        "in a table without the column. Null: that is an error.",
    )


class MeldConfig(Section):
    """MELD: which of its two label sets."""

    labels: Literal["emotion", "sentiment"] = Field(
        "emotion", description="Label set: 7 emotions, or 3-way sentiment."
    )


class IemocapConfig(Section):
    """IEMOCAP: label set, fold, and which turns count."""

    labels: Literal["6-way", "4-way", "all"] = Field(
        "6-way",
        description="Label set: happy, sad, neutral, angry, excited, frustrated; four of them with "
        "excited counted as happy; or every majority label of the release.",
    )
    test_session: int = Field(
        5, ge=1, le=5, description="Session that is the test split; the others train."
    )
    validation: Literal["dialogues", "session"] = Field(
        "dialogues",
        description="What validates. dialogues: a share of the training dialogues, by split; its "
        "speakers train too, so that its scores lie four to six points above the test split's. "
        "session: the whole session before the test session, whose speakers nobody has heard; a "
        "quarter less to train on.",
    )
    utterance_list: Path | None = Field(
        None,
        description="File of the utterances that count (.txt, one id a line; .csv, .tsv or .parquet "
        "with utterance_id and, optionally, emotion). Null: every turn with a majority label.",
    )
    marked_actor: Literal["left", "right"] = Field(
        "left",
        description="Side of the picture of the actor whom the dialogue's id names (F in Ses01F).",
    )


class PublishedConfig(Section):
    """Feature files of the field's papers: which file tells the table."""

    file: str | None = Field(
        None, description="Pickle within corpus_root. Null: the only one that lies there."
    )
    labels: tuple[str, ...] | None = Field(
        None,
        description="Label names in the order of the file's numbers. Null: the known order, by "
        "which IEMOCAP or MELD the file's dialogues are.",
    )


class MosiConfig(Section):
    """CMU-MOSI as published: whether part of its training videos validates."""

    validation: bool = Field(
        False,
        description="Cut a validation split. It tells something only where no encoder in use has "
        "seen the training labels: not with the published text and video features.",
    )


OPTIONS: dict[str, type[Section]] = {
    "folder": FolderConfig,
    "iemocap": IemocapConfig,
    "meld": MeldConfig,
    "mosi": MosiConfig,
    "published": PublishedConfig,
}


class DownloadConfig(Section):
    """Where a corpus is downloaded from: MELD, where corpus_root is null."""

    mirror: str | None = Field(
        None, description="Where to look first: address, file:/// address or folder of the files."
    )
    offline: Path | None = Field(
        None, description="Folder of local copies, used where they lie; no connection is opened."
    )
    digests: Literal["published", "recorded"] = Field(
        "published",
        description="What files are held to; recorded (on first use) is for a copy packed anew.",
    )

    @model_validator(mode="after")
    def _usable(self) -> Self:
        scheme = urlsplit(self.mirror or "").scheme
        if "://" in (self.mirror or "") and scheme not in ("http", "https", "file"):
            raise ValueError(f"mirror: '{self.mirror}' must be http, https, file or a folder")
        if self.offline is not None and not self.offline.exists():
            raise ValueError(f"offline: '{self.offline}' does not exist")
        return self
