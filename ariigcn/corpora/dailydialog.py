"""DailyDialog (Li et al., IJCNLP 2017): everyday dialogues from sites for learners, downloaded and read.

The folder holds ``dialogues_{part}.txt`` and ``dialogues_emotion_{part}.txt`` for the parts train,
validation and test, or each pair in a folder of the part's name, as the release's inner archives
unpack. Line n of both is dialogue n: utterances, each followed by ``__eou__``, and a number each,
which indexes :data:`LABELS`. Nobody is named: two speakers take turns. There is neither sound nor picture.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.files import sha256_file
from ariigcn.corpora.acquire.download import RemoteFile, download
from ariigcn.corpora.acquire.obtain import obtaining
from ariigcn.corpora.acquire.zips import unpack_zip
from ariigcn.corpora.config import DownloadConfig, SplitConfig
from ariigcn.corpora.read.text_tables import clean_text, read_lines, was_mended
from ariigcn.corpora.table import Corpus

VERSION = "IJCNLP 2017"
OWN_VALIDATION = True
TEXT_ALONE = True
# Numbered from 0 in the release, which calls the first "no emotion".
LABELS = ("neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise")
SPEAKERS = ("A", "B")
END = "__eou__"
# The Internet Archive's copy, since the authors' site is gone, then the site. Size and digest are those
# that Hugging Face's library of datasets held the file to while the site was there.
ARCHIVE = RemoteFile(
    "ijcnlp_dailydialog.zip",
    addresses=(
        "https://web.archive.org/web/20220516002703id_/http://yanran.li/files/ijcnlp_dailydialog.zip",
        "https://yanran.li/files/ijcnlp_dailydialog.zip",
        "http://yanran.li/files/ijcnlp_dailydialog.zip",
    ),
    size=4_475_921,
    sha256="c641e88cbf21fd7c1b57289387f9107d33fe8685a2b37fe8066b82776535ea89",
)


@dataclass(frozen=True)
class Part:
    """One official split, by the release's name and ours, and its size."""

    name: str
    dialogues: int
    utterances: int

    @property
    def texts(self) -> str:
        """The file of its words."""
        return f"dialogues_{self.name}.txt"

    @property
    def emotions(self) -> str:
        """The file of its labels."""
        return f"dialogues_emotion_{self.name}.txt"


PARTS = (
    Part("train", 11_118, 87_170),
    Part("validation", 1000, 8069),
    Part("test", 1000, 7740),
)


@dataclass(frozen=True)
class Dialogue:
    """One line of a part's two files.

    Args:
        id: part and number from 0, such as ``train_12``.
        texts: cleaned words of each utterance; may be empty.
        emotions: a label each, or none where the release has more or fewer labels than utterances.
        mended: utterances whose encoding was repaired.
    """

    id: str
    texts: tuple[str, ...]
    emotions: tuple[str, ...]
    mended: int


def obtain(
    root: Path, downloads: Path, config: DownloadConfig, clips: bool, manifest: Path
) -> None:
    """Download the release (4.5 MB) to the folder that :func:`load` reads; there are no ``clips``.

    Raises:
        DataError: no address serves the archive, or it is damaged.
    """
    with obtaining("dailydialog", VERSION, downloads, manifest) as content:
        archive = download(ARCHIVE, downloads, config)
        content["archive"] = sha256_file(archive)
        content["members"] = unpack_zip(archive, root, _place).summary()


def _place(path: PurePosixPath) -> PurePosixPath | None:
    """Where in the folder a member of the archive belongs; None: nowhere."""
    own = [part.name for part in PARTS if path.name in (part.texts, part.emotions)]
    return PurePosixPath(own[0], path.name) if own else None


def load(root: Path, split: SplitConfig) -> Corpus:
    """Read DailyDialog. It has its own splits, so ``split`` changes nothing.

    Raises:
        DataError: a file is absent or damaged, or has not the official number of dialogues.
    """
    read = {part: _dialogues(root, part) for part in PARTS}
    problems = [
        f"{part.texts}: {len(dialogues)} dialogues, expected {part.dialogues}"
        for part, dialogues in read.items()
        if len(dialogues) != part.dialogues
    ]
    if problems:
        title = "dailydialog: the files are not those of the official release; get them again"
        raise DataError(problem_list(title, problems))
    trained = {dialogue.texts for dialogue in read[PARTS[0]]}
    notes = [
        f"{part.name}: {note}"
        for part, dialogues in read.items()
        for note in (*_odd(part, dialogues), *_repeated(part, dialogues, trained))
    ]
    frame = pd.concat([_frame(part, dialogues) for part, dialogues in read.items()])
    files = [_find(root, part, name) for part in PARTS for name in (part.texts, part.emotions)]
    return Corpus(
        name="dailydialog",
        version=VERSION,
        labels=LABELS,
        licence="CC BY-NC-SA 4.0",
        sources={path.relative_to(root).as_posix(): sha256_file(path) for path in files},
        utterances=frame.reset_index(drop=True),
        notes=tuple(notes),
    )


