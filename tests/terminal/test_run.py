"""Events in: stages, jobs, failures, the time that is left."""

import pytest

from ariigcn.config.reference import STAGES
from ariigcn.terminal.remaining import earlier_seconds, left_words, time_left, words
from ariigcn.terminal.stages import STAGE_OF, TARGETS, stage_of, title
from tests.terminal.conftest import CLIPS


def test_every_rule_has_a_stage_and_every_target_is_known(root):
    import re

    text = "".join(p.read_text() for p in sorted((root / "workflow" / "rules").glob("*.smk")))
    text += (root / "workflow" / "Snakefile").read_text()
    rules = set(re.findall(r"^ *rule (\w+):", text, re.M))
    rules |= set(re.findall(r"^ *use rule \w+ as (\w+) with", text, re.M))
    assert rules == set(STAGE_OF) | TARGETS
    assert list(dict.fromkeys(STAGE_OF.values())) == list(STAGES)
    assert stage_of("somebody_elses") == "other"


def test_a_job_is_called_by_its_rule_and_what_it_is_for():
    assert title("train", {"experiment": "ar-iigcn", "seed": "1"}) == "train: ar-iigcn, seed 1"
    assert title("extract_audio", {"store": "opensmile"}) == "extract audio: opensmile"
    assert title("report_page", {}) == "report page"


def test_stages_count_what_is_done_and_targets_are_no_jobs(shown):
    run = shown.run
    run.plan({"utterances": 1, "train": 4, "all": 1, "total": 6})
    shown.start(1, "utterances")
    run.finish(1)
    shown.start(2, "train", experiment="text", seed="0")
    assert run.start(9, "all", {}, None) is None
    assert run.stages() == {"table": (1, 1), "models": (0, 4)}
    assert (run.done, run.total, run.targets) == (1, 5, {"all"})


def test_a_job_that_starts_again_has_not_failed(shown):
    shown.run.plan({"train": 1})
    shown.start(1, "train")
    shown.run.fail(1)
    assert list(shown.run.failed.values()) == ["train"]
    shown.start(1, "train")
    shown.run.finish(1)
    assert not shown.run.failed and shown.run.done == 1


def test_time_left_is_known_from_jobs_of_the_same_rule(shown):
    run, clock = shown.run, shown.clock
    run.plan({"train": 4, "tables": 1})
    assert time_left(run) is None and left_words(run) == ""
    shown.start(1, "train")
    clock.now = 30
    run.finish(1)
    shown.start(2, "train")
    clock.now = 40
    assert time_left(run) == (pytest.approx(20 + 2 * 30), False)  # nobody knows what tables take
    assert left_words(run) == "at least 1 min 20 s left"
    run.earlier = {"tables": 10.0}
    assert time_left(run) == (pytest.approx(90), True)
    assert left_words(run) == "about 1 min 30 s left"


def test_jobs_side_by_side_share_the_time(shown):
    run, clock = shown.run, shown.clock
    run.plan({"train": 6})
    shown.start(1, "train")
    shown.start(2, "train")
    clock.now = 60
    run.finish(1)
    run.finish(2)
    assert time_left(run) == (pytest.approx(4 * 60 / 2), True)


def test_a_job_that_says_its_share_tells_the_rest_of_its_time(shown):
    run, clock = shown.run, shown.clock
    run.plan({"extract_video": 1})
    log = shown.start(1, "extract_video")
    clock.now = 50
    log.write_text(CLIPS.format(199))
    run.running[1].log.update()
    assert time_left(run) == (pytest.approx(50), True)


def test_earlier_runs_tell_what_a_rule_takes(tmp_path):
    for name, seconds in (("train.text.seed-0", 10), ("train.text.seed-1", 30), ("tables", 5)):
        (tmp_path / f"{name}.tsv").write_text(f"s\th:m:s\n{seconds}.0\t0:00:10\n")
    (tmp_path / "figures.tsv").write_text("s\th:m")  # cut off
    (tmp_path / "graph.tsv").write_text("s\th:m\nNA\t-\n")
    assert earlier_seconds(tmp_path) == {"train": 20.0, "tables": 5.0}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (250, "4 min 10 s"), (7500, "2 h 5 min")],
)
def test_a_span_of_time_in_words(seconds, said):
    assert words(seconds) == said
