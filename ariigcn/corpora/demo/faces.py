"""Faces of the demo corpus: drawn people whose brows, eyes and mouth carry the expression."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 240  # pixels of a frame
SCALE = 2  # drawn this much larger, for smooth edges
LARGE_WIDTH, LARGE_HEIGHT = WIDTH * SCALE, HEIGHT * SCALE
Image = NDArray[Any]  # uint8 [height, width, 3]; OpenCV's own types say no more
Colour = tuple[int, int, int]  # blue, green, red
_LIP, _INSIDE = (85, 85, 165), (45, 35, 85)  # colours of the mouth


@dataclass(frozen=True)
class Face:
    """A speaker's looks; ``width`` and ``height`` scale the head, ``hair`` names a cut."""

    skin: Colour
    hair_colour: Colour
    shirt: Colour
    wall: Colour
    iris: Colour
    hair: str
    width: float = 1.0
    height: float = 1.0


# Hair is dark enough to stand out from the skin: the frontal-face cascade misses blond people whose
# brows are raised.
FACES = (
    Face((160, 190, 232), (40, 70, 120), (150, 90, 60), (190, 200, 205), (120, 80, 40), "long"),
    Face((140, 175, 222), (30, 32, 40), (70, 90, 60), (170, 160, 140), (40, 60, 90), "short", 1.06),
    Face((158, 188, 228), (30, 56, 92), (90, 60, 150), (205, 190, 170), (120, 80, 40), "bun", 1.0),
    Face((120, 155, 205), (25, 25, 30), (60, 60, 65), (150, 175, 190), (30, 45, 70), "bald", 1.0, 1.05),
    Face((168, 196, 238), (45, 60, 165), (120, 140, 50), (180, 185, 160), (70, 99, 60), "long", 1.0, 0.95),
    Face((150, 182, 226), (66, 68, 72), (110, 80, 40), (140, 150, 165), (130, 99, 60), "short", 1.0, 1.04),
    Face((110, 146, 196), (20, 22, 30), (40, 110, 190), (200, 205, 190), (25, 40, 60), "curly", 0.98),
    Face((165, 192, 230), (25, 40, 60), (150, 150, 160), (165, 150, 175), (50, 70, 90), "bob", 0.95, 0.98),
)  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """Where the features stand: heights in parts of the usual, curve > 0 smiles, ``eye`` 0 = shut."""

    brow: float
    tilt: float
    eye: float
    curve: float
    round: float


EXPRESSIONS = {
    "wide": Expression(brow=1.0, tilt=0.0, eye=1.3, curve=0.0, round=1.0),
    "smile": Expression(brow=0.25, tilt=0.0, eye=0.8, curve=1.0, round=0.0),
    "stern": Expression(brow=-0.6, tilt=0.8, eye=0.75, curve=-0.55, round=0.0),
    "blank": Expression(brow=0.1, tilt=0.0, eye=0.0, curve=0.0, round=0.0),
}


def draw(face: Face, shown: Expression, mouth: float, blink: bool) -> Image:
    """The person with one expression, twice the size of a frame.

    Args:
        face: whose looks.
        shown: where the features stand.
        mouth: how far it opens, 0 to 1.
        blink: whether the eyes are shut.

    Returns:
        BGR picture [LARGE_HEIGHT, LARGE_WIDTH, 3].
    """
    picture = _portrait(face).copy()
    pen = _Pen(picture, face)
    for side in (-1, 1):
        _draw_eye(pen, side, 0.0 if blink else shown.eye)
        _draw_brow(pen, side, shown)
    _draw_mouth(pen, shown, mouth)
    return picture


