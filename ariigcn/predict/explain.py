"""What a prediction depends on, measured: something is masked, and the model is run again.

Attention is not read: a weight says where the model looks, not what the result would be without it.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.predict.conversation import Explanation, Neighbour

STRONGEST = 3
ROWS = 4096  # utterances that go through the network at once


def explained(
    network: ConversationModel,
    dialogues: Dialogues,
    window: GraphConfig,
    probabilities: NDArray[np.float32],
) -> list[Explanation]:
    """By how much the probability of each utterance's predicted emotion changes.

    - A modality is *masked* for one utterance: the model reads there what it reads where a modality is
      missing, a vector of its own. The rest of the conversation stays, speakers' means included.
    - An utterance of the context is *removed*: it is masked in every modality. It keeps its place, its
      speaker and its edges in the graph; nothing moves up.

    Where nothing was missing in training, the vector for what is missing was never learned, and a change
    says how the model behaves without a modality, not how well it does so.

    Candidates of the context are the utterances with any modality that lie within the graph's window. Of
    a conversation of n utterances the model reads n copies, one a removed utterance, and one more for each
    modality of an utterance that has several: the cost grows with the square of n.

    Args:
        network: in evaluation mode.
        dialogues: N utterances, standardised.
        window: the graph's configuration.
        probabilities: what the network says of them whole, [N, C].

    Returns:
        N explanations, in the order of rows.
    """
    return [
        explanation
        for index in range(len(dialogues.graph.dialogue_ids))
        for explanation in _of_dialogue(network, dialogues, index, window, probabilities)
    ]


def _of_dialogue(
    network: ConversationModel,
    dialogues: Dialogues,
    index: int,
    window: GraphConfig,
    probabilities: NDArray[np.float32],
) -> list[Explanation]:
    start, stop = dialogues.dialogue_ptr[index : index + 2].tolist()
    whole = probabilities[start:stop]
    mask: NDArray[np.bool_] = dialogues.mask[start:stop].numpy()
    count = stop - start
    removed = [(row, mask[row]) for row in range(count)]
    masked = [
        (row, np.arange(mask.shape[1]) == column)
        for row in np.flatnonzero(mask.sum(1) > 1).tolist()
        for column in np.flatnonzero(mask[row])
    ]
    read = _read_without(network, dialogues, index, [*removed, *masked], whole.argmax(1))
    changes = read - whole.max(1)  # [copies, n]
    own: list[dict[str, float]] = [{} for _ in range(count)]
    # Of an utterance that has one modality, masking it is removing it.
    alone = [(row, mask[row]) for row in np.flatnonzero(mask.sum(1) == 1).tolist()]
    of_alone = changes[[row for row, _ in alone]]
    for (row, column), change in zip([*alone, *masked], [*of_alone, *changes[count:]], strict=True):
        own[row][dialogues.modalities[int(column.argmax())]] = float(change[row])
    any_evidence: NDArray[np.bool_] = mask.max(1)
    return [
        Explanation(own[row], _strongest(row, changes[:count, row], any_evidence, window))
        for row in range(count)
    ]


def _strongest(
    row: int, changes: NDArray[np.float32], any_evidence: NDArray[np.bool_], window: GraphConfig
) -> tuple[Neighbour, ...]:
    """The utterances of the context whose removal changes a row most; changes [n], one each."""
    low = 0 if window.past < 0 else max(row - window.past, 0)
    high = len(changes) if window.future < 0 else row + window.future + 1
    near = [n for n in range(low, min(high, len(changes))) if n != row and any_evidence[n]]
    near.sort(key=lambda n: -abs(changes[n]))
    return tuple(Neighbour(n, float(changes[n])) for n in near[:STRONGEST])


@torch.no_grad()
def _read_without(
    network: ConversationModel,
    dialogues: Dialogues,
    index: int,
    without: list[tuple[int, NDArray[np.bool_]]],
    emotion: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Probabilities of given emotions in copies of a dialogue that lack something, [copies, n].

    Args:
        network: in evaluation mode.
        dialogues: standardised.
        index: which dialogue, of n utterances.
        without: for each copy the row, counted in the dialogue, and bool [M], the modalities it loses.
        emotion: whose probability, [n].
    """
    count, found = len(emotion), []
    size = max(ROWS // count, 1)
    for first in range(0, len(without), size):
        some = without[first : first + size]
        batch = dialogues.batch(torch.full((len(some),), index))
        mask = batch.mask.clone()
        for copy, (row, columns) in enumerate(some):
            mask[copy * count + row] &= torch.from_numpy(~columns)
        x = {m: v * mask[:, c : c + 1] for c, (m, v) in enumerate(batch.x.items())}
        said = network(replace(batch, x=x, mask=mask)).logits.float().softmax(1)
        found.append(said.view(len(some), count, -1)[:, torch.arange(count), emotion])
    result: NDArray[np.float32] = torch.cat(found).numpy()
    return result
