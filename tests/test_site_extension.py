"""The Sphinx extension on tiny books: what it makes of good input, and that bad input is told."""

import base64
import io
import json

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import docutils_namespace, patch_docutils

from scalinglab import claims, figures
from scalinglab.site import figures as pictures
from scalinglab.site import maths, notebooks, wording

LEDGER = """
claims:
- id: bigger-wins
  chapter: model-size
  kind: empirical-testable
  text: The *bigger* model wins.
  proxy: The line judges the *score* of one test.
  where: {argument: "1, model size", source: excerpt, locator: 更大的模型}
  lines:
  - id: same-quarter
    statistic: share of pairs won
    unit: share
    supported: low > 0.5
    contradicted: high < 0.5
    first_look: true
    resampled: families
  - id: live
    statistic: points lost
    unit: points
    waiting: the pruning experiment
- id: culture-changed
  chapter: outlook
  kind: interpretive
  text: Culture changed.
  where: {argument: introduction and outlook, source: summary}
  untestable: No measurement separates it from its cause.
"""
VERDICTS = """claim,line,estimate,low,high,n,n_unit,verdict
bigger-wins,same-quarter,0.914,0.848,0.969,1222,pairs,supported
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """Return a function that builds pages (name -> text) and gives (pages, warnings)."""
    monkeypatch.setenv("SCALINGLAB_ROOT", str(tmp_path))
    monkeypatch.setenv("SCALINGLAB_EXECUTE", "off")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "claims.yml").write_text(LEDGER, encoding="utf-8")

    def build(verdicts=VERDICTS, **pages):
        (tmp_path / "data" / "verdicts.csv").write_text(verdicts, encoding="utf-8")
        for name, text in pages.items():
            suffix = "ipynb" if text.startswith("{") else "md"
            (tmp_path / f"{name}.{suffix}").write_text(text, encoding="utf-8")
        warnings = io.StringIO()
        settings = {
            "extensions": ["myst_nb", "scalinglab.site"],
            "html_theme": "basic",
            "html_math_renderer": "mathml",
            "myst_enable_extensions": ["dollarmath", "amsmath"],
            "numfig": True,
            "exclude_patterns": ["out", "trees"],
            "root_doc": next(iter(pages)),
        }
        folders = (tmp_path, None, tmp_path / "out", tmp_path / "trees")
        with patch_docutils(), docutils_namespace():
            app = Sphinx(*folders, "html", settings, status=None, warning=warnings)
            app.build()
        html = {name: (tmp_path / "out" / f"{name}.html").read_text("utf-8") for name in pages}
        html = {name: BeautifulSoup(page, "html.parser") for name, page in html.items()}
        return html, warnings.getvalue()

    return build


CARD = "# P\n\n```{claim} bigger-wins\n```\n"


def words(tag):
    return " ".join(tag.get_text().split())


def test_a_card_says_claim_place_rule_estimate_and_verdict(book):
    html, warnings = book(index=CARD)
    assert warnings == ""
    card = html["index"].find(id="claim-bigger-wins")
    assert words(card.select_one(".claim-head .verdict")) == "Supported"
    assert card.select_one(".claim-text em").get_text() == "bigger"
    assert card.find(lang="zh").get_text() == "更大的模型"
    proxy = card.select_one(".claim-proxy")
    assert words(proxy) == "Tests a proxy: The line judges the score of one test."
    assert proxy.em.get_text() == "score"
    first, second = card.select(".claim-lines > li")
    assert words(first) == (
        "Supported Share of pairs won "
        "91% [85, 97], n = 1,222 pairs, 95% interval over families. "
        "Supported if the whole interval lies above 50%, contradicted if the whole interval lies "
        "below 50%, otherwise mixed. "
        "First look: a first value was known when this rule was written."
    )
    assert words(second) == "Awaits an experiment Points lost Waits for the pruning experiment."


def test_a_card_links_a_line_to_its_section(book):
    page = "# P\n\n```{claim} bigger-wins\nsame-quarter: proof\n```\n\n(proof)=\n## The proof\n"
    html, warnings = book(index=page)
    assert warnings == ""
    assert words(html["index"].select_one('.line-estimate a[href="#proof"]')) == "The proof"


def test_a_claim_without_a_test_says_why(book):
    html, warnings = book(index="# P\n\n```{claim} culture-changed\n```\n")
    assert warnings == ""
    card = html["index"].find(id="claim-culture-changed")
    assert "No test: No measurement separates it from its cause." in words(card)
    assert words(card.select_one(".claim-where")) == "Introduction and outlook (public summary)."
    assert card.select(".claim-proxy") == []


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```{claim} biger-wins\n```", "did you mean ['bigger-wins']"),
        ("```{claim} bigger-wins\nother-line: proof\n```", "has no line 'other-line'"),
        ("```{claim} bigger-wins\nsame-quarter\n```", "does not read 'line-id: label'"),
        ("```{claim} bigger-wins\nsame-quarter: no-such-label\n```", "no-such-label"),
        ("{result}`bigger-wins/no-line`", "has no line 'no-line'"),
        ("{result}`bigger-wins/live`", "bigger-wins/live has no record"),
        ("{result}`no-claim/line`", "no claim 'no-claim'"),
        ("{minus}`bigger-wins/live`", "bigger-wins/live has no record"),
        ("{verdict}`no-claim`", "no claim 'no-claim'"),
        (r"A formula $\undefinedmacro{x}$.", "latex2mathml does not know"),
        (r"A formula $\frac{a$.", "unbalanced braces"),
        (r"A formula $\left( a$.", "ExtraLeftOrMissingRightError"),
        ("$$\n\\undefinedmacro\n$$", "latex2mathml does not know"),
    ],
)
def test_a_mistake_is_a_warning_that_names_it(book, page, message):
    _, warnings = book(index=f"# P\n\n{page}\n")
    assert message in warnings
    assert "index.md" in warnings


def test_a_second_card_for_a_claim_is_a_warning(book):
    _, warnings = book(index=CARD + "\n```{toctree}\nother\n```\n", other=CARD)
    assert "claim bigger-wins has a card already, on index" in warnings


def test_results_and_verdicts_stand_in_the_text(book):
    text = "# P\n\nWon by {result}`bigger-wins/same-quarter`, so {verdict}`bigger-wins`.\n"
    html, warnings = book(index=text + "\n```{toctree}\nother\n```\n", other=CARD)
    assert warnings == ""
    assert words(html["index"].select_one(".result")) == "91% [85, 97]"
    link = html["index"].select_one("p > a")
    assert (link["href"], words(link)) == ("other.html#claim-bigger-wins", "Supported")


def test_a_loss_can_be_told_without_its_sign(book):
    lost = VERDICTS + "bigger-wins,live,-5.5,-8.5,2.5,6,tests,mixed\n"
    text = "# P\n\nIt trails by {minus}`bigger-wins/live`, so {result}`bigger-wins/live`.\n"
    html, warnings = book(index=text, verdicts=lost)
    assert warnings == ""
    shown = [words(number) for number in html["index"].select(".result")]
    assert shown == ["5.5 points [-2.5, 8.5]", "-5.5 points [-8.5, 2.5]"]


def test_the_ledger_links_cards_and_reads_without_a_script(book):
    ledger = (
        "# L\n\n```{claim-ledger}\n```\n\n{verdict}`culture-changed`\n\n```{toctree}\nother\n```"
    )
    html, warnings = book(index=ledger, other=CARD)
    assert warnings == ""
    rows = {row["id"]: row for row in html["index"].select("tr[id]")}
    assert list(rows) == ["ledger-bigger-wins", "ledger-culture-changed"]
    assert rows["ledger-bigger-wins"].a["href"] == "other.html#claim-bigger-wins"
    assert words(rows["ledger-bigger-wins"].find_all("td")[1]) == "Supported 1 supported"
    assert rows["ledger-culture-changed"].a is None
    proxies = {name: [words(p) for p in row.select(".claim-proxy")] for name, row in rows.items()}
    assert proxies == {
        "ledger-bigger-wins": ["Tests a proxy: The line judges the score of one test."],
        "ledger-culture-changed": [],
    }
    assert html["index"].select_one('p > a[href="#ledger-culture-changed"]')
    form = html["index"].select_one("form.ledger-filter[hidden]")
    offered = [[option["value"] for option in s.find_all("option")] for s in form.select("select")]
    assert offered[0] == ["", "in-model-size", "in-outlook"]
    assert offered[2] == ["", "is-supported", "is-untestable"]
    assert {"is-supported", "in-model-size"} < {*rows["ledger-bigger-wins"]["class"]}
    assert html["index"].select_one('script[src$="ledger.js"]')
    assert html["other"].select_one('script[src*="ledger"]') is None


def test_the_ledger_can_be_taken_along(book, tmp_path):
    book(index="# L\n\n```{claim-ledger}\n```\n")
    lines = pd.read_csv(tmp_path / "out" / "ledger.csv")
    assert [*lines["claim_id"]] == ["bigger-wins", "bigger-wins", "culture-changed"]
    assert [*lines["line_id"].dropna()] == ["same-quarter", "live"]
    assert lines["line_estimate"][0] == 0.914
    assert lines["claim_proxy"].notna().tolist() == [True, True, False]
    claim = json.loads((tmp_path / "out" / "ledger.json").read_text(encoding="utf-8"))[0]
    assert claim["verdict"] == "supported"
    assert claim["proxy"] == "The line judges the *score* of one test."
    assert claim["lines"][0]["supported"] == "low > 0.5"
    assert claim["lines"][0]["n"] == 1222
    assert claim["lines"][1]["estimate"] is None


def test_the_tally_counts_every_claim(book):
    html, warnings = book(index="# T\n\n```{verdict-tally}\n```\n")
    assert warnings == ""
    items = [words(item) for item in html["index"].select(".verdict-tally li")]
    assert items == ["1 Supported", "1 Untestable"]
    lines = words(html["index"].select_one(".tally-lines"))
    assert lines.startswith("Of 2 lines of evidence behind them 1 support the essay, 0 contradict")


GLOSSARY = """# G

