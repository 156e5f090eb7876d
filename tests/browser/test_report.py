"""The report in a real browser: what a reader sees, clicks and hears."""

import base64
import re
import time

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
MEBIBYTE = 2**20


def settle(browser, selector, expected=True):
    """Wait until the page has an element (or has none); a few seconds at most."""
    for _ in range(100):
        if bool(browser.run("return document.querySelector(arguments[0])", selector)) == expected:
            return
        time.sleep(0.05)
    raise AssertionError(f"{selector}: {'never came' if expected else 'never went'}")


def see(browser, section):
    browser.run("document.getElementById(arguments[0]).scrollIntoView()", section)
    settle(browser, ".utterance" if section == "conversations" else "#node-legend button")


def set_field(browser, name, value):
    """Set a filter as a user's input would."""
    browser.run(
        """const field = document.querySelector(`#conversation-view [name=${arguments[0]}]`);
        if (field.type === "checkbox") field.checked = arguments[1];
        else field.value = arguments[1];
        field.dispatchEvent(new Event("input", {bubbles: true}));""",
        name, value,
    )  # fmt: skip


def found(browser):
    """Utterances and dialogues that pass the filters, as the page says."""
    numbers = re.findall(r"[\d,]+", browser.find("#found").text)
    return tuple(int(n.replace(",", "")) for n in numbers)


def test_it_opens_without_an_error_or_a_request(browser, page):
    browser.open(page)
    for section in ("representations", "conversations"):
        see(browser, section)
    assert [line for line in browser.logs("browser") if line["level"] == "SEVERE"] == []
    assert browser.requests() == [page.as_uri()]


def test_search_finds_words_and_marks_them(browser, page):
    browser.open(page)
    see(browser, "conversations")
    before = found(browser)
    browser.find("[name=query]").send_keys("words 43 7")
    assert before == (180, 18)
    assert found(browser) == (1, 1)
    assert browser.texts("mark") == ["words 43 7"]
    assert browser.find("#dialogue-title").text == "d43"


def test_filters_hold_together_and_are_cleared(browser, page):
    browser.open(page)
    see(browser, "conversations")
    every = found(browser)
    set_field(browser, "wrong", True)
    wrong = found(browser)
    set_field(browser, "emotion", "0")
    assert 0 < found(browser)[0] < wrong[0] < every[0]
    marked = browser.texts(".utterance:not(.other) .judged > .emotion")
    assert set(marked) == {"anger"}
    browser.find("#next-match").click()
    focused = browser.run("return document.activeElement.closest('.utterance').className")
    assert "wrong" in focused and "other" not in focused
    browser.find("#conversation-view button[type=reset]").click()
    settle(browser, ".utterance.other", expected=False)
    assert found(browser) == every


def test_each_press_goes_to_another_match(browser, page):
    browser.open(page)
    see(browser, "conversations")
    set_field(browser, "wrong", True)
    assert found(browser)[0] > 5
    at, gone = "return document.activeElement.closest('.utterance').dataset.row", []
    for _ in range(5):
        browser.find("#next-match").click()
        gone.append(int(browser.run(at)))
    assert gone == sorted(set(gone)), "forward, each another one"
    browser.find("#previous-match").click()
    assert int(browser.run(at)) == gone[3]


def test_nothing_found_is_said(browser, page):
    browser.open(page)
    see(browser, "conversations")
    set_field(browser, "query", "no such words")
    assert browser.find("#found").text == "No utterance passes these filters."
    assert not browser.find(".panes").is_displayed()


@pytest.mark.parametrize("how", ["focus", "pointerover"])
def test_attention_is_shown_at_focus_and_at_pointing(browser, page, how):
    browser.open(page)
    see(browser, "conversations")
    browser.run(
        """const link = document.querySelectorAll(".utterance .position")[4];
        if (arguments[0] === "focus") link.focus();
        else link.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));""",
        how,
    )
    assert browser.find(".reader .position").text == "5"
    shares = [float(s.split("\u00a0")[0]) for s in browser.texts(".read .share")]
    assert len(shares) == 10
    assert sum(shares) == pytest.approx(100, abs=1)
    ends = [float(browser.find(f"#scale .{end}").text.split()[0]) for end in ("from", "to")]
    assert ends == [min(shares), max(shares)]
    nearest, furthest = browser.run(
        """const share = (n) => parseFloat(getComputedStyle(
            document.querySelectorAll(".utterance")[n]).getPropertyValue("--share"));
        return [share(4), share(9)];"""
    )
    assert (nearest, furthest) == (1, 0)  # from the most to the least, so that differences show
    assert "Reads most from" in browser.find("#reading").text


