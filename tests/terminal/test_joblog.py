"""Where a job stands is read from its log, while it is written, on whatever machine."""

import logging
import os

import pytest

from ariigcn.core.logs import configure_logging, progress, read_line, read_progress
from ariigcn.terminal.joblog import JobLog, tail
from tests.terminal.conftest import CLIPS, EPOCH


@pytest.fixture
def job(tmp_path):
    """A job's log file, which this process writes as a job does."""
    root, ours = logging.getLogger(), logging.getLogger("ariigcn")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    configure_logging(tmp_path / "job.log")
    yield tmp_path / "job.log"
    logging.captureWarnings(False)
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def log(tmp_path):
    return JobLog(tmp_path / "job.log")


def write(log, text, mode="a"):
    with open(log.path, mode, encoding="utf-8") as stream:
        stream.write(text)
    log.update()


def test_what_a_job_counts_is_read_back(job):
    """The writer and the reader are one format."""
    with progress("seed 1: epoch", 40) as counter:
        counter.advance(12, note="validation F1 86.4")
    with progress("demo: audio features", 398, 100) as counter:
        counter.advance(20, failed=3)
    with progress("nothing to count", 0):
        pass
    lines = job.read_text().splitlines()
    found = [read_progress(read_line(line)[1]) for line in lines]
    assert [str(f) for f in found] == [
        "seed 1: epoch 12 of 40, validation F1 86.4",
        "demo: audio features 120 of 398, 3 unusable",
        "nothing to count 0 of 0",
    ]
    assert "inf" not in lines[-1]


def test_a_jobs_log_holds_no_chatter_of_other_libraries(job):
    """A picture as PDF once left a hundred lines on how fonts were cut."""
    from matplotlib.figure import Figure

    figure = Figure()
    figure.text(0.5, 0.5, "words")
    figure.savefig(job.with_name("figure.pdf"))
    logging.getLogger("some.library").warning("something is wrong")
    logging.getLogger("ariigcn.training.run").info("seed 1: selected epoch 3")
    levels = [read_line(line) for line in job.read_text().splitlines()]
    assert levels == [
        ("WARNING", "something is wrong"),
        ("INFO", "seed 1: selected epoch 3"),
    ]


def test_megabytes_are_read_and_other_lines_are_no_progress():
    words = "MELD.tar.gz 12.5 of 10878.1 MB, 3.1 MB a second, time left 0:58:20"
    assert read_progress(words)[:3] == ("MELD.tar.gz", 12.5, 10878.1)
    for other in (
        "demo: text features: 398 ok",
        "seed 1: selected epoch 3 of 9, no validation",
        "",
    ):
        assert read_progress(other) is None


def test_it_follows_a_log_and_waits_for_a_lines_end(log):
    assert not log.started and log.standing() == ""
    write(log, EPOCH.format(11, 85.0) + EPOCH.format(12, 86.4)[:-5])
    assert log.standing() == "seed 1: epoch 11 of 40, validation F1 85.0"
    write(log, EPOCH.format(12, 86.4)[-5:])
    assert log.standing() == "seed 1: epoch 12 of 40, validation F1 86.4"


def test_an_earlier_attempts_log_does_not_count(tmp_path):
    path = tmp_path / "job.log"
    path.write_text(EPOCH.format(39, 80.0) + "10:00:06 ERROR out of memory\n")
    os.utime(path, ns=(1, 1))
    log = JobLog(path)
    log.update()
    assert not log.started and log.standing() == "" and not log.failed
    write(log, EPOCH.format(1, 20.0), "w")
    assert log.started and log.standing().startswith("seed 1: epoch 1 of 40")


def test_processes_within_a_job_put_their_name_before_their_line(log):
    write(log, "10:00:01 INFO seed 1: " + EPOCH.format(12, 86.4))
    assert log.standing() == "seed 1: epoch 12 of 40, validation F1 86.4"


def test_a_search_shows_its_trial_and_the_epoch_within_it(log):
    write(log, EPOCH.format(3, 50.0))
    write(log, "10:00:09 INFO trial 4 of 15, 0.1 a second, 90 s left\n" + EPOCH.format(7, 61.0))
    assert log.standing() == "trial 4 of 15; seed 1: epoch 7 of 40, validation F1 61.0"
    assert log.share() == pytest.approx(4 / 15)


def test_epochs_are_no_share_since_a_run_may_stop_before_the_last(log):
    write(log, EPOCH.format(20, 50.0))
    assert log.share() is None
    write(log, CLIPS.format(199))
    assert log.share() == pytest.approx(0.5)


def test_scores_warnings_and_errors_are_kept(log):
    write(log, "10:00:01 INFO seed 0: selected epoch 21 of 31, validation F1 84.6\n")
    write(log, "10:00:01 WARNING the one before is used\n10:00:02 ERROR no\nTraceback\n")
    assert (log.scores, log.warnings, log.failed) == (["84.6"], ["the one before is used"], True)


def test_the_tail_of_a_file_is_its_last_lines_that_say_something(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"%d\n\n" % n for n in range(100_000)) + b"\xff\n")
    assert tail(path)[-2:] == ["99999", "\N{REPLACEMENT CHARACTER}"] and len(tail(path)) == 10
    assert tail(tmp_path / "absent") == []
