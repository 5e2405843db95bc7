"""The site in a browser: nothing overflows, nothing fails, everything can be operated and read."""

import pytest

from tests.crawl import CHAPTERS, DECKS, IN_TOC

PAGES = [f"{name}.html" for name in IN_TOC]
WIDTHS = {"desktop": 1280, "phone": 390}
OVERFLOW = """() => [...document.querySelectorAll('article *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(
        '.pst-scrollable-table-container, .output, .highlight, .math-block, dialog, svg'))
    .map(e => e.tagName + '.' + e.className).slice(0, 5)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_asks_nobody_else_and_is_accessible(visit, path, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(path, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOW) == []
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.faults == []
    # Without preload: axe would fetch the style sheets again, from wrong addresses.
    options = {"resultTypes": ["violations"], "preload": False}
    violations = Axe().run(page, options=options).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in violations] == []


@pytest.mark.parametrize("path", [f"{name}.html" for name in CHAPTERS])
def test_the_code_link_opens_the_collapsed_cell(visit, path):
    page = visit(path)
    link = page.locator(".figure-links a", has_text="code").first
    anchor = link.get_attribute("href")
    cell = page.locator(f"details:has({anchor})")
    assert cell.get_attribute("open") is None
    link.click()
    assert cell.get_attribute("open") is not None
    assert page.locator(f"{anchor} pre").is_visible()


# What a reader may come with, and the page that ought to be among the first three.
QUERIES = {
    "resampling intervals": "method",
    "verdict rules": "method",
    "emergence ruler": "5-scaling-law-limits",
    "inference compute": "6-inference-compute",
    "compute multiplier": "glossary",
    "Falcon Llama": "1-model-size",
    "pruning weights": "1-model-size",
    "long tail": "1-model-size",
    "bootstrap": "glossary",
    "licence of the tables": "method",
    "fit your own scaling law": "laws",
    "ledger of claims": "claims",
    "student edition": "guide",
}


@pytest.mark.parametrize("words", QUERIES)
def test_search_finds_the_page(visit, words):
    page = visit(PAGES[0])
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input[type=search]").fill(words)
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('#search-results li').length > 0")
    page.wait_for_function(
        "/finished|found/.test(document.querySelector('#search-results').innerText)"
    )
    first = page.evaluate(
        "[...document.querySelectorAll('#search-results li > a')].slice(0, 3).map(a => a.href)"
    )
    assert any(f"/{QUERIES[words]}.html" in address for address in first), first
    assert page.faults == []


def test_the_theme_switch_changes_the_page(visit):
    page = visit(PAGES[0], scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(colour)
    switch = page.locator("button.theme-switch-button").first
    while page.evaluate("document.documentElement.dataset.theme") != "dark":
        switch.click()
    assert page.evaluate(colour) != before


def test_the_keyboard_reaches_search_contents_and_text(visit):
    page = visit("book/claims.html")
    reached = []
    for _ in range(100):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    text = "\n".join(reached)
    for control in (
        "skip",
        "search-button",
        "theme-switch-button",
        "method.html",
        "<select",
        "ledger.csv",
    ):
        assert control in text, control


def test_the_ledger_can_be_filtered_by_keyboard(visit):
    page = visit("book/claims.html")
    rows = page.locator("tr[id^=ledger-]:visible")
    everything = rows.count()
    page.get_by_label("Verdict").focus()
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_label("Verdict").input_value()
    assert 0 < rows.count() < everything
    assert rows.count() == page.locator(f"tr.{chosen}").count()
    assert page.locator(".ledger-filter output").inner_text().startswith(f"{rows.count()} of ")
    page.get_by_label("Words").fill("no such words")
    assert rows.count() == 0


def test_a_link_can_open_the_ledger_filtered(visit):
    page = visit("book/claims.html?verdict=is-mixed&argument=in-model-size")
    rows = page.locator("tr[id^=ledger-]:visible")
    assert rows.count() == page.locator("tr.is-mixed.in-model-size").count() > 0


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
def test_a_term_shows_its_definition_to_pointer_and_keyboard(visit, width):
    page = visit(f"{CHAPTERS[0]}.html", width)
    term = page.locator(".gloss").nth(3)
    tip = term.locator("[role=tooltip]")
    assert not tip.is_visible()
    term.locator("a").hover()
    assert tip.is_visible()
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    page.mouse.move(0, 0)
    assert not tip.is_visible()
    term.locator("a").focus()
    assert tip.is_visible()


def test_the_side_bar_opens_on_a_phone(visit):
    page = visit(PAGES[0], width=390)
    link = page.locator(".bd-sidebar-primary a", has_text="Method")
    assert not link.is_visible()
    page.locator("button.primary-toggle:visible").first.click()
    page.locator("#pst-primary-sidebar-modal a", has_text="Method").click()
    assert page.url.endswith("book/method.html")


@pytest.mark.parametrize("name", DECKS)
@pytest.mark.parametrize("from_folder", [False, True], ids=["served", "folder"])
def test_the_slides_turn_by_keyboard_and_fit(visit, site, name, from_folder):
    base = {"base": site.as_uri()} if from_folder else {}
    page = visit(f"slides/{name.rpartition('/')[2]}.html", **base)
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    slides = page.evaluate("Reveal.getTotalSlides()")
    for number in range(1, slides):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("Reveal.getState().indexh") == number
        assert page.evaluate("Reveal.getCurrentSlide().scrollHeight <= Reveal.getConfig().height")
    assert page.faults == []


def test_the_slides_are_accessible(visit):
    from axe_playwright_python.sync_playwright import Axe

    page = visit(f"slides/{CHAPTERS[0].removeprefix('chapters/')}.html")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    for _ in range(9):  # the presenter's, the question, the contents and a first one beyond
        page.keyboard.press("ArrowRight")
        options = {"resultTypes": ["violations"], "preload": False}
        violations = Axe().run(page, options=options).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in violations] == []


def test_the_site_works_from_a_folder(visit, site):
    page = visit(f"{CHAPTERS[0]}.html", base=site.as_uri())
    faces = page.evaluate("document.fonts.ready.then(fonts => [...fonts].map(f => f.status))")
    assert "loaded" in faces and "error" not in faces
    page.locator("a", has_text="Method").first.click()
    assert page.url == f"{site.as_uri()}/book/method.html"
    assert page.faults == []
