"""An encoder for tests: its text says what becomes of a clip, as a damaged file would."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from ariigcn.core.settings import Section
from ariigcn.features.encoders import device
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.store import Status


class Parameters(Section):
    scale: float = Field(1.0, description="Factor.")
    pause_s: float = Field(0.0, description="Seconds a clip.")
    reads: bool = Field(False, description="A clip's file decides: its size.")
    tells_gpu: bool = Field(False, description="Its process and its GPU are its values.")
    loads_once: str = Field("", description="Names a file; where it is there, weights are not.")
    meet: str = Field("", description="A folder: no clip is done before two processes have one.")
    loads: bool = Field(True, description="False: its weights are not there.")


class Troubled:
    version = "1"
    weights_sha256 = ""
    dimension = 3
    feature_names = ("length", "scale", "one")

    def __init__(self, parameters: Parameters) -> None:
        if not parameters.loads:
            raise FileNotFoundError("weights.bin")
        if parameters.loads_once:
            Path(parameters.loads_once).touch(exist_ok=False)
        self.parameters = parameters

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        return [self.encode_one(clip) for clip in clips]

    def encode_one(self, clip: Clip) -> Encoded:
        if self.parameters.reads:
            return self.read(clip.media)
        text = clip.text or ""
        time.sleep(self.parameters.pause_s)
        if self.parameters.meet:
            self.meet(Path(self.parameters.meet))
        if text == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if text == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if text == "abort":
            os.abort()
        if text.startswith("kill twice "):
            # As where memory ends because of what the other workers hold: twice, then never again.
            tries = Path(text.removeprefix("kill twice "))
            tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
            if len(tries.read_text()) < 3:
                os.kill(os.getpid(), signal.SIGKILL)
        if self.parameters.tells_gpu:
            gpu = -1 if device._gpu is None else device._gpu
            return Encoded(np.array([os.getpid(), gpu, 0], np.float32))
        if text == "hang":
            time.sleep(3600)
        if text == "bug":
            raise ValueError("cannot be")
        if text == "nan":
            return Encoded(np.full(3, np.nan, np.float32))
        if not text:
            return Encoded(None, Status.MISSING, "no text")
        return Encoded(np.array([len(text), self.parameters.scale, 1], np.float32))

    def meet(self, folder: Path) -> None:
        (folder / str(os.getpid())).touch()
        until = time.monotonic() + 60
        while len(list(folder.iterdir())) < 2 and time.monotonic() < until:
            time.sleep(0.01)

    def read(self, path: Path | None) -> Encoded:
        if path is None:
            return Encoded(None, Status.MISSING, "the table has no media for it")
        if not path.is_file():
            return Encoded(None, Status.NO_FILE, f"no such file: {path.name}")
        size = path.stat().st_size
        return Encoded(np.array([size, 0, 0], np.float32)) if size else Encoded(None, Status.FAILED)


def make(modality: str, parameters: Parameters) -> Troubled:
    return Troubled(parameters)
