"""A trained model in use: recordings in, conversations with emotions out.

What happens to a recording is what happened to the corpus that the model was trained on: a table, the
encoders that the model's header names, the graph that it was trained on, the network.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from huggingface_hub import ModelHubMixin, snapshot_download
from numpy.typing import ArrayLike, NDArray

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import printable
from ariigcn.corpora.read.transcripts import Transcript, Turn, defects
from ariigcn.corpora.table import Corpus
from ariigcn.models.base import ConversationModel
from ariigcn.models.bundle import BundleHead, load_bundle, save_bundle
from ariigcn.models.encoders import CARRIED
from ariigcn.predict.card import model_card, read_scores
from ariigcn.predict.conversation import Conversation
from ariigcn.predict.encode import Encoded, Encoders, Work
from ariigcn.predict.explain import explained
from ariigcn.predict.listen import transcripts_of, with_language_notice
from ariigcn.predict.network import prepare, probabilities, read_features
from ariigcn.predict.results import Results
from ariigcn.predict.sources import (
    Given,
    Source,
    find_sources,
    require_content,
    table_of,
    table_of_speakers,
)
from ariigcn.speech.settings import SpeechSettings


class EmotionModel(ModelHubMixin):
    """A trained model and what it needs to be used on new recordings.

    >>> import ariigcn
    >>> model = ariigcn.load("meld-text")
    >>> model.labels
    ('anger', 'disgust', 'fear', 'joy', 'neutral', 'sadness', 'surprise')
    >>> talk = model.predict_turns([("Ann", "I got the job!"), ("Ben", "No way, congratulations!")])
    >>> talk.utterances[0].emotion
    'joy'

    Args:
        head: what the bundle says beside its weights.
        network: with its weights.
        name: what outputs call it.
        folder: where it was read from; None: nowhere.
    """

    def __init__(
        self, head: BundleHead, network: ConversationModel, name: str, folder: Path | None = None
    ) -> None:
        self.head, self.network, self.name, self.folder = head, network.eval(), name, folder
        self.encoders = Encoders(head.features, head.dimensions)

    @classmethod
    def from_folder(
        cls, folder: Path | str, name: str | None = None, *, plugins: bool = False
    ) -> "EmotionModel":
        """A model from the folder that training wrote.

        Args:
            folder: the folder.
            name: what outputs call it.
            plugins: as :func:`~ariigcn.predict.zoo.load`'s.

        Raises:
            DataError: the folder is not a model, is damaged, or names modules that may not be imported.
        """
        folder = Path(folder)
        head, network = load_bundle(folder, plugins=plugins)
        return cls(head, network, name or _name_of(folder, head), folder)

    @cached_property
    def card(self) -> str:
        """What a reader must know of it, Markdown; no prediction needs it.

        Its folder's README.md, or else what its head says and, where they are there, its scores.
        """
        return _card(self.folder, self.head)

    def _save_pretrained(self, save_directory: Path) -> None:
        """What ``save_pretrained`` and ``push_to_hub`` write: the bundle, encoders too, and its card."""
        card = self.card
        with TemporaryDirectory(prefix="ariigcn-") as folder:
            save_bundle(Path(folder) / "model", self.head, self.network)
            shutil.copytree(Path(folder) / "model", save_directory, dirs_exist_ok=True)
        (save_directory / "README.md").write_text(card, "utf-8")

    @classmethod
    def _from_pretrained(
        cls, *, model_id: str, plugins: bool = False, **options: Any
    ) -> "EmotionModel":
        """What ``from_pretrained`` reads: a folder, or a repository of the hub."""
        # plugins is no parameter of __init__: the mixin takes those from the repository's config.json.
        if Path(model_id).is_dir():
            return cls.from_folder(model_id, plugins=plugins)
        taken = ("revision", "cache_dir", "force_download", "local_files_only", "token")
        given = {name: options[name] for name in taken if options.get(name) is not None}
        files = ["config.json", "model.safetensors", "README.md", f"{CARRIED}/*"]
        folder = snapshot_download(model_id, allow_patterns=files, **given)
        return cls.from_folder(folder, model_id, plugins=plugins)

    @property
    def labels(self) -> tuple[str, ...]:
        """The emotions, in the order of probabilities."""
        return self.head.labels

    @property
    def modalities(self) -> tuple[str, ...]:
        """What the model reads: of text, audio, video."""
        return tuple(self.head.dimensions)

    def predict(
        self,
        recording: Path | str,
        transcript: Path | str | None = None,
        work: Work = Work(),  # noqa: B008
        *,
        explain: bool = False,
        speech: SpeechSettings = SpeechSettings(),  # noqa: B008
    ) -> Conversation:
        """The emotions of one recording.

        Args:
            recording: a file of sound or video, or a transcript alone.
            transcript: who said what, when; by default the file of the same name beside the recording,
                or else what a machine hears, where the extra ``speech`` is installed.
            work: how sound and pictures are worked through.
            explain: say of each utterance what its prediction depends on (ariigcn.predict.explain).
            speech: how a recording without a transcript is heard.

        Raises:
            ConfigError: the recogniser does not fit the settings.
            DataError: a file cannot be read, or there is no transcript and none can be made.
        """
        beside = None if transcript is None else Path(transcript)
        sources = find_sources([Path(recording)], beside)
        found = self.predict_all(sources, work, explain=explain, speech=speech)
        if len(found) > 1:
            raise DataError(f"{recording}: holds {len(found)} conversations; use predict_all")
        return found[0]

    def predict_turns(
        self, turns: Sequence[tuple[str, str]], *, explain: bool = False
    ) -> Conversation:
        """The emotions of a conversation that is at hand as (speaker, text) pairs, in their order.

        Raises:
            DataError: there is no pair, or one cannot be used.
        """
        said = tuple(Turn(None, None, speaker or None, text or None) for speaker, text in turns)
        _require_usable(said)
        talk = (Source(None, Path("conversation")), Transcript("conversation", said))
        require_content(*talk)
        corpus, encoded = self._encode([talk], Work())
        return self.predict_encoded(corpus, [talk], encoded, explain=explain)[0]

    def predict_all(
        self,
        sources: Sequence[Source],
        work: Work = Work(),  # noqa: B008
        *,
        explain: bool = False,
        speech: SpeechSettings = SpeechSettings(),  # noqa: B008
    ) -> list[Conversation]:
        """The emotions of many recordings, in their order; all are worked through at once.

        Args:
            sources: recordings and transcripts, see :func:`ariigcn.predict.sources.find_sources`.
            work: how sound and pictures are worked through.
            explain: say of each utterance what its prediction depends on.
            speech: how recordings without a transcript are heard.

        Raises:
            ConfigError: the recogniser does not fit the settings.
            DataError: a recording has no transcript and none can be made. A broken recording is no
                error: its utterances say why they have no sound or picture. One of several of which
                nothing can be predicted is a conversation without utterances, whose ``error`` says
                why; where all are, that is an error.
        """
        found = transcripts_of(sources, speech, work.workers)
        usable = [pair for pair in found if pair[1].turns]
        corpus, encoded = self._encode(usable, work)
        predicted = iter(self.predict_each(corpus, usable, encoded, explain=explain))
        conversations = [
            next(predicted)
            if transcript.turns
            else self.nothing(transcript.name, printable(str(source)), " ".join(transcript.notes))
            for source, transcript in found
        ]
        problems = [f"{c.name}: {c.error}" for c in conversations if c.error]
        if problems and len(problems) == len(conversations):
            raise DataError(problem_list("nothing could be predicted", problems))
        return conversations

    def predict_features(
        self,
        features: Mapping[str, ArrayLike],
        speakers: Sequence[str],
        mask: Mapping[str, ArrayLike] | None = None,
    ) -> NDArray[np.float32]:
        """The probabilities of one conversation whose features are at hand.

        Args:
            features: modality -> [n, D_m], as the model's encoders make them, not standardised; a
                modality that is absent is masked.
            speakers: who speaks each of the n utterances.
            mask: modality -> bool [n]; False where the modality is missing, though there are features.

        Returns:
            float32 [n, C], in the order of :attr:`labels`.

        Raises:
            DataError: there is no utterance, a speaker cannot be used, shapes do not fit the model or
                each other, the model does not read a modality, or values are not finite.
        """
        _require_usable([Turn(None, None, speaker, None) for speaker in speakers])
        corpus = table_of_speakers(speakers, self.labels)
        values, usable = read_features(self.head, features, len(speakers), mask)
        dialogues = prepare(self.head, self.network, corpus, values, usable)
        return probabilities(self.head, self.network, dialogues)

    def _encode(
        self, conversations: Sequence[Given], work: Work
    ) -> tuple[Corpus, dict[str, Encoded]]:
        """The table of conversations, and its features by the model's encoders."""
        corpus = table_of(conversations, self.labels)
        encoded = self.encoders.encode(corpus, work)
        work.tell("predicting")
        return corpus, encoded

    def predict_each(
        self,
        corpus: Corpus,
        conversations: Sequence[Given],
        encoded: Mapping[str, Encoded],
        *,
        explain: bool = False,
    ) -> list[Conversation]:
        """As :meth:`predict_encoded`; a conversation that the graph cannot hold stops no other."""
        try:
            return self.predict_encoded(corpus, conversations, encoded, explain=explain)
        except DataError as error:
            if len(conversations) == 1:
                ((source, transcript),) = conversations
                recording = None if source.recording is None else str(source.recording)
                return [self.nothing(transcript.name, recording, str(error))]
        singly = _singly(corpus, conversations, encoded)
        return [c for one in singly for c in self.predict_each(*one, explain=explain)]

    def predict_encoded(
        self,
        corpus: Corpus,
        conversations: Sequence[Given],
        encoded: Mapping[str, Encoded],
        *,
        explain: bool = False,
    ) -> list[Conversation]:
        """The emotions of conversations whose features are at hand, in their order.

        Args:
            corpus: the table of the conversations, a row a turn.
            conversations: at least one.
            encoded: modality -> the features of the table's rows.
            explain: as :meth:`predict_all`'s.

        Raises:
            DataError: the model's graph cannot hold a conversation.
        """
        if self.encoders.knows_english_alone:
            conversations = [(s, with_language_notice(t)) for s, t in conversations]
        values = {m: rows.values for m, rows in encoded.items()}
        usable = {m: rows.mask for m, rows in encoded.items()}
        dialogues = prepare(self.head, self.network, corpus, values, usable)
        found = probabilities(self.head, self.network, dialogues)
        explanations = explained(self.network, dialogues, self.head.graph, found) if explain else []
        results = Results(self.name, self.labels, encoded, found, explanations)
        return results.conversations(conversations)

    def nothing(self, name: str, recording: str | None, error: str) -> Conversation:
        """A conversation of which nothing can be predicted, with why."""
        return Conversation(
            name, (), self.labels, self.name, self.modalities, recording, error=error
        )


