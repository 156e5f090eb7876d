"""Moving pictures of the demo corpus: drawn people who speak, and scenery without anybody."""

import numpy as np
from numpy.typing import NDArray

from ariigcn.corpora.demo.faces import (
    EXPRESSIONS,
    HEIGHT,
    LARGE_HEIGHT,
    LARGE_WIDTH,
    SCALE,
    WIDTH,
    Expression,
    Face,
    Image,
    draw,
)

FPS = 15
MOUTH_LEVELS = 4


def talking_head(
    face: Face, expression: str, loudness: NDArray[np.float64], rng: np.random.Generator
) -> list[Image]:
    """Frames of a person who speaks: loudness [n], 0 to 1 -> n BGR pictures [HEIGHT, WIDTH, 3]."""
    import cv2

    shown = _vary(EXPRESSIONS[expression], rng)
    blink_at = int(rng.integers(8, 30))
    drawn: dict[tuple[int, bool], Image] = {}
    sway = _sway(len(loudness), rng)
    frames = []
    for i, level in enumerate(loudness):
        key = (round(float(level) * MOUTH_LEVELS), i % 45 in (blink_at, blink_at + 1))
        if key not in drawn:
            drawn[key] = draw(face, shown, key[0] / MOUTH_LEVELS, key[1])
        moved = cv2.warpAffine(
            drawn[key], sway[i], (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=1
        )
        frames.append(moved)
    return frames


def scenery(frames: int, rng: np.random.Generator) -> list[Image]:
    """Frames without anybody: hills, a sky, a slow pan; BGR pictures [HEIGHT, WIDTH, 3]."""
    import cv2

    wide = WIDTH + 2 * frames
    picture: Image = np.empty((HEIGHT, wide, 3), np.uint8)
    picture[:] = np.linspace((225, 180, 120), (240, 225, 205), HEIGHT)[:, None]
    x = np.arange(wide)
    for base, height, colour in ((120, 22, (120, 150, 110)), (165, 16, (70, 125, 80))):
        phase = rng.uniform(0, 6, size=2)
        ridge = base + height * np.sin(x / 47 + phase[0]) + height / 2 * np.sin(x / 19 + phase[1])
        outline = np.stack([x, ridge], axis=1).round().astype(np.int32)
        corners = np.array([[wide, HEIGHT], [0, HEIGHT]], np.int32)
        cv2.fillPoly(picture, [np.concatenate([outline, corners])], colour)
    picture = cv2.GaussianBlur(picture, (3, 3), 0)
    return [np.ascontiguousarray(picture[:, 2 * i : 2 * i + WIDTH]) for i in range(frames)]


def _vary(usual: Expression, rng: np.random.Generator) -> Expression:
    """The expression a little stronger or weaker, as people are."""
    strength = rng.uniform(0.85, 1.1)
    return Expression(
        brow=usual.brow * strength,
        tilt=usual.tilt * strength,
        eye=usual.eye * rng.uniform(0.94, 1.06),
        curve=usual.curve * strength,
        round=usual.round * strength,
    )


def _sway(frames: int, rng: np.random.Generator) -> list[NDArray[np.float64]]:
    """A matrix a frame from the large drawing to the picture, with slow small head motion."""
    import cv2

    phase, speed = rng.uniform(0, 6, size=3), rng.uniform(0.06, 0.14, size=3)
    middle = LARGE_WIDTH / 2, LARGE_HEIGHT / 2
    zoom = rng.uniform(0.94, 1.06) / SCALE
    matrices = []
    for i in range(frames):
        dx, dy, turn = np.sin(phase + i * speed) * (5.0, 3.0, 2.0)
        matrix = np.asarray(cv2.getRotationMatrix2D(middle, turn, zoom), np.float64)
        matrix[:, 2] += (WIDTH - LARGE_WIDTH) / 2 + dx, (HEIGHT - LARGE_HEIGHT) / 2 + dy
        matrices.append(matrix)
    return matrices