class _Pen:
    """Draws in a face's own frame: x and y in half head widths and heights from its middle."""

    def __init__(self, picture: Image, face: Face) -> None:
        self.picture, self.face = picture, face
        self.size = np.array([98.0 * face.width, 130.0 * face.height])
        self.middle = np.array([LARGE_WIDTH / 2, LARGE_HEIGHT / 2 + 10.0])

    def at(self, points: Any) -> NDArray[np.int32]:
        """Picture positions of points in the face's frame."""
        places = self.middle + np.asarray(points, dtype=float) * self.size
        return np.rint(places).astype(np.int32)

    def oval(
        self, centre: Any, radii: Any, colour: Colour, angles: tuple[float, float] = (0, 360)
    ) -> None:
        """A filled ellipse, or the part of it between two angles in degrees."""
        import cv2

        axes: list[int] = np.maximum(np.rint(np.asarray(radii) * self.size), 1).astype(int).tolist()
        place: list[int] = self.at(centre).tolist()
        cv2.ellipse(self.picture, place, axes, 0.0, *angles, colour, -1, cv2.LINE_AA)

    def curve(self, points: Any, colour: Colour, thickness: int) -> None:
        """A smooth line through three points."""
        import cv2

        first, middle, last = np.asarray(points, dtype=float)
        t = np.linspace(0, 1, 16)[:, None]
        control = 2 * middle - (first + last) / 2
        line = (1 - t) ** 2 * first + 2 * t * (1 - t) * control + t**2 * last
        cv2.polylines(self.picture, [self.at(line)], False, colour, thickness, cv2.LINE_AA)


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(part * factor)) for part in colour)
    return blue, green, red


@cache
def _portrait(face: Face) -> Image:
    """Everything that never moves: room, clothes, hair, and the shaded head without its features."""
    picture = np.empty((LARGE_HEIGHT, LARGE_WIDTH, 3), np.uint8)
    picture[:] = face.wall
    pen = _Pen(picture, face)
    if face.hair in ("long", "bob"):
        pen.oval((0, 0.05), (1.2, 1.16), face.hair_colour)
        pen.oval((0, 0.7), (1.2, 0.75 if face.hair == "long" else 0.3), face.hair_colour)
    if face.hair == "curly":
        for angle in np.linspace(3.3, 6.1, 9):
            pen.oval((1.0 * np.cos(angle), 0.85 * np.sin(angle)), (0.4, 0.34), face.hair_colour)
    if face.hair == "bun":
        pen.oval((0, -1.15), (0.42, 0.3), face.hair_colour)
    pen.oval((0, 1.75), (1.95, 0.75), face.shirt)
    pen.oval((0, 1.05), (0.45, 0.4), _shade(face.skin, 0.78))
    for side in (-1, 1):
        pen.oval((side * 1.0, 0.02), (0.13, 0.2), _shade(face.skin, 0.85))
    if face.hair != "bald":
        pen.oval((0, -0.22), (1.06, 0.92), face.hair_colour)
    pen.oval((0, 0), (0.97, 1.0), face.skin)
    if face.hair != "bald":
        pen.oval((0, -0.62), (0.9, 0.46), face.hair_colour, (180, 360))
    _light(picture, pen)
    nose = _shade(face.skin, 0.68)
    pen.curve([(-0.14, 0.26), (0, 0.32), (0.14, 0.26)], nose, 4)
    return picture


def _light(picture: Image, pen: _Pen) -> None:
    """Shade the scene softly: darker eye sockets and cheeks' edges, a lighter forehead and nose."""
    import cv2

    spots = (
        ((0.42, -0.18), (0.34, 0.18), -88),
        ((-0.42, -0.18), (0.34, 0.18), -88),
        ((0.0, 0.0), (0.1, 0.26), 34),
        ((0.0, -0.5), (0.5, 0.14), 20),
        ((0.5, 0.22), (0.26, 0.16), 26),
        ((-0.5, 0.22), (0.26, 0.16), 26),
        ((0.0, 0.38), (0.3, 0.06), -26),
        ((0.0, 0.78), (0.22, 0.08), 14),
        ((0.92, 0.2), (0.12, 0.6), -45),
        ((-0.92, 0.2), (0.12, 0.6), -30),
    )
    layer = np.full((LARGE_HEIGHT, LARGE_WIDTH), 128, np.uint8)
    for centre, radii, strength in spots:
        _Pen(layer, pen.face).oval(centre, radii, (128 + strength,) * 3)
    light = cv2.GaussianBlur(layer, (0, 0), 13).astype(np.float32) - 128
    light += np.linspace(12, -18, LARGE_WIDTH, dtype=np.float32)
    picture[:] = np.clip(picture + light[:, :, None] * (picture / 200.0), 0, 255).astype(np.uint8)


