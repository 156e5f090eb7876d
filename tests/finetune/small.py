"""How the tests call a small fine-tuning of text, and how one is killed."""

from pathlib import Path
from typing import Any

from ariigcn.finetune.config import ALL
from ariigcn.finetune.run import learn
from ariigcn.finetune.text import Parameters


def parameters(base: Path, **given: Any) -> Parameters:
    small = {"epochs": 2, "batch": 4, "folds": 2, "learning_rate": 0.005, "max_tokens": 24}
    small |= {"freeze_embeddings": False, "threads": 1}
    return Parameters(**{"base": str(base), **small, **given})


def learned(table: Path, folder: Path, asked: Parameters) -> Parameters:
    """Every encoder that the parameters ask for, in a folder."""
    asked = asked.model_copy(update={"folder": str(folder)})
    for number, out in zip(asked.encoders, asked.needed, strict=True):
        run(table, Path(out), asked, number)
    return asked


def run(table: Path, out: Path, asked: Parameters, number: int = ALL) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoints = out.parent / ".checkpoints" / out.name
    learn(table, out, checkpoints=checkpoints, parameters=asked, number=number)


class Killed(BaseException):
    """Nothing is cleaned up after it."""


def killed_after(step: int, inner: Any) -> Any:
    """``Watch.on_step_end`` that dies after so many steps."""
    counted = 0

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **given: Any) -> None:
        nonlocal counted
        counted += 1
        if counted > step:
            raise Killed
        inner(self, args, state, control, **given)

    return on_step_end