def test_a_link_opens_its_utterance(browser, page):
    browser.open(page, "#u-d47_u3")
    settle(browser, "#u-d47_u3")
    assert browser.find("#dialogue-title").text == "d47"
    assert browser.run("return document.activeElement.hash") == "#u-d47_u3"
    browser.open(page, "#u-d00_u0")
    settle(browser, ".utterance")
    assert "d00_u0 is not among the dialogues" in browser.find("#found").text


def test_dialogues_are_chosen_with_the_keyboard(browser, page):
    browser.open(page)
    see(browser, "conversations")
    first = browser.find("#dialogue-title").text
    browser.find("#dialogues").send_keys("\ue015")  # arrow down
    assert browser.find("#dialogue-title").text != first
    assert browser.texts("[aria-selected=true] .name") == [browser.find("#dialogue-title").text]


def test_nodes_are_grouped_by_what_is_chosen(browser, page):
    browser.open(page)
    see(browser, "representations")
    browser.find("[name=color-by][value=modality]").click()
    assert [t.split()[0] for t in browser.texts("#node-legend button")] == [
        "text", "audio", "video",
    ]  # fmt: skip
    drawn = """const canvas = document.querySelector("#representation-view canvas");
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.filter((value, i) => i % 4 === 3 && value > 0).length;"""
    whole = browser.run(drawn)
    browser.find("#node-legend button").click()
    assert 0 < browser.run(drawn) < whole


