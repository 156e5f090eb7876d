import base64
import hashlib
import re
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ariigcn.corpora.table import read_corpus
from ariigcn.evaluation.figures.kinds import Figure, Kind
from ariigcn.evaluation.tables.frames import read_frame
from ariigcn.report.config import ReportConfig
from ariigcn.report.glossary import PAPER
from ariigcn.report.page import Inspected, write_report
from tests.synthetic_inspection import write_made_up
from tests.synthetic_runs import DRAWN, draw_all, make_project

VOID = {"meta", "br", "link", "img", "input"}
HOSTILE = '<img src=x onerror="alert(1)">'


class Page(HTMLParser):
    """Elements and their attributes, with a check that every one is closed."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.text = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


FEW = (Kind.RESULTS, Kind.CONFUSION, Kind.COMPARISONS)  # drawing takes most of a test's time


def make(folder, kinds=DRAWN, **options):
    project = make_project(folder, **options)
    draw_all(project, folder / "figures", kinds)
    write_made_up(read_corpus(project.table), folder / "inspection.h5")
    return project


def render(
    project,
    out,
    settings=None,
    provenance=None,
    inspected=True,
    benchmarks=(),
    ablations=None,
    accepted=None,
):
    predictions = next(iter(project.predictions.values()))[0]
    inspection = project.table.parent / "inspection.h5"
    write_report(
        out,
        table=project.table,
        stores=project.stores,
        metrics=project.metrics,
        histories=project.histories,
        figures=project.figures,
        configuration="training:\n  epochs: 30  # <b>\n",
        provenance=provenance or {"git revision": "abc1234"},
        settings=settings,
        inspected=Inspected(predictions, inspection) if inspected else None,
        benchmarks=benchmarks,
        tables=project.tables,
        ablations=ablations,
        accepted=accepted,
    )
    return out.read_text(encoding="utf-8")


def report(folder, settings=None, provenance=None, kinds=DRAWN, **options):
    return render(make(folder, kinds, **options), folder / "report.html", settings, provenance)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return make(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def html(project):
    return render(project, project.table.parent / "report.html")


def test_nothing_is_loaded_from_anywhere(html):
    page = Page(html)
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            if (tag, name) != ("a", "href"):  # where a reader goes; nothing is loaded
                assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
    outside = {a["href"] for a in page.all("a") if not a["href"].startswith("#")}
    assert outside == {PAPER}
    assert not page.all("link")
    assert not re.search(r"@import|url\((?!#)|https?://", html.replace(PAPER, ""))


def test_the_policy_lets_no_script_run_but_the_pages_own(html):
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    others = [a for a in Page(html).all("script") if a]
    assert others and all(a["type"] == "application/json" for a in others)


def test_it_is_well_formed_and_its_ids_are_unique(html):
    page = Page(html)
    assert page.open == []
    counts = Counter(a["id"] for _, a in page.elements if "id" in a)
    assert max(counts.values()) == 1
    for _, attributes in page.elements:
        for name in ("href", "aria-labelledby"):
            if attributes.get(name) and attributes[name] != PAPER:
                assert attributes[name].lstrip("#") in counts


def test_tables_and_figures_can_be_heard(html):
    page = Page(html)
    assert len(page.all("caption")) == len(page.all("table")) >= 8
    assert all(cell.get("scope") in ("row", "col") for cell in page.all("th"))
    assert all(svg["role"] == "img" and svg["aria-labelledby"] for svg in page.all("svg"))
    assert len(page.all("h1")) == 1


def test_what_was_said_is_shown_only_where_that_is_allowed(html, project, tmp_path):
    assert "secret words" not in html
    assert "licence does not allow showing them" in html
    assert "secret words 42 0" in render(project, tmp_path / "a.html", ReportConfig(text=True))


def test_only_the_test_split_is_embedded_unless_asked(html, project, tmp_path):
    assert '"d42_u0"' in html and '"d00_u0"' not in html
    assert '"d00_u0"' in render(project, tmp_path / "a.html", ReportConfig(conversations="all"))


@pytest.mark.parametrize(
    "options", [{"inspected": False}, {"settings": ReportConfig(conversations="none")}]
)
def test_without_conversations_there_is_no_view_of_them(project, tmp_path, options):
    html = render(project, tmp_path / "a.html", **options)
    assert 'id="conversation-data"' not in html and 'href="#conversations"' not in html


def test_what_every_stage_cost_is_told(project, tmp_path):
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    for name, seconds in (("train.a.seed-0", 61.5), ("train.a.seed-1", 60)):
        (folder / f"{name}.tsv").write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:01:01\t812.4\n")
    html = render(project, tmp_path / "a.html", benchmarks=sorted(folder.iterdir()))
    row = html[html.index('<th scope="row"><span>Train</span></th>') :][:600]
    assert [*re.findall(r'"value">([^<]*)<', row)][:4] == ["2", "121.5", "61.5", "812"]


def words(html, section):
    """What a section says, without its marks."""
    part = html[html.index(f'<section id="{section}"') :].partition("</section>")[0]
    apart = re.sub(r"</?(dt|dd|p|div|figcaption|td|th|span)\b[^>]*>", " ", part)
    return " ".join(re.sub(r"<[^>]*>", "", apart).split())


def test_the_first_screen_says_what_was_asked_the_answer_and_how_sure(html):
    said = words(html, "summary")
    order = ["Asked", "Answer", "Experiments, best first.", "How sure", "Corpus"]
    assert sorted(order, key=said.index) == order
    assert "Which of 2 experiments recognises best the emotion of an utterance, one of 6?" in said
    assert re.search(r"Answer ar-iigcn: right in [0-9.]+ % of 17\d test utter", said)
    assert "chosen by the highest weighted F1 on the validation split" in said
    assert "Whether text-only differs from ar-iigcn needs two seeds or more." in said
    assert re.search(r"Reachable, expected 91\.0 % \[8\d\.\d, 9\d\.\d\]", said)
    assert "fewer than 5 seeds: text-only." in said


def test_data_stand_behind_results(html):
    order = ["summary", "results-section", "statistics", "conversations", "data", "features"]
    places = [html.index(f'<section id="{name}"') for name in [*order, "glossary", "cite"]]
    assert places == sorted(places)


def test_a_share_above_all_is_explained(html, project, tmp_path):
    assert "\N{DAGGER}" not in html
    experiments = [("ar-iigcn", ("text",), 2, 0.9, False)]
    lucky = report(tmp_path, kinds=FEW, experiments=experiments)
    assert "\N{DAGGER}" in lucky
    assert "ar-iigcn lies above the expectation" in lucky


def test_diagnostics_come_with_their_verdicts(html):
    assert "The generators did not align the modalities in this run: a" in words(
        html, "discriminators-section"
    )
    assert "The generators did not align" in words(html, "representations")
    assert "Training was long enough" in words(html, "history-section")
    assert "The most frequent error:" in words(html, "confusion-section")
    said = words(html, "statistics")
    assert "ar-iigcn is not calibrated" in said
    assert "depends on text most" in said


def test_the_docs_are_linked_where_they_lie_beside_the_page(project, root, tmp_path):
    inside = root / "results" / "test-of-links" / "report.html"
    try:
        html = render(project, inside)
    finally:
        shutil.rmtree(inside.parent)
    links = {a["href"] for a in Page(html).all("a") if ".md" in a["href"]}
    assert links and all(
        (inside.parent / link.partition("#")[0]).resolve().exists() for link in links
    )


def test_ablations_leave_the_results_for_a_section_of_their_own(html, project, tmp_path):
    assert 'href="#ablations"' not in html
    curve = Figure(Kind.CURVES, "margin", project.drawn(Kind.COMPARISONS))
    changed = replace(project, figures=[*project.figures, curve])
    page = render(changed, tmp_path / "a.html", ablations={"text-only": "model.graph_layers 0"})
    results, ablations = (
        page[page.index(f'<section id="{name}"') :].partition("</section>")[0]
        for name in ("results-section", "ablations")
    )
    row = '<th scope="row"><span>text-only</span></th>'
    assert row not in results
    assert row in ablations
    assert "model.graph_layers 0" in ablations
    assert "Minus ar-iigcn" in ablations
    assert "<strong>margin.</strong>" in ablations


def test_what_a_part_pays_or_costs_stands_with_the_ablations(project, tmp_path, monkeypatch):
    monkeypatch.setattr("ariigcn.report.page.prices", lambda results, changes: (f"{changes}.",))
    page = render(project, tmp_path / "a.html", ablations={"text-only": "model.graph_layers 0"})
    assert "text-only&#39;: &#39;model.graph_layers 0&#39;}." in page


def test_masked_utterances_have_their_reason(html):
    assert "d03_u4" in html
    assert "moov atom not found" in html
    assert "0 of 600 in text, 5 of 600 in audio, 35 of 600 in video" in html
    assert "15 more are not listed here" in html


def test_an_encoder_that_saw_labels_is_named(html):
    assert "The text encoder has seen the labels of the train split" in html


def test_provenance_names_weights_sources_and_revision(html):
    for expected in ("0123456789ab<", "abababababab<", "abc1234", "made for tests"):
        assert expected in html


def test_whatever_comes_from_outside_is_escaped(tmp_path):
    html = report(
        tmp_path,
        kinds=FEW,
        message=HOSTILE,
        speaker=HOSTILE,
        settings=ReportConfig(title=HOSTILE),
        provenance={HOSTILE: HOSTILE},
        experiments=[(name := "a<b>", ("text",), 1, 0.7, False)],
    )
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=") >= 4
    assert name not in html
    assert "# &lt;b&gt;" in html


def test_a_corpus_without_validation_or_reachable_accuracies(tmp_path):
    html = report(tmp_path, kinds=FEW, validation=False, reachable=False, absent="fear")
    text = " ".join(" ".join(Page(html).text).split())
    assert "chosen by the highest accuracy on the test split" in words(html, "summary")
    assert "Validation weighted F1" not in text
    assert not any(
        "eachable" in words(html, name) for name in ("summary", "results-section", "data")
    )
    assert not re.search(r"\bnan\b", text)


def test_an_experiment_without_discriminators_says_so(html):
    assert "This experiment aligns no modalities." in html


def test_the_page_is_the_same_each_time(html, tmp_path):
    assert report(tmp_path) == html


def test_limits_are_the_configurations(project, tmp_path):
    html = render(project, tmp_path / "a.html", ReportConfig(listed_utterances=0, minimum_seeds=1))
    assert "d03_u4</th>" not in html
    assert "40 more are not listed here" in html
    assert "Preliminary" not in html


def test_why_fitted_features_are_accepted_stands_with_the_results(project, tmp_path):
    html = render(project, tmp_path / "a.html", accepted={"ar-iigcn": "the paper does <so>"})
    assert "ar-iigcn selects its epoch by labels that an encoder may have seen" in html
    assert "the paper does &lt;so&gt;" in html


def test_names_that_look_like_numbers_or_like_nothing_stay_names(tmp_path):
    """Tables are read back from CSV, where 1, None and NA could be values."""
    labels = ("0", "01", "1.0", "None", "NA", "true")
    experiments = [
        (name, ("text", "audio"), 2, 0.7, True) for name in ("64", "nan", "1.10", "null")
    ]
    page = report(tmp_path, labels=labels, experiments=experiments, speaker="None")
    errors = read_frame(tmp_path / "figures" / "tables" / "errors.csv")
    assert "None" in set(errors["group"][errors["by"] == "speaker"])
    for name in (*labels, "64", "nan", "1.10", "null"):
        assert f">{name}<" in page


def test_every_row_of_a_table_has_a_cell_for_each_heading(html):
    """A value without a spread beside it takes the room of both: else all that follow move to the left."""

    def width(row):
        spans = re.findall(r"<t[hd]\b([^>]*)>", row)
        return sum(int((re.findall(r'colspan="(\d+)"', span) or ["1"])[0]) for span in spans)

    tables = re.findall(r"<table.*?</table>", html, re.DOTALL)
    for table in tables:
        head, *rows = map(width, re.findall(r"<tr.*?</tr>", table, re.DOTALL))
        assert set(rows) <= {head}, table[:200]
    assert len(tables) > 10
