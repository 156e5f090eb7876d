"""EmoryNLP and DailyDialog in small, in the formats of their releases."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ariigcn.corpora import dailydialog, emorynlp
from ariigcn.corpora.config import DownloadConfig

Scenes = Mapping[str, Sequence[Mapping[str, Any]]]
Lines = Sequence[tuple[str, str]]


def said(number: int, text: str = "Oh, yeah!", *speakers: str, **fields: Any) -> dict[str, Any]:
    """An utterance of EmoryNLP, as its files have them."""
    return {
        "utterance_id": f"u{number:03d}",
        "speakers": list(speakers) or ["Joey Tribbiani"],
        "transcript": text,
        "tokens": [text.split()],
        "emotion": "Joyful",
    } | fields


def emory_file(scenes: Scenes) -> bytes:
    """A file of EmoryNLP: scene's id, such as ``s01_e02_c01`` -> its utterances."""
    episodes: dict[str, list[dict[str, Any]]] = {}
    for scene, utterances in scenes.items():
        own = [u | {"utterance_id": f"{scene}_{u['utterance_id']}"} for u in utterances]
        held = {"scene_id": scene, "utterances": own}
        episodes.setdefault(scene.rpartition("_")[0], []).append(held)
    told = [{"episode_id": name, "scenes": found} for name, found in episodes.items()]
    return json.dumps({"season_id": "trn", "episodes": told}, indent=2).encode()


def emory_parts(scenes: Mapping[str, Scenes]) -> tuple[emorynlp.Part, ...]:
    """The official parts with the sizes of small ones, by their split."""
    return tuple(
        replace(
            part,
            episodes=len({scene.rpartition("_")[0] for scene in scenes[part.split]}),
            scenes=len(scenes[part.split]),
            utterances=sum(map(len, scenes[part.split].values())),
        )
        for part in emorynlp.PARTS
    )


def daily_files(part: str, lines: Lines) -> dict[str, bytes]:
    """A part's three files; a line has utterances, parted by a bar, and emotions: ``Hi .|Bye .``."""
    texts = "".join(
        "__eou__".join(f" {t} " for t in said.split("|")).strip() + " __eou__\n"
        for said, _ in lines
    )
    emotions = "".join(f"{numbers} \n" for _, numbers in lines)
    return {
        f"dialogues_{part}.txt": texts.encode(),
        f"dialogues_act_{part}.txt": emotions.replace("0", "1").encode(),
        f"dialogues_emotion_{part}.txt": emotions.encode(),
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def daily_archive(parts: Mapping[str, Lines]) -> bytes:
    """The release: what is common to all dialogues, and a zip a part."""
    files = {
        "ijcnlp_dailydialog/readme.txt": b"read me",
        "ijcnlp_dailydialog/dialogues_text.txt": b"",
    }
    for part, lines in parts.items():
        own = {f"{part}/{name}": data for name, data in daily_files(part, lines).items()}
        mac = {f"__MACOSX/{part}/._dialogues_{part}.txt": b"Mac"}
        files[f"ijcnlp_dailydialog/{part}.zip"] = zipped({f"{part}/": b""} | own | mac)
    return zipped(files)


def daily_parts(parts: Mapping[str, Lines]) -> tuple[dailydialog.Part, ...]:
    """The official parts with the sizes of small ones."""
    return tuple(
        replace(
            part,
            dialogues=len(parts[part.name]),
            utterances=sum(len(text.split("|")) for text, _ in parts[part.name]),
        )
        for part in dailydialog.PARTS
    )


def obtained(
    corpus: ModuleType, folder: Path, clips: bool = False, **config: Any
) -> dict[str, Any]:
    """What a corpus's download says of itself, once its files lie in ``raw`` below a folder."""
    manifest = folder / "raw" / "downloaded.json"
    corpus.obtain(folder / "raw", folder / "download", DownloadConfig(**config), clips, manifest)
    told: dict[str, Any] = json.loads(manifest.read_text())
    return told
