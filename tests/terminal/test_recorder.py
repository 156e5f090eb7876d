"""A recorded terminal: every screen that is kept is whole."""

import sys

from benchmarks.recorder import record

CODE = """
import time
for number in range(4):
    print(f"\\033[2J\\033[Htop {number}", flush=True)
    time.sleep(0.01)
    print(f"bottom {number}", flush=True)
    time.sleep(0.6)
"""


def test_a_screen_that_is_being_drawn_is_not_kept(tmp_path):
    recording = record([sys.executable, "-c", CODE], tmp_path)
    screens = [[line.plain.strip() for line in lines] for _, lines in recording.frames]
    assert recording.code == 0
    assert len({tuple(screen) for screen in screens}) >= 3
    assert all(screen == [f"top {screen[0][-1]}", f"bottom {screen[0][-1]}"] for screen in screens)
