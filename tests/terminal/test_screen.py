"""What people see of a run: lines in a file, the view on a terminal, a failure's last lines."""

from rich.console import Console

from ariigcn.terminal.screen import Lines, view
from tests.terminal.conftest import CLIPS, EPOCH


def lines(shown) -> Lines:
    return Lines(shown.run, shown.console, shown.spilt)


def said(shown) -> list[str]:
    return [line.rstrip() for line in shown.text.getvalue().splitlines()]


def test_a_file_gets_a_line_a_job_with_its_scores(shown):
    screen, run = lines(shown), shown.run
    run.plan({"utterances": 1, "train": 9, "all": 1})
    screen.begin()
    log = shown.start(7, "train", experiment="ar-iigcn")
    log.write_text("".join(f"10:00:01 INFO seed {s}: selected epoch 9 of 19, validation F1 8{s}.5\n"
                           for s in range(3)))  # fmt: skip
    shown.clock.now = 47
    job, seconds = run.finish(7)
    job.log.update()
    screen.finished(job, seconds)
    assert said(shown) == [
        "10 jobs: table 1, models 9",
        " 1 of 10  train: ar-iigcn, validation F1 80.5, 81.5, 82.5, 47 s",
    ]


def test_a_warning_is_said_once(shown):
    screen = lines(shown)
    for text in ("a", "b", "a"):
        screen.warning(text)
    assert said(shown) == ["warning: a", "warning: b"]


def failed(shown, *more):
    shown.clock.now += 12
    job, seconds = shown.run.fail(3)
    lines(shown).failed(job, seconds, [job.log.path, *more])
    return said(shown)


def test_a_failed_job_shows_the_last_ten_lines_of_its_log(shown):
    log = shown.start(3, "train", experiment="text", seed="1")
    log.write_text("".join(EPOCH.format(n, 50.0) for n in range(30)) + "10:00:09 ERROR disk full\n")
    shown.spilt.write_text("something else\n")
    shown_lines = failed(shown)
    assert shown_lines[0] == f"FAILED  train: text, seed 1, after 12 s. The end of {log}:"
    assert len(shown_lines) == 11 and shown_lines[-1] == "  10:00:09 ERROR disk full"


def test_a_job_that_a_cluster_killed_shows_the_clusters_log(shown):
    """The kernel's kill leaves no word in the job's own log."""
    log = shown.start(3, "train", experiment="text", seed="1")
    log.write_text(EPOCH.format(4, 50.0))
    slurm = shown.folder / "slurm.log"
    slurm.write_text("slurmstepd: error: Detected 1 oom_kill event\n")
    shown_lines = failed(shown, slurm)
    assert str(slurm) in shown_lines[0]
    assert shown_lines[1] == "  slurmstepd: error: Detected 1 oom_kill event"


def test_a_job_without_a_word_in_any_log_shows_what_it_printed(shown):
    shown.start(3, "train")
    shown.spilt.write_text("MissingOutputException: Job completed but no model\n")
    shown_lines = failed(shown)
    assert str(shown.spilt) in shown_lines[0] and "MissingOutputException" in shown_lines[1]


def rendered(run, width=100) -> list[str]:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(view(run))
    return [line.rstrip() for line in console.export_text().splitlines() if line.strip()]


def test_the_view_shows_stages_running_jobs_and_the_time(shown):
    run, clock = shown.run, shown.clock
    run.plan({"utterances": 1, "extract_video": 1, "train": 4, "all": 1})
    shown.start(1, "utterances")
    clock.now = 2
    run.finish(1)
    train = shown.start(2, "train", experiment="ar-iigcn", seed="1")
    video = shown.start(3, "extract_video", store="r3d18")
    waiting = shown.start(4, "train", experiment="text", seed="0")
    clock.now = 20
    train.write_text(EPOCH.format(12, 86.4))
    video.write_text(CLIPS.format(120))
    assert not waiting.exists()
    table, features, models, time, *jobs = rendered(run)
    assert table.startswith("table") and table.endswith("1 of 1")
    assert features.endswith("0 of 1") and models.endswith("0 of 4")
    assert time.startswith("1 of 6 jobs, 20 s, at least")
    assert [job.split("  ")[1] for job in jobs] == [
        "train: ar-iigcn, seed 1: epoch 12 of 40, validation F1 86.4",
        "extract video: r3d18: demo: video features 120 of 398, 3 unusable",
        "train: text, seed 0: starting",
    ]


def test_many_jobs_and_a_narrow_terminal_stay_readable(shown):
    shown.run.plan({"train": 200})
    for number in range(60):
        shown.start(number, "train", experiment="a-long-name-of-an-experiment", seed=str(number))
    found = rendered(shown.run, width=40)
    assert len(found) < 20 and max(map(len, found)) <= 40
    assert found[-1].strip() == "and 48 more"
