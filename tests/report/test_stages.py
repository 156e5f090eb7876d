from ariigcn.report.stages import benchmark_files, stages_view

HEAD = "s\th:m:s\tmax_rss\tmax_vms\n"


def rows(folder):
    view = stages_view(sorted(folder.glob("*.tsv")))
    return [(r[0], *(n.value for n in r[1:])) for r in view.rows]


def test_jobs_of_a_stage_are_added_up_in_the_order_they_run(tmp_path):
    (tmp_path / "train.ar-iigcn.seed-0.tsv").write_text(HEAD + "10.25\t0:00:10\t900.5\t2000\n")
    (tmp_path / "train.ar-iigcn.seed-1.tsv").write_text(HEAD + "12.5\t0:00:12\t850\t2000\n")
    (tmp_path / "extract_text.minilm.tsv").write_text(HEAD + "3.0\t0:00:03\t1200\t2000\n")
    assert rows(tmp_path) == [
        ("Extract text", "1", "3.0", "3.0", "1,200"),
        ("Train", "2", "22.8", "12.5", "900"),
    ]


def test_a_job_too_short_to_be_measured_has_no_memory(tmp_path):
    (tmp_path / "tables.tsv").write_text(HEAD + "0.1\t0:00:00\t-\t-\n")
    (tmp_path / "own_rule.tsv").write_text(HEAD + "1\t0:00:01\tNA\tNA\n")
    assert [r[-1] for r in rows(tmp_path)] == ["–", "–"]  # noqa: RUF001


def test_the_pages_own_job_is_not_done_and_no_file_is_no_table(tmp_path):
    (tmp_path / "report_page.tsv").write_text(HEAD + "1\t0:00:01\t1\t1\n")
    assert stages_view(benchmark_files(tmp_path, ["a"])) is None
    assert stages_view(benchmark_files(tmp_path / "absent", ["a"])) is None


def test_what_is_gone_from_the_configuration_does_not_count(tmp_path):
    current = {
        "train.a.seed-0", "train.b.0.5", "metrics.a", "tune_worker.a.1", "tables", "quality",
        "extract_text.minilm", "extract_audio.own.3", "merge_features.audio.own", "graph.g-1",
    }  # fmt: skip
    gone = {"train.old.seed-0", "train.b.0.7", "metrics.old", "extract_text.glove", "graph.g-2"}
    for name in current | gone:
        (tmp_path / f"{name}.tsv").write_text(HEAD)
    names = ["a", "b.0.5", "minilm", "own", "audio.own", "g-1"]
    assert {path.stem for path in benchmark_files(tmp_path, names)} == current
