"""DialogueRNN: a state a speaker, one of the conversation, one of the emotion.

Majumder et al., "DialogueRNN: an attentive RNN for emotion detection in conversations", AAAI 2019;
the variant BiDialogueRNN+Att on joined modalities, listeners not updated.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.base import ConversationModel, Output
from ariigcn.models.parts.classifier import classifier
from ariigcn.models.parts.inputs import LinearInputs, joined
from ariigcn.models.parts.layers import Dropout
from ariigcn.models.parts.sequences import Layout, attend


class PartyStates(nn.Module):
    r"""One direction of DialogueRNN, all dialogues of a batch at once.

    At step t, with s the speaker of utterance u_t:
    global g_t = GRU_G(g_{t-1}, [u_t; q_s]); context c_t = attention of u_t over g_1 .. g_{t-1};
    party q_s = GRU_P(q_s, [u_t; c_t]); emotion e_t = GRU_E(e_{t-1}, q_s).

    Dropout is kept out of the states that are carried on [ours].

    Shapes:
        u [b, T, I], speaker [b, T] -> e [b, T, H].
    """

    def __init__(self, inputs: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.hidden = hidden
        self.conversation = nn.GRUCell(inputs + hidden, hidden)
        self.party = nn.GRUCell(inputs + hidden, hidden)
        self.emotion = nn.GRUCell(hidden, hidden)
        self.query = nn.Linear(inputs, hidden, bias=False)
        self.dropout = Dropout(dropout)

    def forward(self, u: Tensor, speaker: Tensor) -> Tensor:
        """Read T utterances of b dialogues in order."""
        dialogues, steps, _ = u.shape
        queries = self.query(u)
        g = e = u.new_zeros(dialogues, self.hidden)
        parties = u.new_zeros(dialogues, int(speaker.max()) + 1, self.hidden)
        conversation: list[Tensor] = []
        emotions: list[Tensor] = []
        for t in range(steps):
            where = speaker[:, t].view(-1, 1, 1).expand(-1, 1, self.hidden)
            q = parties.gather(1, where).squeeze(1)
            context = self._context(queries[:, t], conversation)
            g = self.conversation(torch.cat([u[:, t], q], dim=1), g)
            conversation.append(g)
            q = self.party(torch.cat([u[:, t], context], dim=1), q)
            parties = parties.scatter(1, where, q.unsqueeze(1))
            e = self.emotion(self.dropout(q), e)
            emotions.append(e)
        # The last state is read by nothing. Several processes need every parameter in each step's graph,
        # dialogues of one utterance included: there these zeros are all that the query and it give.
        emotions[-1] = e + 0 * g
        return torch.stack(emotions, dim=1)

    def _context(self, query: Tensor, conversation: list[Tensor]) -> Tensor:
        """What of the conversation so far matters to an utterance, [b, H]; zero at its beginning."""
        if not conversation:
            return 0 * query
        past = torch.stack(conversation, dim=1)
        alpha = torch.bmm(past, query.unsqueeze(2)).softmax(1)
        return (alpha * past).sum(1)


class DialogueRNN(ConversationModel):
    """BiDialogueRNN+Att; where past-only, forward alone, and its attention reads the past.

    An utterance's own state is added to what its attention gathers [ours: attention starts out
    even, so that a dialogue's utterances would look alike for the first hundred steps].
    """

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Party states a direction, attention."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.inputs = LinearInputs(dimensions, hidden, dropout, config.input_dropout)
        directions = 1 if self.past_only else 2
        self.cells = nn.ModuleList(
            PartyStates(count * hidden, hidden, dropout) for _ in range(directions)
        )
        size = directions * hidden
        self.dropout = Dropout(dropout)
        self.attention = nn.Linear(size, size, bias=False)
        self.head = classifier(size, hidden, classes, dropout)

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance by the emotion states of its dialogue."""
        mask, layout = self.drop_modalities(batch.mask), Layout.of(batch)
        u = joined(self.inputs(batch, mask))
        layouts = (layout, layout.reversed())
        states = [
            order.flat(cell(order.pad(u), order.pad(batch.speaker)))
            for cell, order in zip(self.cells, layouts, strict=False)
        ]
        e = layout.pad(self.dropout(torch.cat(states, dim=1)))
        read = e + attend(self.attention(e), e, layout.visible(self.past_only))
        return Output(logits=self.head(layout.flat(read)), mask=mask)