```{glossary}
training compute
  The arithmetic of a training run.

  Unit FLOP.

loss
  What training minimises.

  % not: without loss;
  % family-wise losses;
```

```{toctree}
other
```
"""


def test_a_term_shows_its_definition_once_a_section(book):
    text = "# Loss\n\nTraining\ncompute and `loss`. Losses cost training compute.\n\n"
    text += "## Two\n\nA loss, a loss."
    html, warnings = book(index=GLOSSARY, other=text)
    assert warnings == ""
    marked = html["other"].select(".gloss")
    assert [words(m.a) for m in marked] == ["Training compute", "Losses", "loss"]
    assert marked[0].a["href"] == "index.html#term-training-compute"
    assert html["index"].find(id="term-training-compute")
    tip = html["other"].find(id=marked[0].a["aria-describedby"])
    assert (tip["role"], words(tip)) == ("tooltip", "The arithmetic of a training run.")
    assert html["index"].select(".gloss") == []


def test_an_excluded_phrase_stays_unmarked(book):
    text = "# P\n\nPruned without\nloss, *without loss*, with family-wise losses. The loss fell.\n"
    html, warnings = book(index=GLOSSARY, other=text)
    assert warnings == ""
    (marked,) = html["other"].select(".gloss")
    assert marked.previous_sibling.endswith("The ")
    assert "not:" not in html["index"].get_text()


@given(
    st.sampled_from(["low", "estimate", "high"]),
    st.sampled_from(sorted(claims.OPERATORS)),
    st.integers(-(10**6), 10**6).map(lambda thousandths: thousandths / 1000),
)
def test_every_rule_of_the_grammar_has_words(name, sign, bound):
    rule = f"{name} {sign} {bound}"
    sentence = wording.rule_in_words(claims.Line("a", "wins", "points", supported=rule))
    assert sentence.startswith("Supported if the ")
    assert f"{bound:.10g} point{'' if abs(bound) == 1 else 's'}" in sentence


@pytest.mark.parametrize(
    ("bound", "unit", "shown"),
    [
        (1, "points", "1 point"),
        (-1, "percentage points", "-1 percentage point"),
        (1, "points a tenfold", "1 point a tenfold"),
        (0.01, "points", "0.01 points"),
        (1, "log-odds", "1 log-odds"),
        (1, "x", "1x"),
        (0.01, "share", "1%"),
    ],
)
def test_a_threshold_of_one_is_singular(bound, unit, shown):
    assert wording.exact(bound, unit) == shown


def test_a_rule_with_two_conditions_and_a_multiplier():
    line = claims.Line("a", "growth", "x a year", supported="low >= 1.25 and high < 2")
    assert wording.rule_in_words(line) == (
        "Supported if the whole interval lies at or above 1.25x a year and the whole interval "
        "lies below 2x a year, otherwise mixed."
    )


def notebook(name, alt="Returns fall with compute at every recipe.", hidden=True):
    """Return a stored notebook with one drawn figure, and publish its files."""
    fig, ax = plt.subplots(figsize=(2, 1))
    ax.plot([1, 2, 3], color=figures.BLUE, label="a")
    shown = figures.publish(fig, name)
    image = {"image/png": base64.b64encode(shown.png).decode(), "text/plain": "<fig>"}
    cell = nbformat.v4.new_code_cell(
        f"draw({name!r})",
        execution_count=1,
        metadata={
            "tags": ["hide-input"] if hidden else [],
            "mystnb": {"figure": {"name": name, "caption": "A caption."}, "image": {"alt": alt}},
        },
        outputs=[nbformat.v4.new_output("display_data", data=image)],
    )
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# N"), cell])
    book.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return nbformat.writes(book)


@pytest.fixture
def publishing(monkeypatch):
    monkeypatch.setenv("SCALINGLAB_MODE", "write")


def test_a_figure_is_inline_named_linked_and_its_code_lies_in_the_collapsed_cell(book, publishing):
    html, warnings = book(index=notebook("falling"))
    assert warnings == ""
    figure = html["index"].find("figure")
    svg = figure.find("svg")
    assert (svg["role"], svg["aria-label"]) == ("img", "Returns fall with compute at every recipe.")
    assert figure.find("img") is None
    links = {a.get_text(): a["href"] for a in figure.select(".figure-links a")}
    assert list(links) == ["SVG", "CSV", "code"]
    assert html["index"].select_one(f"details.collapsed-cell {links['code']}").find("pre")


def test_a_heavy_figure_stays_a_picture(book, publishing, monkeypatch):
    monkeypatch.setattr(pictures, "LARGEST_INLINE", 100)
    html, warnings = book(index=notebook("falling"))
    assert warnings == ""
    image = html["index"].select_one("figure img.raster")
    assert image["alt"] == "Returns fall with compute at every recipe."


def test_a_figure_without_words_is_a_warning(book, publishing):
    _, warnings = book(index=notebook("falling", alt=""))
    assert "figure falling has no alt text" in warnings


def test_a_figure_that_was_not_published_is_a_warning(book, publishing, tmp_path):
    page = notebook("falling")
    (tmp_path / "figures" / "falling.svg").unlink()
    _, warnings = book(index=page)
    assert "falling" in warnings and "not in figures/" in warnings


def test_a_page_can_show_a_published_figure_again(book, publishing):
    again = "# A\n\n```{figure} figures/falling.svg\n:alt: Returns fall.\n\nAgain.\n```\n"
    html, warnings = book(index=again + "\n```{toctree}\nother\n```\n", other=notebook("falling"))
    assert warnings == ""
    figure = html["index"].find("figure")
    assert figure.find("svg")["aria-label"] == "Returns fall."
    assert figure.select(".figure-links a")[2]["href"] == "other.html#code-falling"


def test_inline_svg_takes_the_theme_and_keeps_its_ids_apart():
    svg = (
        '<?xml version="1.0"?><!-- c --><svg width="9pt" viewBox="0 0 9 9"><metadata>m</metadata>'
        '<defs><path id="p" d="M 1.23456 -0.001"/></defs><use xlink:href="#p" '
        f'style="fill: {figures.INK}; stroke: {figures.BLUE}; clip-path: url(#c)"/></svg>'
    )
    markup = pictures.inline(svg, "name", 'A "quoted" <word>', set())
    assert 'id="name-p"' in markup and 'href="#name-p"' in markup and "url(#name-c)" in markup
    assert "fill: currentColor" in markup and f"var(--series-1, {figures.BLUE})" in markup
    assert 'd="M 1.23 -0"' in markup and "metadata" not in markup
    assert "A &quot;quoted&quot; &lt;word&gt;" in markup


def test_a_page_defines_each_letter_once():
    letter = '<path id="SourceSansPro-Regular-41" d="M 0 0"/>'
    svg = f'<svg viewBox="0 0 9 9"><g id="unused">{letter}</g><use xlink:href="#{{}}"/></svg>'
    svg = svg.format("SourceSansPro-Regular-41")
    glyphs = set()
    first, second = (pictures.inline(svg, name, "alt", glyphs) for name in ("one", "two"))
    assert letter in first and letter not in second
    assert all('href="#SourceSansPro-Regular-41"' in markup for markup in (first, second))
    assert "unused" not in first


@pytest.mark.parametrize("tex", [r"\frac{a}{b}", r"\begin{aligned} a &= b \\ c &= d \end{aligned}"])
def test_a_formula_becomes_mathml(tex, caplog):
    assert maths.mathml(tex, "block").startswith("<math")


def test_numbered_formulas_have_anchor_and_number(book):
    html, warnings = book(index="# M\n\n$$\na = b\n$$ (law)\n\nSee {eq}`law`.\n")
    assert warnings == ""
    block = html["index"].select_one(".math-block")
    assert block["id"] == html["index"].select_one("p > a")["href"].removeprefix("#")
    assert block.select_one(".eqno").get_text() in html["index"].get_text()


@pytest.mark.parametrize("wish", notebooks.WISHES)
def test_the_environment_decides_whether_a_build_executes(monkeypatch, wish):
    monkeypatch.setenv(notebooks.VARIABLE, wish)
    config = type("Config", (), {"nb_execution_mode": "auto"})()
    notebooks.choose_execution(None, config)
    assert config.nb_execution_mode == wish


def test_an_unknown_wish_is_an_error(monkeypatch):
    monkeypatch.setenv(notebooks.VARIABLE, "sometimes")
    with pytest.raises(ConfigError, match="'sometimes'"):
        notebooks.choose_execution(None, None)


EXERCISE = """# S

