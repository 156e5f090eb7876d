"""The documentation's pictures of the report, from a report that the workflow wrote.

    python -m benchmarks.report_pictures results/demo/report.html docs

Writes report-first-screen.png and report-conversations.png into the folder. Needs a Chromium and its
driver (Debian: chromium, chromium-driver), as tests/browser does.
"""

import shutil
import sys
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WIDTH, HEIGHT = 1280, 900
CONVERSATIONS = (
    "document.getElementById('conversations').scrollIntoView()"  # they are made when seen
)
MADE = "return document.querySelectorAll('.utterance .position').length > 4"
# The fifth utterance: its attention is shown, and its conversation fills the picture.
FOCUS = """
const link = document.querySelectorAll('.utterance .position')[4];
link.focus({preventScroll: true});
window.scrollTo(0, link.closest('.utterance').getBoundingClientRect().top + scrollY - innerHeight * 0.65);
"""


def chromium() -> webdriver.Chrome:
    """A headless Chromium without scroll bars."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
        options.add_argument(argument)
    return webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or ""))


def main(report: Path, folder: Path) -> None:
    browser = chromium()
    size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": "light"}]},
    )
    browser.get(report.resolve().as_uri())
    browser.save_screenshot(str(folder / "report-first-screen.png"))
    browser.execute_script(CONVERSATIONS)
    WebDriverWait(browser, 20).until(lambda page: page.execute_script(MADE))
    browser.execute_script(FOCUS)
    time.sleep(1)  # the tint's transition
    browser.save_screenshot(str(folder / "report-conversations.png"))
    browser.quit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
