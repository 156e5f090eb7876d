"""A command in a terminal of its own: what stands on the screen, as often as it changes."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyte
from rich.color import ColorParseError
from rich.style import Style
from rich.text import Text

EVERY_S = 0.5
# A screen that is still being drawn is no screen: the rest of it comes within this time.
DRAWN_S = 0.05
NAMES = {"brown": "yellow"}  # pyte's names of colours, where rich has others


@dataclass
class Recording:
    """What a terminal showed.

    Args:
        code: exit status.
        last: the screen at the end, with what scrolled out of it above, a line each.
        frames: what stood on it from time to time and at the end, with the seconds since the start.
    """

    code: int
    last: list[Text]
    frames: list[tuple[float, list[Text]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The end without colours."""
        return "\n".join(line.plain.rstrip() for line in self.last)


def record(
    command: Sequence[str],
    folder: Path,
    columns: int = 92,
    lines: int = 30,
    seen: Callable[[str], None] | None = None,
) -> Recording:
    """Run a command in a terminal and watch its screen.

    Args:
        command: with its arguments.
        folder: where it runs.
        columns, lines: the size of the terminal.
        seen: is told each new screen, plain.
    """
    screen = pyte.HistoryScreen(columns, lines, history=10_000, ratio=0.1)
    stream = pyte.ByteStream(screen)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        environment.pop(name, None)
    frames: list[tuple[float, list[Text]]] = []
    started, last = time.monotonic(), 0.0
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=follower, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        while data := _read(leader):
            stream.feed(data)
            now = time.monotonic() - started
            if now - last >= EVERY_S and not _more(leader):
                last = now
                frames.append((now, _shown(screen)))
                if seen is not None:
                    seen("\n".join(screen.display))
    os.close(leader)
    frames.append((time.monotonic() - started, _shown(screen)))
    above = [_line(row, columns) for row in screen.history.top]
    return Recording(process.returncode, [*above, *_shown(screen)], frames)


def _read(leader: int) -> bytes:
    """What has come, at least a byte; none once the other side is closed."""
    select.select([leader], [], [])
    try:
        return os.read(leader, 65_536)
    except OSError:  # Linux says so where nobody has the terminal open any more
        return b""


def _more(leader: int) -> bool:
    """Whether something comes at once."""
    return bool(select.select([leader], [], [], DRAWN_S)[0])


def _shown(screen: pyte.Screen) -> list[Text]:
    found = [_line(screen.buffer[row], screen.columns) for row in range(screen.lines)]
    while found and not found[-1].plain.strip():
        found.pop()
    return found


def _line(row: dict[int, pyte.screens.Char], columns: int) -> Text:
    line = Text()
    for column in range(columns):
        char = row[column]
        line.append(char.data, Style(color=_colour(char.fg), bold=char.bold))
    line.rstrip()
    return line


def _colour(name: str) -> str | None:
    if name == "default":
        return None
    wanted = NAMES.get(name, name if len(name) != 6 else f"#{name}")
    try:
        Style(color=wanted)
    except ColorParseError:
        return None
    return wanted