def _find(root: Path, part: Part, name: str) -> Path:
    """A file of a part: at the top, or in the part's own folder."""
    for path in (root / name, root / part.name / name):
        if path.exists():
            return path
    raise DataError(
        f"dailydialog: {name} is absent from {root} and its folder {part.name}; unpack "
        f"{part.name}.zip of the release there"
    )


def _dialogues(root: Path, part: Part) -> list[Dialogue]:
    """A part's dialogues in order; empty lines at the end are none."""
    texts, emotions = (_find(root, part, name) for name in (part.texts, part.emotions))
    said, felt = (_without_empty_end(read_lines(path)) for path in (texts, emotions))
    if len(said) != len(felt):
        raise DataError(
            f"{emotions}: {len(felt)} lines, but {texts.name} has {len(said)}; which label belongs "
            "to which dialogue cannot be known: get both again"
        )
    return [
        _dialogue(f"{part.name}_{number}", words, _labels(emotions, number + 1, numbers))
        for number, (words, numbers) in enumerate(zip(said, felt, strict=True))
    ]


def _without_empty_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _labels(path: Path, line: int, numbers: str) -> tuple[str, ...]:
    known = {str(number): label for number, label in enumerate(LABELS)}
    for number in numbers.split():
        if number not in known:
            raise DataError(f"{path}, line {line}: '{number}' is not a number from 0 to 6")
    return tuple(known[number] for number in numbers.split())


def _dialogue(name: str, line: str, labels: tuple[str, ...]) -> Dialogue:
    *texts, rest = line.split(END)
    if rest.strip():  # the last end mark is missing
        texts.append(rest)
    cleaned = tuple(clean_text(text) for text in texts)
    agree = len(cleaned) == len(labels)
    return Dialogue(name, cleaned, labels if agree else (), sum(map(was_mended, texts)))


def _odd(part: Part, dialogues: list[Dialogue]) -> list[str]:
    """What is odd in a part, with how often it is."""
    notes = []
    count = sum(len(dialogue.texts) for dialogue in dialogues)
    if count != part.utterances:
        notes.append(f"{count:,} utterances, the official release has {part.utterances:,}")
    if unlabelled := [d for d in dialogues if len(d.emotions) != len(d.texts)]:
        notes.append(
            f"{len(unlabelled):,} dialogue(s) have another number of emotions than of utterances, "
            f"first {unlabelled[0].id}; their utterances are context without a label"
        )
    if empty := [d.id for d in dialogues for text in d.texts if not text]:
        notes.append(f"{len(empty):,} utterance(s) have no words, first in {empty[0]}")
    if mended := sum(dialogue.mended for dialogue in dialogues):
        notes.append(f"the encoding of {mended:,} utterance(s) was repaired")
    return notes


def _repeated(part: Part, dialogues: list[Dialogue], trained: set[tuple[str, ...]]) -> list[str]:
    """Dialogues of a part that stand twice in it, and those of a held-out part that training has, too."""
    notes = []
    if twice := len(dialogues) - len({dialogue.texts for dialogue in dialogues}):
        notes.append(f"{twice:,} dialogue(s) repeat another one word for word")
    seen = [dialogue for dialogue in dialogues if dialogue.texts in trained]
    if seen and part.name != "train":
        notes.append(
            f"{len(seen):,} dialogue(s), {sum(len(d.texts) for d in seen):,} utterance(s), are word "
            "for word in train, too: scores on them are too high"
        )
    return notes


def _frame(part: Part, dialogues: list[Dialogue]) -> pd.DataFrame:
    rows = [
        (
            dialogue.id,
            f"{dialogue.id}_{position}",
            position,
            SPEAKERS[position % 2],
            text or None,
            label,
        )
        for dialogue in dialogues
        for position, (text, label) in enumerate(
            zip(dialogue.texts, dialogue.emotions or (None,) * len(dialogue.texts), strict=True)
        )
    ]
    columns = ["dialogue_id", "utterance_id", "position", "speaker", "text", "emotion"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["split"] = part.name
    frame[["media", "start_s", "end_s"]] = None, float("nan"), float("nan")
    return frame
