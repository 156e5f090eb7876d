"""A recorded terminal session as one animated picture: SVG with CSS, no script, nothing loaded.

Every screen stands below the one before; the film moves them through the window, one at a time. Lines
that several screens share are written once.
"""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from rich.color import Color
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME as THEME
from rich.text import Text

Screen = Sequence[Text]
# The shape of a character: points of a picture's unit.
WIDE, HIGH, SIZE, MARGIN = 8.4, 18, 14, 12
LAST_S = 6.0  # the end stays, so that its table can be read


def screens_of(
    frames: Sequence[tuple[float, Screen]], seconds: float
) -> list[tuple[float, Screen]]:
    """As many screens as a film can show, each with the seconds that it stays.

    Args:
        frames: different screens, with the seconds at which they appeared.
        seconds: length of the film, without its end; the session's time runs evenly.
    """
    scale = seconds / (frames[-1][0] or 1.0)
    kept: list[tuple[float, Screen]] = []
    for at, screen in frames:
        shown = at * scale
        if kept and shown - kept[-1][0] < SHORTEST_S:
            kept[-1] = (kept[-1][0], screen)
        else:
            kept.append((shown, screen))
    ends = [at for at, _ in kept[1:]] + [kept[-1][0] + LAST_S]
    return [(end - at, screen) for end, (at, screen) in zip(ends, kept, strict=True)]


SHORTEST_S = 0.45


def film(title: str, screens: Sequence[tuple[float, Screen]], columns: int) -> str:
    """The picture of some screens, each of which stays for its seconds."""
    lines: dict[str, str] = {}
    drawn = []
    height = max(len(screen) for _, screen in screens) * HIGH + 2 * MARGIN
    for number, (_, screen) in enumerate(screens):
        uses = []
        for row, line in enumerate(screen):
            if line.plain.strip():
                name = lines.setdefault("".join(_spans(line)), f"l{len(lines)}")
                uses.append(f'<use href="#{name}" y="{row * HIGH}"/>')
        drawn.append(f'<g transform="translate(0 {number * height})">{"".join(uses)}</g>')
    whole, moves, at = sum(s for s, _ in screens), [], 0.0
    for number, (stays, _) in enumerate(screens):
        moves.append(f"{100 * at / whole:.2f}%{{transform:translateY(-{number * height}px)}}")
        at += stays
    end = (len(screens) - 1) * height
    width = columns * WIDE + 2 * MARGIN
    held = "".join(f'<g id="{name}">{spans}</g>' for spans, name in lines.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img">'
        f"<title>{escape(title)}</title><style>"
        f"text{{font:{SIZE}px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}"
        f".b{{font-weight:bold}}.film{{animation:play {whole:.1f}s step-end infinite}}"
        f"@keyframes play{{{''.join(moves)}}}"
        # The end stands still for whoever wants no motion, and on paper.
        "@media (prefers-reduced-motion:reduce),print"
        f"{{.film{{animation:none;transform:translateY(-{end}px)}}}}"
        f"</style><defs>{held}</defs>"
        f'<rect width="100%" height="100%" rx="8" fill="{_hex(THEME.background_color)}"/>'
        f'<svg x="{MARGIN}" y="{MARGIN}" width="{columns * WIDE:.0f}" height="{height - 2 * MARGIN}">'
        f'<g class="film">{"".join(drawn)}</g></svg></svg>\n'
    )


def write_film(
    path: Path, title: str, frames: Sequence[tuple[float, Screen]], columns: int, seconds: float
) -> None:
    """Write a session's film.

    Args:
        path: of the SVG.
        title: read out in place of the picture.
        frames: different screens, with the seconds at which they appeared.
        columns: width of the terminal.
        seconds: length of the film without its end.
    """
    path.write_text(film(title, screens_of(frames, seconds), columns), encoding="utf-8")


def _spans(line: Text) -> Iterator[str]:
    """A line's pieces of one style, each where its column is."""
    column = 0
    for piece in line.render(Console(width=500, color_system="truecolor"), end=""):
        words, style = piece.text, piece.style
        if words.strip():
            lead = len(words) - len(words.lstrip())
            shown = words.strip()
            colour = _hex(((style and style.color) or Color.default()).get_truecolor(THEME))
            bold = ' class="b"' if style and style.bold else ""
            yield (
                f'<text x="{(column + lead) * WIDE:g}" y="{SIZE}" fill="{colour}"{bold}'
                f' textLength="{len(shown) * WIDE:g}">{escape(shown)}</text>'
            )
        column += len(words)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