def _require_usable(turns: Sequence[Turn]) -> None:
    """Refuse a conversation of no turn, or with a turn that cannot be used."""
    if not turns:
        raise DataError("no utterance to predict")
    wrong = [f"utterance {n}: {why}" for n, turn in enumerate(turns, 1) for why in defects(turn)]
    if wrong:
        raise DataError(problem_list("nothing was predicted", wrong))


def _singly(
    corpus: Corpus, given: Sequence[Given], encoded: Mapping[str, Encoded]
) -> Iterator[tuple[Corpus, list[Given], dict[str, Encoded]]]:
    """Each conversation of several, with its rows."""
    start = 0
    for source, transcript in given:
        rows = slice(start, start + len(transcript.turns))
        own = replace(corpus, utterances=corpus.utterances[rows].reset_index(drop=True))
        yield own, [(source, transcript)], {m: e.part(rows) for m, e in encoded.items()}
        start = rows.stop


def _card(folder: Path | None, head: BundleHead) -> str:
    """See :attr:`EmotionModel.card`."""
    if folder is None:
        return model_card(head)
    readme = folder / "README.md"
    if readme.is_file():
        return readme.read_text("utf-8", errors="replace")
    try:
        return model_card(head, read_scores(folder))
    except DataError:  # a file of that name that is none of training's
        return model_card(head)


def _name_of(folder: Path, head: BundleHead) -> str:
    experiment, seed = head.training.get("experiment"), head.training.get("seed")
    return folder.name if experiment is None else f"{head.corpus}/{experiment}, seed {seed}"
