"""The workflow called again over a corpus of MELD's size when there is nothing to do."""

import csv
import shutil
import subprocess
import time
from pathlib import Path

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate
from benchmarks.reading import ROWS
from benchmarks.workflow import command


def nothing_to_do(folder: Path, cores: int) -> dict[str, float]:
    """Seconds of ``snakemake features``, first and second time; all clips but one are absent."""
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    generate(DemoConfig(dialogues=3, broken_clips=False), folder / "demo", cores)
    shutil.copy(next((folder / "demo").rglob("*.mp4")), corpus / "0.mp4")
    (folder / "vectors.txt").write_text("well 0.5 0.25\n")
    with (corpus / "conversations.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(
            ["dialogue_id", "utterance_id", "speaker", "text", "emotion", "split", "media"]
        )
        for row in range(ROWS):
            split = ("train", "train", "validation", "test")[row // 10 % 4]
            emotion = ("joy", "anger")[row % 2]
            table.writerow([f"d{row // 10}", f"u{row}", "a", "well", emotion, split, f"{row}.mp4"])
    glove = f"{{encoder: glove, parameters: {{vectors: {folder / 'vectors.txt'}}}}}"
    features = f"features={{max_failed_share: 1.0, text: {glove}}}"
    config = ["corpus=folder", f"corpus_root={corpus}", features]
    words = command(folder, "features", cores=cores, config=config)
    first = _seconds(words)
    return {"rows": ROWS, "first_s": first, "again_s": _seconds(words)}


def _seconds(words: list[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return time.perf_counter() - started
