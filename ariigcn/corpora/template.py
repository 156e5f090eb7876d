"""``ariigcn corpus init``: an empty-handed start for a corpus of one's own."""

from pathlib import Path

from ariigcn.core.errors import DataError

TABLE = """\
# One row per utterance, in the order of speaking. Lines before the header that start with
# '#' are comments. Needed: dialogue_id, utterance_id (used once), speaker. May be left out or empty:
#   text      what was said
#   emotion   its label; empty = context only
#   split     train, validation or test, the same for a whole dialogue; without the column they are
#             cut by dialogue, which takes three dialogues
#   media     file within this folder: one clip an utterance, or one recording per dialogue
#   start_s   seconds within media; empty = from its start
#   end_s     seconds within media; empty = to its end
# Replace the rows below with your own; quote cells that hold commas.
dialogue_id,utterance_id,speaker,text,emotion,media,start_s,end_s
monday,monday-0,Ann,"Well, did they call?",neutral,,,
monday,monday-1,Ben,We got it! We really got it!,joy,,,
tuesday,tuesday-0,Ben,You said you would be here at six.,anger,,,
tuesday,tuesday-1,Ann,"I know, I am sorry.",sadness,,,
friday,friday-0,Ann,Guess who is back!,joy,,,
friday,friday-1,Cleo,Oh.,,,,
"""
README = """\
# A corpus of my own

`conversations.csv` is the table, one row per utterance; its head explains the columns. It may be
`conversations.tsv` or `conversations.parquet` instead. Media files are in this folder, beside it or
deeper. What an utterance lacks (sound, picture, text, a label) is masked, never guessed.

Instead of the table: one `NAME.srt` or `NAME.vtt` with the speakers' names beside each recording
`NAME.mp4` (or .mkv, .wav, ...). A cue is an utterance: `Ann: What was said` or `<v Ann>What was said`.
Subtitles carry no emotions, so you cannot train on such a corpus, only predict it. If cues name nobody,
name the speaker once: the check's --set speaker=NAME, then --config 'folder={speaker: NAME}'.

Check it:

    ariigcn corpus check folder --root .

Train on it, from the workflow's own folder:

    snakemake --cores 8 all --config corpus=folder corpus_root=DIR
"""


def write_template(folder: Path) -> list[Path]:
    """Write a commented table and a README; the files.

    Raises:
        DataError: one of them is there already; nothing is overwritten.
    """
    files = {folder / "conversations.csv": TABLE, folder / "README.md": README}
    for path in files:
        if path.exists():
            raise DataError(f"{path}: exists already; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)
