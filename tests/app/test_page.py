"""What the page does where its visitor leaves, or time is over, while it works."""

import threading

import pytest

from ariigcn.app import Limits, build
from ariigcn.app.analysis import Given
from tests.app.serving import wait_until

pytest.importorskip("gradio", reason="the extra ariigcn[app] is not installed")


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))  # the page sets its own
    made = build(None, tmp_path / "results", Limits())
    yield made
    made._files.close()


def given(page):
    """A transcript that a visitor uploaded; taken up as the page does."""
    path = page._files.uploads / "a" / "talk.srt"
    path.parent.mkdir(exist_ok=True)
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nAnn: Hi\n")
    return lambda: Given(transcript=page._files.upload(str(path), "ann"))


def left(page):
    return [path for path in page._files.root.rglob("*") if path.is_file()]


def test_what_is_written_after_the_visitor_has_left_is_removed(page, monkeypatch):
    """From the last stage on nobody asks any more whether the visitor is there."""
    from ariigcn.app import page as module

    writes, may_write, write_all = threading.Event(), threading.Event(), module.write_all

    def slow(found, folder):
        writes.set()
        assert may_write.wait(60)
        return write_all(found, folder)

    monkeypatch.setattr(module, "write_all", slow)
    shown = page._shown(given(page), "meld-text", "ann")
    next(shown)
    assert writes.wait(60)
    page._files.end("ann")
    shown.close()
    may_write.set()
    page._worker.shutdown()
    wait_until(lambda: not left(page))


def test_work_that_begins_after_the_visitor_has_left_leaves_nothing(page):
    """Gradio tells that a session has ended, and a little later closes what still works for it."""
    may_begin = threading.Event()
    page._worker.submit(may_begin.wait, 60)
    shown = page._shown(given(page), "meld-text", "ann")
    next(shown)
    page._files.end("ann")
    may_begin.set()
    page._worker.shutdown()
    assert left(page)
    shown.close()
    assert not left(page)


def test_a_result_whose_files_are_over_their_time_is_none(page, monkeypatch):
    from ariigcn.app import page as module

    analyse = module.analyse

    def long(*given):
        found = analyse(*given)
        page._files.end("ann")  # as after an hour
        return found

    monkeypatch.setattr(module, "analyse", long)
    *_, outcome = page._shown(given(page), "meld-text", "ann")
    assert "The page keeps files for 60 minutes" in outcome
    assert "upload them again" in outcome


@pytest.mark.parametrize("plugins", [False, True])
def test_modules_that_models_name_are_imported_where_the_command_says_so(
    tmp_path, monkeypatch, plugins
):
    from ariigcn.app import page as module

    asked = []
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(
        module.EmotionModel, "from_folder", lambda *_, plugins: asked.append(plugins)
    )
    made = build(None, tmp_path / "results", Limits(), plugins=plugins)
    made._model("meld-text")
    made._files.close()
    assert asked == [plugins]