def test_text_is_withheld_where_the_licence_is_not_known_to_allow_it(browser, withheld):
    assert "secret words" not in withheld.read_text()
    browser.open(withheld)
    see(browser, "conversations")
    assert browser.texts(".said p")[0] == "d42_u0"
    browser.find("[name=query]").send_keys("d43_u7")
    assert found(browser) == (1, 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(browser, page, scheme, width):
    browser.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    browser.size(width, 900)
    browser.open(page)
    for section in ("representations", "conversations"):
        see(browser, section)
    browser.find("[name=wrong]").click()
    browser.run("document.querySelector('.utterance.wrong .position').focus()")
    browser.run("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert browser.violations() == []


def test_nothing_is_wider_than_a_phone(browser, page):
    browser.size(390, 844)
    browser.open(page)
    for section in ("representations", "conversations"):
        see(browser, section)
    assert browser.run("return document.documentElement.scrollWidth") <= 390


def test_it_prints_with_everything_unfolded_and_every_conversation(browser, page):
    browser.open(page)
    browser.run(
        """addEventListener("afterprint", () => {
            window.onPaper = document.querySelectorAll("#printed tr").length;
        }, {capture: true});
        addEventListener("beforeprint", () => {
            window.dialogues = document.querySelectorAll("#printed section").length;
        });"""
    )
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    pdf = base64.b64decode(printed["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 100_000
    assert browser.run("return window.dialogues") == 18
    assert browser.texts("#printed section") == []
    assert browser.texts(".utterance")


def test_the_navigation_stays_and_marks_the_section_that_is_read(browser, page):
    for width in (1280, 390):
        browser.size(width, 900)
        browser.open(page)
        assert browser.texts("nav [aria-current]") == ["Summary"]
        browser.run("document.getElementById('statistics').scrollIntoView()")
        settle(browser, "nav [aria-current][href='#statistics']")
        top = browser.run("return document.querySelector('nav').getBoundingClientRect().top")
        left, right = browser.run(
            """const at = document.querySelector("nav [aria-current]").getBoundingClientRect();
            return [at.left, at.right];"""
        )
        assert top == 0 and 0 <= left < right <= width
        browser.run("scrollTo(0, document.documentElement.scrollHeight)")
        settle(browser, "nav [aria-current][href='#cite']")


EXPLAINED = "return document.querySelector('#tip:not([hidden])')?.textContent ?? ''"


def test_a_word_is_explained_at_pointing_and_at_focus_until_escape(browser, page):
    browser.open(page)
    word = "document.querySelector('#statistics .term[href=\"#term-holm\"]')"
    browser.run(
        f"{word}.scrollIntoView({{block: 'center'}}); {word}.focus({{preventScroll: true}})"
    )
    assert browser.run(EXPLAINED).startswith("Holm's correction")
    assert browser.run(f"return {word}.getAttribute('aria-describedby')") == "tip"
    browser.run("dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}))")
    assert browser.run(EXPLAINED) == ""
    browser.run("document.activeElement.blur()")
    browser.run(
        f"{word}.dispatchEvent(new PointerEvent('pointerover', {{bubbles: true, pointerType: 'mouse'}}))"
    )
    assert browser.run(EXPLAINED).startswith("Holm's correction")
    left, right, bottom = browser.run(
        """const at = document.getElementById("tip").getBoundingClientRect();
        return [at.left, at.right, at.bottom];"""
    )
    assert 0 <= left < right <= 1280 and bottom <= 900


def test_a_tap_explains_a_word_and_a_click_goes_to_the_glossary(browser, page):
    browser.size(390, 844)
    browser.open(page)
    tap = """const word = document.querySelector("#summary .term[href='#term-accuracy']");
        word.dispatchEvent(new PointerEvent("click",
            {bubbles: true, cancelable: true, pointerType: arguments[0]}));
        return location.hash;"""
    assert browser.run(tap, "touch") == ""
    assert browser.run(EXPLAINED).startswith("Accuracy")
    left, right = browser.run(
        """const at = document.getElementById("tip").getBoundingClientRect();
        return [at.left, at.right];"""
    )
    assert 0 <= left < right <= 390
    assert browser.run(tap, "mouse") == "#term-accuracy"
    assert browser.run(EXPLAINED) == ""


def test_the_answer_and_its_chart_are_on_the_first_screen(browser, page):
    for width, height in ((1280, 900), (390, 844)):
        browser.size(width, height)
        browser.open(page)
        bottoms = browser.run(
            """return [".answer dd", ".brief svg"].map(
                (what) => document.querySelector(what).getBoundingClientRect().bottom);"""
        )
        assert max(bottoms) < height
        size = browser.run(
            """const text = [...document.querySelectorAll(".brief svg text")];
            return Math.min(...text.map((t) => t.getBoundingClientRect().height));"""
        )
        assert size > 8  # charts scale, and their type stays readable


def test_headings_stand_over_their_numbers(browser, page):
    browser.open(page)
    misplaced = browser.run(
        """return [...document.querySelectorAll("thead .over")].filter((head) => {
            const table = head.closest("table");
            const at = head.getBoundingClientRect();
            if (!at.width) return false; // folded
            const values = [...table.querySelectorAll("tbody .value")];
            const value = values.map((v) => v.getBoundingClientRect());
            return !value.some((v) => v.left >= at.left - 1 && v.right <= at.right + 1);
        }).map((head) => head.textContent);"""
    )
    assert misplaced == []


def test_a_corpus_of_melds_size_stays_light_and_quick(browser, large_page, capsys):
    size = large_page.stat().st_size / MEBIBYTE
    browser.open(large_page)
    settle(browser, "#conversation-view:not([hidden])")
    paint = browser.run(
        "return performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    see(browser, "conversations")
    assert found(browser) == (13_708, 1_432)
    for query in ("breakfast", "never thought", "dia1431", "nothing like it"):
        set_field(browser, "query", query)
    took = browser.run(
        "return performance.getEntriesByName('conversation filter').map((e) => e.duration)"
    )
    with capsys.disabled():
        print(
            f"\n{size:.1f} MiB, first paint {paint:.0f} ms, search {max(took[1:]):.0f} ms at most"
        )
    assert size < 15
    assert paint < 2000
    assert max(took[1:]) < 100
