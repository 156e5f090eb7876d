"""The demo's session as pictures: the view while it runs, its end, and the whole of it as a film.

    python -m benchmarks.terminal_pictures [FOLDER]

Runs the workflow on the built-in corpus in a terminal, in a temporary folder or in FOLDER, and writes
docs/pictures/terminal-running.svg, terminal-end.svg and terminal-session.svg of what stood on the screen.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from benchmarks.recorder import record
from benchmarks.terminal_film import write_film

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
COMMAND = ("snakemake", "--cores", "2", "all", "--config", "seeds_in_turn=true")
COLUMNS = 92
FILM_S = 24.0  # the session passes in this time; README says so
# README's picture shows a training: the last screen before the end that does.
RUNNING = "epoch"


def main(folder: Path) -> None:
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder / name)
    made = record([sys.executable, "-m", *COMMAND], folder, COLUMNS)
    if made.code:
        raise SystemExit(made.text)
    command = " ".join(COMMAND)
    training = [lines for _, lines in made.frames if any(RUNNING in x.plain for x in lines)]
    PICTURES.mkdir(exist_ok=True)
    draw(command, training[len(training) // 2], PICTURES / "terminal-running.svg")
    draw(command, shown(made.last, folder), PICTURES / "terminal-end.svg")
    write_film(
        PICTURES / "terminal-session.svg",
        f"The terminal from {command} to the results",
        [
            (at, [Text(f"$ {command}", style="bold"), *shown(lines, folder)])
            for at, lines in made.frames
        ],
        COLUMNS,
        FILM_S,
    )
    print(f"the session took {made.frames[-1][0]:.0f} s")


def shown(lines: list[Text], folder: Path) -> list[Text]:
    """A screen without the name of the temporary folder."""
    return [Text(line.plain.replace(str(folder), "~/ar-iigcn")) if str(folder) in line.plain else line
            for line in lines]  # fmt: skip


def draw(command: str, lines: list[Text], path: Path) -> None:
    """Write what stood on a terminal as a picture."""
    with open("/dev/null", "w", encoding="utf-8") as nowhere:
        console = Console(
            record=True, width=COLUMNS, file=nowhere, color_system="truecolor", force_terminal=True
        )
        console.print(Text(f"$ {command}", style="bold"))
        for line in lines:
            console.print(line, no_wrap=True, crop=True)
        console.save_svg(str(path), title="AR-IIGCN")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]).resolve())
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
