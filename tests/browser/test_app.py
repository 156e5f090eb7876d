"""The page of `ariigcn app` in a real browser: a recording is dropped, its emotions are looked at."""

import io
import os
import time

import pandas as pd
import pytest

import ariigcn
from tests.app.conftest import server, talk  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
PICTURES = os.environ.get("PICTURES")  # a folder for pictures of the page, where one wants to look
FIELDS = "#recording input[type=file]", "#transcript input[type=file]"


def came(browser, script, seconds=90):
    """Wait until a script's value is true, and give it."""
    end = time.monotonic() + seconds
    while not (value := browser.run(script)):
        assert time.monotonic() < end, f"never true: {script}"
        time.sleep(0.2)
    return value


def picture(browser, name):
    """A picture of the whole page at the width of a desk's screen and of a telephone."""
    if not PICTURES:
        return
    for width in (390, 1280):
        browser.size(width, 900)
        time.sleep(1)
        browser.size(width, browser.run("return document.documentElement.scrollHeight") + 10)
        time.sleep(0.5)
        browser.driver.save_screenshot(f"{PICTURES}/{name}-{width}.png")
    browser.size(1280, 900)


def opened(browser, address):
    browser.driver.switch_to.default_content()
    browser.driver.get("about:blank")
    browser.logs("browser"), browser.logs("performance")
    browser.driver.get(address)
    came(browser, "return document.querySelector('#find')")


def into_the_frame(browser, marked):
    """Go into the outcome's frame as soon as it is the one that holds a text."""
    browser.driver.switch_to.default_content()
    script = (
        "const frame = document.querySelector('#outcome iframe');"
        f"return frame && frame.srcdoc.includes({marked!r}) && frame.offsetHeight > 400"
    )
    came(browser, script)
    browser.driver.switch_to.frame(browser.find("#outcome iframe"))


@pytest.fixture
def shown(browser, server, talk):  # noqa: F811
    """The result of a film with subtitles."""
    opened(browser, server.address)
    picture(browser, "start")
    for selector, path in zip(FIELDS, (talk, talk.with_suffix(".srt")), strict=True):
        came(browser, f"return document.querySelector({selector!r})")
        browser.find(selector).send_keys(str(path))
        field = selector.split()[0]
        came(browser, f"return document.querySelector('{field} .file-preview')")
    browser.find("#find").click()
    into_the_frame(browser, 'class="player"')
    came(browser, "return document.querySelector('.player').readyState >= 1")
    return browser


def test_a_recording_is_dropped_and_its_emotions_are_looked_at(shown, server, talk):  # noqa: F811
    own = ariigcn.load("meld-text").predict(talk)
    texts = shown.texts("tbody tr td:last-child")
    for utterance, text in zip(own.utterances, texts, strict=True):
        assert f"{utterance.emotion} {100 * utterance.probability:.0f} %" in text
    shown.run("document.querySelectorAll('.track a')[2].click()")  # Ben's: lanes come one by one
    came(shown, "return document.querySelector('.player').currentTime > 0")
    assert shown.run("return document.querySelector('.player').currentTime") == pytest.approx(
        1, abs=0.05
    )
    assert shown.texts(".chosen p") == ["Ben, 1.0 s: Leave me alone."]
    assert shown.texts("tr[aria-current] .said") == ["Leave me alone."]
    assert shown.texts("tr.playing .said") == ["Leave me alone."]
    ordered = sorted(own.utterances[1].probabilities.items(), key=lambda item: -item[1])
    assert shown.texts(".chosen dt")[0] == ordered[0][0]
    assert shown.texts(".chosen dd:not(.share)") == [f"{100 * share:.0f} %" for _, share in ordered]
    shown.driver.switch_to.default_content()
    picture(shown, "result")
    links = shown.run(
        "return [...document.querySelectorAll('#outcome .downloads a')].map(a => a.href)"
    )
    assert len(links) == 5
    frame = pd.read_csv(io.StringIO(server.get(links[0].removeprefix(server.address)).text))
    expected = own.to_pandas()
    assert frame["emotion"].tolist() == expected["emotion"].tolist()
    for column in (name for name in expected if name.startswith("prob")):
        assert frame[column].tolist() == pytest.approx(expected[column].tolist(), abs=1e-3)


def test_while_it_plays_the_list_follows(shown):
    shown.run(
        "const p = document.querySelector('.player'); p.muted = true; p.currentTime = 0.5; p.play()"
    )
    for said in ("I am so happy!", "Leave me alone.", "Oh my God, are you serious?"):
        came(shown, f"return document.querySelector('tr.playing .said')?.textContent === {said!r}")
        came(
            shown,
            f"return document.querySelector('tr[aria-current] .said').textContent === {said!r}",
        )
    assert float(shown.run("return parseFloat(document.querySelector('.now').style.left)")) > 60


def test_the_keyboard_reaches_every_utterance(shown):
    from selenium.webdriver.common.keys import Keys

    shown.run("document.querySelectorAll('td.number a')[2].focus()")
    shown.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert shown.texts("tr[aria-current] .said") == ["Oh my God, are you serious?"]
    assert shown.run("return document.querySelector('.player').currentTime") == pytest.approx(
        2.2, abs=0.05
    )


def test_nothing_is_asked_of_another_machine(shown, server):  # noqa: F811
    # A sandboxed frame is a process of its own, whose requests the browser's log does not hold.
    asked = shown.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert any("kept/" in url for url in asked)
    asked += [url for url in shown.requests() if not url.startswith(("data:", "blob:", "about:"))]
    assert f"{server.address}gradio_api/upload" in {url.partition("?")[0] for url in asked}
    assert [url for url in asked if not url.startswith(server.address)] == []
    assert [line for line in shown.logs("browser") if line["level"] == "SEVERE"] == []


def test_one_click_shows_an_example(browser, server):  # noqa: F811
    opened(browser, server.address)
    browser.find("#example").click()
    came(browser, "return document.querySelector('#outcome [role=status], #outcome iframe')")
    if PICTURES:
        browser.driver.save_screenshot(f"{PICTURES}/progress.png")
    into_the_frame(browser, "Congratulations")
    assert len(browser.texts("tbody tr")) == 10
    assert browser.run("return document.querySelector('.player')") is None
    browser.driver.switch_to.default_content()
    picture(browser, "example")


def test_what_is_wrong_is_said_in_words(browser, server):  # noqa: F811
    opened(browser, server.address)
    browser.find("#find").click()
    came(browser, "return document.querySelector('#outcome [role=alert]')")
    assert "The page has no input yet" in browser.find("#outcome").text
    picture(browser, "problem")


def test_axe_finds_nothing_in_what_we_draw(shown):
    shown.run("document.querySelectorAll('.track a')[2].click()")
    assert shown.violations("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa") == []
