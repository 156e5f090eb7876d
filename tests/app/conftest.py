"""A recording with its transcript, and the page's server as a process of its own."""

import pytest

from tests.app.serving import serving
from tests.features.make_clips import grey_frames, tone, write_video
from tests.predict.conftest import headers, make_model  # noqa: F401 - fixtures

SAID = """1
00:00:00,000 --> 00:00:01,000
Ann: I am so happy!

2
00:00:01,000 --> 00:00:02,000
Ben: Leave me alone.

3
00:00:02,200 --> 00:00:03,000
Ann: Oh my God, are you serious?
"""


@pytest.fixture(scope="session")
def talk(tmp_path_factory):
    """A film of three seconds; its subtitles lie beside it."""
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    write_video(path, grey_frames(75), tone(3.0), keyframe_every=5, faststart=True)
    path.with_suffix(".srt").write_text(SAID)
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A page that takes files of 1 MB and recordings of six seconds; one model here is damaged."""
    pytest.importorskip("gradio", reason="the extra ariigcn[app] is not installed")
    results = tmp_path_factory.mktemp("results")
    (results / "demo/cut/seed-0/model").mkdir(parents=True)
    (results / "demo/cut/seed-0/model/config.json").write_text("{}")
    limits = ("--max-size", "1", "--max-minutes", "0.1")
    with serving("--results", str(results), *limits) as running:
        yield running
