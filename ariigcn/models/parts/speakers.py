"""Features relative to who speaks: minus the speaker's mean, divided by the speaker's scale [ours].

Features come standardised, so that the training split's mean is 0 and its scale 1: what few utterances
say of a speaker shrinks toward these. Nothing here reads a label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ariigcn.features.config import Normalisation
from ariigcn.graphs.dialogues import DialogueBatch, Dialogues
from ariigcn.graphs.file import Graph
from ariigcn.models.parts.encoders import Standardiser, scaled

ROWS = 1024  # utterances of a dialogue at a time: of all pairs of a long one, memory would be short


@dataclass(frozen=True)
class Moments:
    """Of some sets of utterances: how many have evidence, and the sums of their features; float64.

    Shapes: count [n, 1]; total and squares [n, D].
    """

    count: Tensor
    total: Tensor
    squares: Tensor

    @classmethod
    def none(cls, sets: int, dimension: int) -> "Moments":
        """Of sets that are empty."""
        total = torch.zeros(sets, dimension, dtype=torch.float64)
        return cls(total.new_zeros(sets, 1), total, total.clone())

    @classmethod
    def of(cls, x: Tensor, weight: Tensor) -> "Moments":
        """Of sets of the utterances x [k, D], by weight [n, k]: 1 in the set, 0 not."""
        weight, x = weight.double(), x.double()
        return cls(weight.sum(1, keepdim=True), weight @ x, weight @ x.square())

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(
            self.count + other.count, self.total + other.total, self.squares + other.squares
        )

    def statistics(self, prior: float) -> tuple[Tensor, Tensor]:
        """Mean and scale of each set, [n, D] each, shrunk to (0, 1) by the weight of ``prior`` utterances.

        With n utterances of mean m and squared deviations S, and a prior of k: mean nm / (n + k), and
        variance (S + k) / (n - 1 + k). One utterance says nothing of the variance, which is then 1.
        """
        own = self.total / self.count.clamp_min(1)
        spread = (self.squares - self.count * own.square()).clamp_min(0)
        variance = (spread + prior) / ((self.count - 1).clamp_min(0) + prior)
        return self.total / (self.count + prior), variance.sqrt()


def of_speakers(
    x: Tensor, usable: Tensor, speaker: Tensor, place: Tensor, past_only: bool
) -> Moments:
    """What each of k utterances of one dialogue is held against: its speaker's utterances.

    Args:
        x: of the dialogue's n utterances, [n, D].
        usable: bool [n, 1]; the others count nowhere.
        speaker: int64 [n].
        place: which k, int64 [k].
        past_only: leave out the utterances after each.
    """
    counted = (speaker[place].unsqueeze(1) == speaker) & usable.T
    if past_only:
        counted = counted & (torch.arange(x.shape[0], device=x.device) <= place.unsqueeze(1))
    return Moments.of(x, counted)


class SpeakerNormaliser(nn.Module):
    """Standardised features relative to their speaker, in place of the plain ones or beside them.

    A speaker's mean and scale are those of the dialogue or, with ``normalise_over: corpus``, those of
    the training split, which are kept here by name; a name that it lacks has those of the dialogue.

    Shapes (n utterances, P people):
        x_<modality> [n, D_m] -> [n, D_m], or [n, 2 D_m] beside the plain ones;
        mean_<modality>, scale_<modality> [P, D_m], of the modalities normalised over the corpus.

    Args:
        dimensions: modality -> D_m.
        normalise: modality -> how; absent: not at all.
        people: names of the P speakers of the training split.
        past_only: within a dialogue, no utterance reads a later one.
    """

    def __init__(
        self,
        dimensions: Mapping[str, int],
        normalise: Mapping[str, Normalisation],
        people: Sequence[str],
        *,
        past_only: bool,
    ) -> None:
        super().__init__()
        self.normalise = {m: own for m, own in normalise.items() if own.normalise != "none"}
        self.past_only = past_only
        self._numbers = {name: index for index, name in enumerate(people)}
        twice = {m for m, own in self.normalise.items() if own.normalise == "beside"}
        self.dimensions = {m: size * (2 if m in twice else 1) for m, size in dimensions.items()}
        self.by_name = [m for m, own in self.normalise.items() if own.normalise_over == "corpus"]
        for modality in self.by_name:
            size = len(people), dimensions[modality]
            self.register_buffer(f"mean_{modality}", torch.zeros(size))
            self.register_buffer(f"scale_{modality}", torch.ones(size))

    def number_of(self, name: str) -> int:
        """A speaker's place in ``people``; -1: not among them."""
        return self._numbers.get(name, -1)

    def persons(self, graph: Graph) -> Tensor:
        """The places of each utterance's speaker in ``people``, int64 [N]."""
        known = torch.tensor([self.number_of(name) for name in graph.people])
        return known[torch.from_numpy(graph.person)]

    @torch.no_grad()
    def fit(self, dialogues: Dialogues, rows: Tensor, standardise: Standardiser) -> None:
        """Count the modalities normalised over the corpus, a block of rows at a time.

        Args:
            dialogues: not standardised.
            rows: of the training split, int64 [n].
            standardise: fitted on them.
        """
        person, everyone = self.persons(dialogues.graph), torch.arange(len(self._numbers))
        for modality in self.by_name:
            x, usable = (
                dialogues.x[modality],
                dialogues.mask[:, dialogues.modalities.index(modality)],
            )
            moments = Moments.none(len(everyone), x.shape[1])
            for part in rows.split(ROWS):
                own = standardise.rows(modality, x[part], usable[part].unsqueeze(1))
                said = (person[part] == everyone.unsqueeze(1)) & usable[part]
                moments = moments + Moments.of(own, said)
            mean, scale = moments.statistics(self.normalise[modality].normalise_prior)
            getattr(self, f"mean_{modality}").copy_(mean)
            getattr(self, f"scale_{modality}").copy_(scale)

    @torch.no_grad()
    def forward(
        self, x: Mapping[str, Tensor], batch: DialogueBatch, person: Tensor
    ) -> dict[str, Tensor]:
        """Features of a batch of n utterances made relative where asked.

        Args:
            x: modality -> [n, D_m], standardised.
            batch: the dialogues that they are of.
            person: int64 [n], see :meth:`persons`.
        """
        out, lengths = dict(x), batch.lengths.tolist()
        for column, modality in enumerate(x):
            if modality in self.normalise:
                given = x[modality], batch.mask[:, column, None], batch.speaker, person
                single = zip(*(own.split(lengths) for own in given), strict=True)
                out[modality] = torch.cat([self._dialogue(modality, *own) for own in single])
        return out

    def _dialogue(
        self, modality: str, x: Tensor, usable: Tensor, speaker: Tensor, person: Tensor
    ) -> Tensor:
        """One dialogue of n utterances."""
        parts = []
        for place in torch.arange(len(x), device=x.device).split(ROWS):
            within = of_speakers(x, usable, speaker, place, self.past_only)
            parts.append(self.related(modality, x[place], usable[place], within, person[place]))
        return torch.cat(parts)

    def related(
        self, modality: str, x: Tensor, usable: Tensor, within: Moments, person: Tensor | None
    ) -> Tensor:
        """Some utterances of one modality, held against their speakers.

        Args:
            modality: one of ``normalise``.
            x: standardised, [n, D_m].
            usable: bool [n, 1]; the others stay zero.
            within: of each utterance's speaker in its dialogue.
            person: int64 [n], see :meth:`persons`; needed where ``by_name`` has the modality.

        Returns:
            float32 [n, D_m], or [n, 2 D_m] with the plain values first.
        """
        own = self.normalise[modality]
        mean, scale = within.statistics(own.normalise_prior)
        if modality in self.by_name:
            assert person is not None
            known = person.unsqueeze(1) >= 0
            mean = torch.where(known, getattr(self, f"mean_{modality}")[person].double(), mean)
            scale = torch.where(known, getattr(self, f"scale_{modality}")[person].double(), scale)
        relative = scaled(x, mean, scale, usable)
        return relative if own.normalise == "speaker" else torch.cat([x, relative], dim=1)
