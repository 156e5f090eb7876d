"""Configuration of the corpora that have something to configure."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ariigcn.core.settings import Section


class DemoConfig(Section):
    """The built-in corpus. The workflow makes it, always the same."""

    dialogues: int = Field(40, ge=3, description="Conversations; about ten utterances each.")
    seed: int = Field(20231216, ge=0, description="Seed of script, voices and faces.")
    broken_clips: bool = Field(
        True, description="Break some clips on purpose, to show how they are handled."
    )


class SplitConfig(Section):
    """How a validation split is drawn if a corpus has none."""

    validation_share: float = Field(
        0.1,
        ge=0,
        lt=0.5,
        description="Share of training dialogues used for validation. 0: all are used for training, "
        "and training.selection must be 'last'.",
    )
    seed: int = Field(0, ge=0, description="Seed that draws the validation dialogues.")


class FolderConfig(Section):
    """Your own folder: what its table or subtitles do not say."""

    speaker: str | None = Field(
        None,
        pattern=r"\S",
        description="The speaker if none is named: in subtitles without speakers, in empty cells, in "
        "a table without the column. Null: a missing name is an error.",
    )


class MeldConfig(Section):
    """MELD: its label set."""

    labels: Literal["emotion", "sentiment"] = Field(
        "emotion", description="Label set: 7 emotions, or 3-way sentiment."
    )


class IemocapConfig(Section):
    """IEMOCAP: its label set, fold, and turns."""

    labels: Literal["6-way", "4-way", "all"] = Field(
        "6-way",
        description="Label set: happy, sad, neutral, angry, excited, frustrated; four of them with "
        "excited counted as happy; or every majority label of the release.",
    )
    test_session: int = Field(
        5,
        ge=1,
        le=5,
        description="Session of the test split; the others are for training and validation.",
    )
    validation: Literal["dialogues", "session"] = Field(
        "dialogues",
        description="The validation split. dialogues: a share of the training dialogues, drawn as "
        "split says. Training has the same speakers, so validation scores are four to six"
        " points above test scores. session: the whole session before the test session, "
        "with new speakers; leaves a quarter less to train on.",
    )
    utterance_list: Path | None = Field(
        None,
        description="File of the utterances to label (.txt with one id per line; .csv, .tsv or "
        ".parquet with utterance_id and, optionally, emotion). Null: every turn with a "
        "majority label.",
    )
    marked_actor: Literal["left", "right"] = Field(
        "left",
        description="Side of the picture that shows the actor in the dialogue's id (F in Ses01F).",
    )


class PublishedConfig(Section):
    """Feature files of the field's papers: the file that holds the table."""

    file: str | None = Field(
        None, description="Pickle within corpus_root. Null: the only one there."
    )
    labels: tuple[str, ...] | None = Field(
        None,
        description="Label names in the order of the file's numbers. Null: the known order of IEMOCAP"
        " or MELD, whichever the dialogues belong to.",
    )


class MosiConfig(Section):
    """CMU-MOSI as published: its validation split."""

    validation: bool = Field(
        False,
        description="Take a validation split from the training videos. It is useful only if no "
        "encoder has seen the training labels: not with the published text and video "
        "features.",
    )


OPTIONS: dict[str, type[Section]] = {
    "folder": FolderConfig,
    "iemocap": IemocapConfig,
    "meld": MeldConfig,
    "mosi": MosiConfig,
    "published": PublishedConfig,
}


class DownloadConfig(Section):
    """Where a corpus is downloaded from if corpus_root is null."""

    mirror: str | None = Field(
        None,
        description="Where to look first: an address, a file:/// address or a folder of the files.",
    )
    offline: Path | None = Field(
        None,
        description="Folder of local copies, which are used in place. No connection is opened.",
    )
    digests: Literal["published", "recorded"] = Field(
        "published",
        description="Checksums that files must have. recorded (on first use) is for a copy that you "
        "packed yourself.",
    )

    @model_validator(mode="after")
    def _usable(self) -> Self:
        scheme = urlsplit(self.mirror or "").scheme
        if "://" in (self.mirror or "") and scheme not in ("http", "https", "file"):
            raise ValueError(f"mirror: '{self.mirror}' must be http, https, file or a folder")
        if self.offline is not None and not self.offline.exists():
            raise ValueError(f"offline: '{self.offline}' does not exist")
        return self
