"""IEMOCAP's official layout in small, with the defects that its users report."""

from pathlib import Path

import numpy as np

from tests.features.make_clips import tone, write_video, write_wav

HEADER = "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
VOTES = (
    "C-E2:\tNeutral;\t()\nC-E4:\tHappiness; Excited;\t(amused)\nC-F1:\tOther;\t()\n"
    "A-E3:\tval 3; act 2; dom  2;\t()\nA-F1:\tval 3; act 2; dom  1;\t()\n\n"
)
# Turn, start, end, label, text. The letter before the number speaks.
TURNS = [
    ("M000", 1.5, 2.5, "xxx", "I don\x92t know."),
    ("F000", 0.25, 1.25, "neu", "Excuse  me. "),
    ("F001", 2.6, 3.4, "exc", "We won!"),
    ("M001", 3.5, 4.0, "oth", "Oh."),
    ("F002", 4.2, 4.8, "fru", "Again?"),
    ("M002", 5.0, 5.6, "fea", "No!"),
]


def write_dialogue(root: Path, name: str, turns: list[tuple[str, float, float, str, str]]) -> None:
    """A dialogue's two text files, with what the real ones have beside turns."""
    dialog = root / f"Session{name[4]}" / "dialog"
    for kind in ("EmoEvaluation", "transcriptions"):
        (dialog / kind).mkdir(parents=True, exist_ok=True)
    rated = "".join(
        f"[{start:.4f} - {end:.4f}]\t{name}_{turn}\t{label}\t[2.5000, 2.5000, 2.5000]\n{VOTES}"
        for turn, start, end, label, _ in turns
    )
    spoken = [
        f"{name}_{turn} [{start:08.4f}-{end:08.4f}]: {text}" for turn, start, end, _, text in turns
    ]
    # A turn that nobody rated, in between; noise that is no turn; odd spacing.
    spoken.insert(1, f"{name}_MXX0 [002.5500 - 002.5900] :  Mhm.")
    spoken.insert(2, "M: [LAUGHTER]")
    spoken.append("")
    (dialog / "EmoEvaluation" / f"{name}.txt").write_text(HEADER + rated)
    (dialog / "transcriptions" / f"{name}.txt").write_bytes("\r\n".join(spoken).encode("latin-1"))
    (dialog / "EmoEvaluation" / "Categorical").mkdir(exist_ok=True)
    (dialog / "EmoEvaluation" / "Categorical" / f"{name}_e2_cat.txt").write_text("no labels here\n")
    for kind in ("EmoEvaluation", "transcriptions"):
        (dialog / kind / f"._{name}.txt").write_bytes(b"\x00\x05\x16\x07Mac OS X")


def write_media(root: Path, name: str, turns: list[str], real: bool) -> None:
    """A wav a turn and an avi a dialogue: the left half dark, the right half bright."""
    session = root / f"Session{name[4]}"
    sound, picture = session / "sentences" / "wav" / name, session / "dialog" / "avi" / "DivX"
    sound.mkdir(parents=True)
    picture.mkdir(parents=True, exist_ok=True)
    for number, turn in enumerate(turns):
        path = sound / f"{name}_{turn}.wav"
        if real:
            write_wav(path, [tone(0.6, 200 + 100 * number), tone(0.6, 200)], "stereo")
        else:
            path.write_bytes(b"RIFF")
        (sound / f"._{name}_{turn}.wav").write_bytes(b"\x00\x05\x16\x07")
    if real:
        frame = np.full((48, 96, 3), 40, np.uint8)
        frame[:, 48:] = 210
        write_video(picture / f"{name}.avi", [frame] * 150, keyframe_every=12)
    else:
        (picture / f"{name}.avi").write_bytes(b"RIFF")


def write_tree(root: Path) -> Path:
    """Two dialogues a session, one led by each actor; Session1's media are real and lack a wav."""
    for session in range(1, 6):
        for name in (f"Ses0{session}F_impro01", f"Ses0{session}M_script01_1b"):
            write_dialogue(root, name, TURNS)
            write_media(root, name, [turn for turn, *_ in TURNS], real=session == 1)
    (root / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F001.wav").unlink()
    (root / "Session2/dialog/avi/DivX/Ses02M_script01_1b.avi").unlink()
    return root
