"""Snakemake's events through the plugin: what it shows, and what it leaves to Snakemake."""

import logging
import os
import pty
import re
from threading import Thread
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from ariigcn.core.seals import sealed_path
from ariigcn.terminal import screen
from ariigcn.terminal.handler import LogHandler, LogHandlerSettings
from ariigcn.terminal.outcome import Outcome
from tests.terminal.conftest import record

ASKED = {
    "printshellcmds": False, "nocolor": False, "quiet": None, "debug_dag": False, "verbose": False,
    "show_failed_logs": False, "stdout": False, "dryrun": False,
}  # fmt: skip
FINAL_WORDS = (
    "Exiting because a job execution failed. Look above for error messages",
    "WorkflowError:\nAt least one job did not complete successfully.",
)
HEAD = "experiment,seeds,weighted_f1_mean,weighted_f1_sd,accuracy_mean,accuracy_sd\n"


@pytest.fixture
def handler(tmp_path, monkeypatch):
    """Makes the plugin's handler in a folder of its own; settings as keywords."""
    monkeypatch.chdir(tmp_path)

    def make(view="auto", **asked):
        return LogHandler(SimpleNamespace(**ASKED | asked), LogHandlerSettings(view=view))

    return make


def sealed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    with sealed_path(path) as temporary:
        temporary.write_text(text)
    return path


def begin(handler, *, jobs, command="snakemake --cores 2 all", outcome=None):
    if outcome is not None:
        handler.emit(record(None, outcome=outcome))
    handler.emit(record(None, "Building DAG of jobs..."))
    handler.emit(record(LogEvent.WORKFLOW_STARTED, cmd=command))
    if jobs:
        handler.emit(record(LogEvent.RUN_INFO, stats=jobs))


def start(handler, number, rule, log=None, **wildcards):
    extra = {"jobid": number, "rule_name": rule, "log": [log] if log else [], "benchmark": None}
    handler.emit(record(LogEvent.JOB_INFO, wildcards=wildcards, **extra))


def said(capfd) -> list[str]:
    return [line.rstrip() for line in capfd.readouterr().err.splitlines() if line.strip()]


def test_snakemake_finds_the_plugin():
    plugin = LoggerPluginRegistry().get_plugin("ariigcn")
    assert plugin.log_handler is LogHandler and plugin.settings_cls is LogHandlerSettings


def test_a_run_in_a_file_is_a_line_a_job_and_its_results(handler, capfd, tmp_path):
    table = sealed(
        tmp_path / "tables" / "results.csv",
        HEAD + "main,3,0.864,0.012,0.871,0.01\none,1,0.5,,0.4,\n",
    )
    report = sealed(tmp_path / "report.html", "<p>")
    made = handler()
    begin(made, jobs={"train": 1, "all": 1, "total": 2},
          outcome=Outcome(table, report, tmp_path / "tuned.yaml"))  # fmt: skip
    start(made, 1, "train", experiment="main")
    os.write(2, b"what a library below a job prints\n")
    made.emit(record(LogEvent.JOB_FINISHED, job_id=1))
    made.emit(record(None, "Select jobs to execute..."))
    made.close()
    os.write(2, b"afterwards\n")
    first, job, title, names, _, main, one, page, done, after = said(capfd)
    assert (first, job) == ("1 jobs: models 1", "1 of 1  train: main, 0 s")
    assert title.startswith("Test split") and names.split() == [
        "experiment",
        "weighted",
        "F1",
        "accuracy",
        "seeds",
    ]
    assert main.split() == ["main", "86.4", "±", "1.2", "87.1", "±", "1.0", "3"]
    assert one.split() == ["one", "50.0", "40.0", "1"]
    assert page == f"The report: {report}" and done == "Done in 0 s."
    assert after == "afterwards"
    (spilt,) = (tmp_path / ".snakemake" / "log").glob("*.jobs.log")
    assert spilt.read_text() == "what a library below a job prints\n"


def test_a_damaged_table_is_said_and_not_shown(handler, capfd, tmp_path):
    table = sealed(tmp_path / "results.csv", HEAD + "main,3,0.864,0.012,0.871,0.01\n")
    table.write_text(table.read_text().replace("0.864", "0.964"))
    made = handler()
    begin(made, jobs={}, outcome=Outcome(table, table, table))
    made.emit(record(None, "Nothing to be done (all requested files are present and up to date)."))
    made.close()
    text = "\n".join(said(capfd))
    assert str(table) in text and "96.4" not in text


def test_nothing_to_do_shows_the_results_of_what_was_asked_for(handler, capfd, tmp_path):
    tuned = sealed(tmp_path / "tuned.yaml", "model: {}\n")
    outcome = Outcome(tmp_path / "absent.csv", tmp_path / "absent.html", tuned)
    for target, shown in (("tune", True), ("features", False)):
        made = handler()
        command = f"snakemake --cores 2 --config report={{title: it's}} {target}"
        begin(made, jobs={}, command=command, outcome=outcome)
        made.emit(record(None, "Nothing to be done (all requested files are present)."))
        made.close()
        found = said(capfd)
        assert found[-1] == "Everything is up to date."
        assert (f"The best values found, an overlay: {tuned}" in found) == shown


