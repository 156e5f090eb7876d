"""What `ariigcn predict`, `ariigcn models` and `ariigcn doctor` show on a terminal."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ariigcn.core.console import folding_table, harmless, plain_console
from ariigcn.predict.conversation import Conversation, Utterance
from ariigcn.predict.recordings import gather, untranscribed
from ariigcn.predict.sources import find_sources
from ariigcn.predict.zoo import shipped, trained

if TYPE_CHECKING:
    from ariigcn.predict.doctor import Finding


def show(conversations: Sequence[Conversation], out: Path | None) -> None:
    """Print what was predicted, or how much of it was written and where."""
    console = plain_console()
    if out is not None:
        count = sum(len(c.utterances) for c in conversations)
        console.print(f"{count:,} utterance(s) of {len(conversations)} conversation(s): {out}")
    for conversation in conversations:
        if conversation.error:
            said = f"{conversation.name}: no prediction: {conversation.error}"
            console.print(Text(said, style="red"))
        elif out is None:
            console.print(_table(conversation))
        for note in conversation.notes:
            console.print(Text(f"{conversation.name}: {note}", style="dim"))


def show_recordings(root: Path) -> bool:
    """Print what a folder of recordings without a table can be used for; False where some are broken.

    Raises:
        DataError: the folder holds no recording and no transcript.
    """
    console = plain_console(highlight=False)
    waiting = untranscribed(root)
    given, failures = gather([s for s in find_sources([root]) if s not in waiting])
    turns = sum(len(transcript.turns) for _, transcript in given)
    recordings = sum(source.recording is not None for source, _ in given)
    counts = f"{len(given):,} conversation(s), {recordings:,} with a recording"
    console.print(f"{counts}; {turns:,} utterances")
    if waiting:
        first = ", ".join(source.recording.name for source in waiting[:3] if source.recording)
        told = f"{len(waiting):,} recording(s) without a transcript, first {first}"
        console.print(Text(f"{told}: a machine can transcribe them (ariigcn[speech])"))
    for failure in failures:
        console.print(Text(f"defect: {failure.name}: {failure.error}", style="red"))
    console.print(
        "You can predict it (snakemake predictions --config model=NAME corpus=folder "
        f"corpus_root={root}); it has no labels, so you cannot train on it."
    )
    return not failures


def show_models(results: Path) -> None:
    """Print the models that can be named."""
    table = folding_table("model", "trained on", "reads", "emotions", "from")
    table.columns[0].no_wrap = True  # a name is typed
    here = trained(results)
    for origin, models in (("ships", shipped()), (str(results), here.models)):
        for model in models:
            reads, emotions = ", ".join(model.modalities), ", ".join(model.labels)
            table.add_row(model.name, model.corpus, reads, emotions, origin)
    console = plain_console()
    console.print(table)
    for words in here.defects:
        console.print(Text(f"defect: {words}", style="red"), soft_wrap=True)


def show_findings(findings: Iterable["Finding"]) -> bool:
    """Print what there is as it is found; False where something is lacking."""
    console, section, lacking = plain_console(highlight=False), "", []
    for finding in findings:
        if finding.section != section:
            section = finding.section
            console.print(Text(section, style="bold"))
        lacking += [finding.name] if finding.lacking else []
        mark = "MISSING: " if finding.lacking else ""
        console.print(Text(f"  {finding.name}: {mark}{finding.said}"), soft_wrap=True)
    if lacking:
        console.print(f"The default configuration needs what is missing: {', '.join(lacking)}.")
    return not lacking


def _table(conversation: Conversation) -> Table:
    title = harmless(conversation.name)
    table = folding_table("time", "speaker", "said", "emotion", title=title)
    for utterance in conversation.utterances:
        emotion = f"{utterance.emotion} {utterance.probability:.0%}"
        table.add_row(
            _time(utterance), harmless(utterance.speaker), harmless(_said(utterance)), emotion
        )
    return table


def _time(utterance: Utterance) -> str:
    if utterance.start_s is None:
        return str(utterance.number + 1)
    tenths = round(10 * utterance.start_s)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


def _said(utterance: Utterance) -> str:
    lines = [utterance.text or ""]
    lines += [f"(no {modality}: {why})" for modality, why in utterance.missing.items()]
    if utterance.explanation:
        modalities, context = utterance.explanation.modalities, utterance.explanation.context
        changes = [f"its {modality} {100 * change:+.0f}" for modality, change in modalities.items()]
        changes += [f"utterance {near.number + 1} {100 * near.change:+.0f}" for near in context]
        lines.append(f"(points without {', '.join(changes)})" if changes else "")
    return "\n".join(line for line in lines if line)
