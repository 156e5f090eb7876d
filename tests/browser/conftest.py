"""A headless Chromium, and reports for it to open."""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ariigcn.corpora.table import Corpus, read_corpus
from ariigcn.report.config import ReportConfig
from ariigcn.report.page import Inspected, write_report
from tests.synthetic_inspection import write_made_up
from tests.synthetic_runs import LABELS, draw_all, make_project

ROOT = Path(__file__).resolve().parents[2]
WORDS = (
    "well",
    "you",
    "know",
    "never",
    "thought",
    "that",
    "it",
    "would",
    "come",
    "to",
    "breakfast",
)


def write_page(folder: Path, corpus: Corpus | None = None, **settings: object) -> Path:
    """A report of a made-up project, inspected."""
    project = make_project(folder, corpus=corpus)
    draw_all(project, folder / "figures")
    inspection = write_made_up(read_corpus(project.table), folder / "inspection.h5")
    write_report(
        folder / "report.html",
        table=project.table,
        stores=project.stores,
        metrics=project.metrics,
        histories=project.histories,
        tables=project.tables,
        figures=project.figures,
        configuration="seeds: [0]\n",
        provenance={"git revision": "abc1234"},
        settings=ReportConfig(**settings),
        inspected=Inspected(project.predictions["ar-iigcn"][0], inspection),
        ablations={"text-only": "model.graph_layers 0, training.batch_dialogues 4"},
    )
    return folder / "report.html"


def corpus_of_melds_size() -> Corpus:
    """1,432 dialogues of 13,708 utterances, eight words each on average."""
    rng = np.random.default_rng(5)
    lengths = rng.integers(4, 16, 1432)
    while lengths.sum() != 13_708:
        lengths[rng.integers(1432)] += np.sign(13_708 - lengths.sum())
    dialogue = np.repeat(np.arange(1432), lengths)
    position = np.concatenate([np.arange(n) for n in lengths])
    frame = pd.DataFrame({"dialogue_id": [f"test-dia{d}" for d in dialogue]})
    frame["utterance_id"] = [f"test-dia{d}_utt{p}" for d, p in zip(dialogue, position, strict=True)]
    frame["position"] = position
    frame["speaker"] = [f"Speaker {s}" for s in rng.integers(0, 260, len(frame))]
    counts = rng.integers(2, 15, len(frame))
    frame["text"] = [" ".join(rng.choice(WORDS, n)) for n in counts]
    frame["emotion"] = rng.choice(LABELS, len(frame))
    splits = np.array(["train"] * 1038 + ["validation"] * 114 + ["test"] * 280)
    frame["split"] = splits[dialogue]
    frame["media"] = None
    frame["start_s"] = frame["end_s"] = np.nan
    return Corpus("large", "1", LABELS, "made for tests", {}, frame)


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty dialogues with their text."""
    return write_page(tmp_path_factory.mktemp("page"), text=True)


@pytest.fixture(scope="session")
def withheld(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same where the licence is not known to allow text."""
    return write_page(tmp_path_factory.mktemp("withheld"))


@pytest.fixture(scope="session")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every dialogue of a corpus of MELD's size."""
    folder = tmp_path_factory.mktemp("large")
    return write_page(folder, corpus_of_melds_size(), text=True, conversations="all")


@dataclass(frozen=True)
class Browser:
    """A driver and what a test does with it."""

    driver: object

    def open(self, page: Path, fragment: str = "") -> None:
        """Load a page anew, a fragment included."""
        self.driver.get("about:blank")
        self.logs("browser"), self.logs("performance")
        self.driver.get(page.as_uri() + fragment)

    def run(self, script: str, *arguments: object) -> object:
        """Run a function's body in the page."""
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        """What stands in the elements of a selector."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.run(script, selector)

    def find(self, selector: str) -> object:
        """The first element of a selector."""
        return self.driver.find_element("css selector", selector)

    def logs(self, kind: str) -> list[dict[str, object]]:
        """Lines of the console (browser) or of the network (performance) since the last call."""
        return self.driver.get_log(kind)

    def requests(self) -> list[str]:
        """Addresses that were asked for since the page was opened."""
        lines = [json.loads(line["message"])["message"] for line in self.logs("performance")]
        sent = [line for line in lines if line["method"] == "Network.requestWillBeSent"]
        return [line["params"]["request"]["url"] for line in sent]

    def media(self, **features: str) -> None:
        """Emulate media features, underscores for hyphens."""
        wanted = [{"name": n.replace("_", "-"), "value": v} for n, v in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def size(self, width: int, height: int) -> None:
        """Set the size of the page's window."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    def violations(self, *standards: str) -> list[tuple[str, str, list[str]]]:
        """What axe-core finds in the open page: its rule, how grave, and the elements.

        Args:
            standards: axe's tags of the rules to hold to; all rules where there is none.
        """
        source = ROOT / os.environ.get("AXE", ".browser/package/axe.min.js")
        if not source.exists():
            pytest.skip(f"{source.name} is not at hand; make test-browser fetches it")
        self.run(source.read_text(encoding="utf-8"))
        found = self.driver.execute_async_script(
            "const [only, done] = arguments;"
            "axe.run(only.length ? {runOnly: only} : {}).then((found) => done(found.violations));",
            list(standards),
        )
        return [(v["id"], v["impact"], [n["html"] for n in v["nodes"]]) for v in found]


@pytest.fixture(scope="session")
def session() -> Iterator[Browser]:
    """One Chromium for all tests."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.webdriver.chrome.service import Service

    binary = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("no Chromium with its driver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chromium = webdriver.Chrome(options=options, service=Service(driver))
    yield Browser(chromium)
    chromium.quit()


@pytest.fixture
def browser(session: Browser) -> Browser:
    """The Chromium, as wide as a desk's screen, in the light."""
    session.size(1280, 900)
    session.media(prefers_color_scheme="light")
    return replace(session)