def _draw_eye(pen: _Pen, side: int, openness: float) -> None:
    x, y, lash = side * 0.42, -0.16, _shade(pen.face.skin, 0.22)
    if openness < 0.2:
        pen.curve([(x - 0.21, y), (x, y + 0.06), (x + 0.21, y)], lash, 5)
        return
    height = 0.085 * openness
    pen.oval((x, y), (0.21, height), (238, 240, 242))
    iris = min(0.085, height * 1.05)
    pen.oval((x, y), (0.105, iris), pen.face.iris)
    pen.oval((x, y), (0.06, iris * 0.62), (15, 15, 15))
    pen.oval((x - 0.03, y - 0.03), (0.022, 0.018), (250, 250, 250))
    lid = [(x - 0.23, y + 0.01), (x, y - height - 0.012), (x + 0.23, y + 0.01)]
    pen.curve(lid, lash, 6)
    pen.curve([(x - 0.2, y), (x, y + height), (x + 0.2, y)], _shade(pen.face.skin, 0.6), 2)


def _draw_brow(pen: _Pen, side: int, shown: Expression) -> None:
    y = -0.37 - 0.12 * shown.brow
    inner, outer = (side * 0.17, y + 0.1 * shown.tilt), (side * 0.68, y + 0.04 - 0.05 * shown.tilt)
    middle = (side * 0.42, y - 0.03 - 0.05 * max(shown.brow, 0.0))
    dark = pen.face.hair_colour if pen.face.hair != "bald" else (35, 38, 45)
    pen.curve([inner, middle, outer], _shade(dark, 0.42), 10)


def _draw_mouth(pen: _Pen, shown: Expression, mouth: float) -> None:
    y = 0.58
    if shown.round > 0.5:
        tall = (0.1 + 0.09 * mouth) * shown.round
        pen.oval((0, y), (0.2, tall + 0.035), _LIP)
        pen.oval((0, y), (0.15, tall), _INSIDE)
        return
    wide = 0.36 + 0.08 * max(shown.curve, 0.0)
    corner, bottom = y - 0.09 * shown.curve, y + 0.06 * shown.curve
    opening = 0.03 * (shown.curve > 0) + 0.12 * mouth
    _fill_lips(pen, wide, corner, (bottom - 0.02, bottom + opening))
    if shown.curve > 0.5:
        for side in (-1, 1):
            fold = [(side * 0.52, 0.3), (side * 0.6, 0.42), (side * 0.56, 0.56)]
            pen.curve(fold, _shade(pen.face.skin, 0.7), 3)


def _fill_lips(pen: _Pen, wide: float, corner: float, span: tuple[float, float]) -> None:
    """A mouth between an upper and a lower curve; teeth show where it smiles open."""
    import cv2

    t = np.linspace(-1, 1, 25)
    edges = [corner + (middle - corner) * (1 - t**2) for middle in span]
    outline = np.concatenate(
        [np.stack([t * wide, edges[0]], 1), np.stack([t * wide, edges[1]], 1)[::-1]]
    )
    cv2.fillPoly(pen.picture, [pen.at(outline)], _INSIDE, cv2.LINE_AA)
    smiling = corner < span[0]
    if smiling:
        teeth = np.concatenate(
            [
                np.stack([t * wide * 0.85, edges[0]], 1),
                np.stack([t * wide * 0.85, edges[0] + 0.05 * (1 - t**2)], 1)[::-1],
            ]
        )
        cv2.fillPoly(pen.picture, [pen.at(teeth)], (240, 242, 244), cv2.LINE_AA)
    cv2.polylines(pen.picture, [pen.at(outline)], True, _LIP, 7, cv2.LINE_AA)