def test_a_failure_shows_the_job_its_lines_and_its_log_and_no_results(handler, capfd, tmp_path):
    log, table = tmp_path / "train.log", sealed(tmp_path / "results.csv", HEAD)
    made = handler()
    begin(made, jobs={"train": 2, "all": 1}, outcome=Outcome(table, table, table))
    start(made, 1, "train", str(log), experiment="main", seed="1")
    log.write_text("10:00:01 WARNING slow\n10:00:02 ERROR the loss is\x1b[2J not finite\n")
    made.emit(record(LogEvent.JOB_ERROR, level=logging.ERROR, jobid=1, log=[str(log)]))
    for text in FINAL_WORDS:
        made.emit(record(LogEvent.ERROR, text, logging.ERROR))
    made.close()
    assert said(capfd) == [
        "2 jobs: models 2",
        f"warning: slow ({log})",
        f"FAILED  train: main, seed 1, after 0 s. The end of {log}:",
        "  10:00:01 WARNING slow",
        r"  10:00:02 ERROR the loss is\x1b[2J not finite",
        "1 of 2 jobs failed, 0 are done, after 0 s. Failed: train: main, seed 1",
        "Finished results are kept: run the same command again to continue.",
    ]


def test_a_run_that_is_stopped_says_how_to_go_on(handler, capfd):
    made = handler()
    begin(made, jobs={"train": 2})
    start(made, 1, "train")
    made.emit(record(None, "Terminating processes on user request, this might take some time."))
    made.close()
    assert said(capfd)[-1].startswith("Stopped after 0 s. Finished results are kept")


def test_an_error_before_the_run_is_shown_at_once_and_nothing_claims_success(handler, capfd):
    made = handler()
    made.emit(record(None, "Assuming unrestricted shared filesystem usage."))
    made.emit(record(LogEvent.ERROR, "WorkflowError:\nseeds: write a list", logging.ERROR))
    assert said(capfd) == ["WorkflowError:", "seeds: write a list"]
    made.close()
    assert said(capfd) == []
    lint = handler()
    lint.emit(record(None, "Congratulations, your workflow is in a good condition!"))
    lint.close()
    assert said(capfd) == ["Congratulations, your workflow is in a good condition!"]
    begun = handler()
    begin(begun, jobs={})
    begun.emit(record(LogEvent.ERROR, "MissingInputException: no table", logging.ERROR))
    begun.close()
    assert said(capfd) == ["MissingInputException: no table"]


SNAKEMAKES: tuple[dict[str, object], ...] = (
    {"dryrun": True, "stdout": True},
    {"verbose": True},
    {"printshellcmds": True},
    {"view": "snakemake"},
)


@pytest.mark.parametrize("asked", SNAKEMAKES)
def test_who_asks_for_snakemakes_words_gets_them(handler, capfd, asked):
    made = handler(**asked)
    made.emit(record(None, "Building DAG of jobs..."))
    made.emit(record(LogEvent.RUN_INFO, "Job stats:\njob    count\n", stats={"train": 1}))
    made.close()
    streams = capfd.readouterr()
    text = streams.out if asked.get("stdout") else streams.err
    assert re.sub(r"\x1b\[\d+m", "", text).startswith("Building DAG of jobs...\nJob stats:\njob")


def test_quiet_is_quiet(handler, capfd):
    from snakemake.settings.enums import Quietness

    made = handler(quiet={Quietness.ALL})
    begin(made, jobs={"train": 1})
    made.close()
    assert said(capfd) == []


def test_an_unknown_view_is_refused():
    parse = LogHandlerSettings.__dataclass_fields__["view"].metadata["parse_func"]
    with pytest.raises(ValueError, match="unknown view 'lives'; known: auto, lines, snakemake"):
        parse("lives")


def test_a_view_that_is_drawn_all_the_time_waits_for_nobody(handler, monkeypatch):
    """What is said and what is drawn take their locks in one order; else a run never ends."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(screen, "REFRESH", 1000)
    leader, follower = pty.openpty()
    kept = os.dup(2)
    os.dup2(follower, 2)

    def run():
        begin(made, jobs={"train": 200, "total": 200})
        for number in range(200):
            start(made, number, "train", seed=str(number))
            handler_error = {"jobid": number, "rule_name": "train", "log": []}
            made.emit(record(LogEvent.JOB_ERROR, level=logging.ERROR, **handler_error))
        made.close()

    shown = Thread(target=run, daemon=True)
    try:
        Thread(target=_drain, args=(leader,), daemon=True).start()
        made = handler()
        shown.start()
        shown.join(30)
        assert not shown.is_alive()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(follower)


def _drain(leader):
    try:
        while os.read(leader, 65_536):
            pass
    except OSError:  # nobody has the terminal open any more
        pass