```{exercise} How many
:label: exercise-2-3
:nonumber:

How many *are* there?
```

```{solution} exercise-2-3
:label: solution-2-3

There are {answer}`2/wins`.
```
"""


@pytest.fixture
def answered(book, tmp_path):
    """A book with one recorded answer."""
    kept = "answer,estimate,low,high,unit\n2/wins,0.086,0.031,0.152,share\n"
    (tmp_path / "data" / "answers.csv").write_text(kept, encoding="utf-8")
    return book


def test_an_exercise_has_the_number_of_its_label_and_a_closed_solution(answered):
    html, warnings = answered(index=EXERCISE)
    assert warnings == ""
    exercise, solution = (html["index"].find(class_=name) for name in ("exercise", "solution"))
    assert words(exercise.find(class_="admonition-title")) == "Exercise 2.3. How many"
    assert exercise.em.get_text() == "are"
    assert (solution.name, solution.get("open")) == ("details", None)
    assert words(solution.summary) == "Solution 2.3"
    assert solution.summary.find("a") is None
    assert words(solution.section) == "There are 8.6% [3.1, 15.2]."
    ids = [tag["id"] for tag in html["index"].find_all(id=True)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("{answer}`2/win`", "no answer '2/win' in data/answers.csv; did you mean 2/wins?"),
        ("```{exercise} A\n:label: exercise-2-3\nB\n```", "exercise-2-3: give it :nonumber:"),
        ("```{exercise} A\n:label: third\n:nonumber:\nB\n```", "a label such as exercise-2-3"),
        ("```{solution} exercise-2-4\nB\n```", "undefined label: exercise-2-4"),
    ],
)
def test_a_mistake_in_an_exercise_is_a_warning_that_names_it(answered, page, message):
    _, warnings = answered(index=f"# P\n\n{page}\n")
    assert message in warnings
