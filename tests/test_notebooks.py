"""The executable pages keep their contract: run, checked, readable, and no number typed by hand."""

import ast
import re
import statistics
import sys

import pytest

from scalinglab import claims
from tests import notebooks

FIGURES = notebooks.ROOT / "figures"
STACK = {"numpy", "pandas", "scipy", "matplotlib", "seaborn", "scalinglab"}

# A quantity: a decimal, a percentage, a multiplier, a number with a factor in words.
QUANTITY = re.compile(
    r"(?<![\w.^{-])\d+(?:,\d{3})*"
    r"(?:(?:\.\d+)?\s?(?:%|percent\b|points?\b|x\b|-fold\b|times\b)|\.\d+)"
)
HARMLESS = re.compile(
    r"95%\s+(?:intervals?|confidence)|```.*?```|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|\]\([^)]*\)|https?://\S+",
    re.DOTALL,
)


def typed_numbers(text: str) -> list[str]:
    """Return the quantities of a text that no code computed and no citation covers.

    A literature number carries its citation in the same sentence; what stands in code, maths,
    links or a glued role is not prose.
    """
    found = []
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z*\[{])|\n\s*\n|\n\s*[-*|] ", text):
        if "{cite" not in sentence:
            found += QUANTITY.findall(HARMLESS.sub(" ", sentence))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Small models win 8.6% of pairs.", ["8.6%"]),
        ("It is 2x cheaper, and 3 times as fast.", ["2x", "3 times"]),
        ("They gain 7 points and lose 1.5.", ["7 points", "1.5"]),
        ("Small models win {glue:text}`wins` of pairs.", []),
        ("They report 8.6% {cite}`dominguez2024`.", []),
        ("They report more {cite}`dominguez2024`. We find 7 points.", ["7 points"]),
        ("Llama-3-8B and a model of 13B parameters, in 2024, with a 95% interval.", []),
        ("The law is $L = 1.8 + A N^{-0.35}$ and `x = 0.5`.", []),
    ],
)
def test_the_finder_of_typed_numbers(text, found):
    assert typed_numbers(text) == found


def pages(*names):
    return pytest.mark.parametrize("page", names or notebooks.PAGES, ids=lambda page: page.stem)


@pages()
def test_no_number_is_typed_by_hand(page):
    captions = [
        cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "")
        for cell in notebooks.code(page)
    ]
    assert typed_numbers("\n\n".join([notebooks.prose(page), *captions])) == []


@pages()
def test_every_code_cell_is_stored_run_in_order_without_error(page):
    cells = notebooks.code(page)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert kinds <= {"display_data", "execute_result", "stream"}


@pages()
def test_every_figure_has_one_id_a_caption_and_alt_text(page):
    for cell in notebooks.code(page):
        told = cell.metadata.get("mystnb", {})
        published = notebooks.PUBLISH.findall(cell.source)
        assert "publish(" not in cell.source or len(published) == 1, cell.source
        assert [told.get("figure", {}).get("name")] == (published or [None])
        if published:
            alt, caption = told["image"]["alt"], told["figure"]["caption"]
            assert len(alt) > 40, f"{published[0]}: the alt text says too little"
            assert len(caption) > 40, f"{published[0]}: the caption says too little"
            assert alt != caption
            shown = cell.outputs[-1].data["text/plain"]
            assert shown.startswith(f"<figure {published[0]}: ")


def test_figures_are_published_once_and_none_is_left_over():
    published = [i for page in notebooks.PAGES for i in notebooks.found(notebooks.PUBLISH, page)]
    assert len(published) == len(set(published))
    for ending in ("svg", "csv"):
        assert {path.stem for path in FIGURES.glob(f"*.{ending}")} == set(published)


def test_records_and_verdicts_are_the_same_set():
    recorded = [i for page in notebooks.PAGES for i in notebooks.found(notebooks.RECORD, page)]
    published = claims.verdicts()
    assert sorted(recorded) == sorted(published["claim"] + "/" + published["line"])


@pages(*notebooks.CHAPTERS)
def test_every_claim_of_a_written_chapter_has_its_card_and_its_lines(page):
    chapter = page.stem.split("-", 1)[1]
    own = [claim for claim in claims.ledger() if claim.chapter == chapter]
    cards = re.findall(r"```\{claim\} (\S+)", notebooks.prose(page))
    assert sorted(cards) == sorted(claim.id for claim in own)
    recorded = set(notebooks.found(notebooks.RECORD, page))
    for claim in own:
        assert claim.lines or claim.untestable, f"{claim.id} has neither a line nor a reason"
        judged = {f"{claim.id}/{line.id}" for line in claim.lines if not line.waiting}
        assert judged <= recorded, f"no record for {sorted(judged - recorded)}"


@pages(*notebooks.CHAPTERS)
def test_a_chapter_has_the_house_measure(page):
    cells = notebooks.code(page)
    lines = [sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in cells]
    assert 15 <= len(cells) <= 100
    assert statistics.median(lines) <= 3
    assert max(lines) <= 15
    assert 1_500 <= len(notebooks.prose(page).split()) <= 2_500


@pages(*notebooks.CHAPTERS)
def test_a_chapter_follows_the_template(page):
    headings = re.findall(r"^## (.+)$", notebooks.prose(page), re.MULTILINE)
    ends = ["The case against", "Try it", "What we did not test", "Further reading"]
    assert headings[:3] == ["In one minute", "What the essay says", "What would count"]
    assert headings[-4:] == ends
    assert len(headings) >= 10, "evidence sections: one question each"


@pages()
def test_imports_come_first_and_are_the_standard_stack(page):
    first, *rest = notebooks.code(page)
    for cell in rest:
        tree = ast.parse(cell.source)
        assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(tree))
    for node in ast.walk(ast.parse(first.source)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in STACK | sys.stdlib_module_names
