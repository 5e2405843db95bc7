"""The built site is whole: no other host, no dead link, every figure complete, light pages."""

import re
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from fontTools.ttLib import TTFont
from jupyter_book.config import PATH_YAML_DEFAULT, get_validator
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from scalinglab import claims
from scalinglab.site import archive, weight
from tests import crawl, notebooks
from tests.crawl import CHAPTERS, IN_TOC, ROOT

LIMIT = 400_000  # bytes of a first visit to a chapter
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))


def built(site, name):
    return site / f"{name}.html"


def test_nothing_comes_from_another_host(site):
    assert crawl.outside(site) == []


def test_every_link_anchor_and_download_resolves(site):
    assert crawl.broken(site) == []


def test_every_figure_has_words_a_number_and_its_links(site):
    assert [fault for page in crawl.pages(site) for fault in crawl.figure_faults(page)] == []


def test_every_figure_of_a_chapter_is_referred_to_in_its_text(site):
    silent = []
    for name in CHAPTERS:
        page = crawl.parse(built(site, name))
        links = page.select('p a[href^="#"]')
        in_text = {a["href"] for a in links if not a.find_parent(["figure", "div"], "claim-card")}
        figures = page.select("figure[id]")
        silent += [f"{name}: {f['id']}" for f in figures if f"#{f['id']}" not in in_text]
    assert silent == []


def test_every_chapter_shows_figures(site):
    for name in CHAPTERS:
        assert crawl.parse(built(site, name)).find("figure"), name


def test_no_cell_failed(site):
    assert [fault for page in crawl.pages(site) for fault in crawl.failed_cells(page)] == []


def test_ids_are_unique_on_every_page(site):
    assert {p.name: d for p in crawl.pages(site) if (d := crawl.double_ids(p))} == {}


def test_every_page_is_in_the_contents():
    files = [
        *ROOT.glob("book/**/*.md"),
        *ROOT.glob("book/**/*.ipynb"),
        *ROOT.glob("chapters/*.ipynb"),
    ]
    assert sorted(IN_TOC) == sorted(str(f.relative_to(ROOT).with_suffix("")) for f in files)


def test_the_whole_project_can_be_taken_along(site):
    with zipfile.ZipFile(site / f"{archive.NAME}.zip") as whole:
        names = {name.removeprefix(f"{archive.NAME}/") for name in whole.namelist()}
    tops = {"Makefile", "README.md", "requirements.txt", "data/claims.yml", "tests/conftest.py"}
    assert tops <= names
    assert {f"{name}.ipynb" for name in CHAPTERS} <= names
    made = {"_build", ".venv", ".git", "__pycache__"}
    assert [name for name in names if made & {*name.split("/")}] == []


def test_a_chapter_page_is_light(site):
    heavy = {name: crawl.weight(site, built(site, name)) for name in CHAPTERS}
    assert {name: size for name, size in heavy.items() if size > LIMIT} == {}


def test_every_claim_of_the_ledger_has_one_card(site):
    cards = [
        tag["id"]
        for page in crawl.pages(site)
        if page.parent.name != "slides"
        for tag in crawl.parse(page).select(".claim-card")
    ]
    assert sorted(cards) == sorted(set(cards))
    due = {f"claim-{claim.id}" for claim in claims.ledger()}
    assert due == set(cards)


def test_the_ledger_names_every_claim(site):
    rows = crawl.parse(built(site, "book/claims")).select("tr[id^=ledger-]")
    assert [row["id"] for row in rows] == [f"ledger-{claim.id}" for claim in claims.ledger()]


@pytest.mark.parametrize("name", crawl.DECKS)
def test_the_slides_show_every_figure_and_every_claim_of_the_page(site, name):
    chapter = crawl.parse(built(site, name))
    deck = crawl.parse(site / "slides" / f"{Path(name).name}.html")
    assert chapter.select_one(f'.chapter-ways a[href="../slides/{Path(name).name}.html"]')
    assert len(deck.select(".picture")) == len(chapter.find_all("figure"))
    assert claims_of(chapter) == [*dict.fromkeys(claims_of(deck))]
    for part in (".claim-lines > li", ".line-rule", '.line-rule a[href*="first-look"]'):
        assert len(deck.select(part)) == len(chapter.select(part)), part
    assert deck.select(".gloss, .claim-where") == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_presenters_five_slides_come_first(site, name):
    deck = crawl.parse(site / "slides" / f"{Path(name).name}.html")
    _, *five, question, more = deck.select(".slides > section")[:8]
    assert five[0].h2.get_text() == "What the essay says"
    assert [len(slide.select(".picture")) for slide in five] == [0, 1, 1, 0, 0]
    assert five[3].select(".verdict")
    against = five[4].select(".points > li")
    assert len(against) > 3 and against[0].get_text().startswith("Against the essay.")
    assert question.h2.get_text() == "For discussion"
    assert len(more.select("a")) > 8


def claims_of(page):
    """Return the words of every claim card, without the definitions that hover over them."""
    texts = [text.find_all(string=True) for text in page.select(".claim-text")]
    return ["".join(s for s in text if not s.find_parent(role="tooltip")) for text in texts]


def test_every_term_of_the_glossary_is_used(site):
    defined = {t["id"] for t in crawl.parse(built(site, "book/glossary")).select("dt[id^=term-]")}
    links = [
        a["href"] for page in crawl.pages(site) for a in crawl.parse(page).select(".gloss > a")
    ]
    assert len(defined) > 40
    assert defined == {link.partition("#")[2] for link in links}


@pytest.mark.parametrize("name", ["thebe", "mathjax", "fontawesome", "togglebutton"])
def test_dropped_scripts_are_gone(site, name):
    assert [f for f in site.rglob("*.js") if name in f.name.lower()] == []
    scripts = [tag for page in crawl.pages(site) for tag in crawl.parse(page).find_all("script")]
    assert [tag for tag in scripts if name in str(tag).lower()] == []


def test_the_fonts_hold_the_characters_of_the_pages(site):
    text = {ord(c) for page in crawl.pages(site) for c in crawl.parse(page).get_text()}
    for face, (package, file) in weight.FACES.items():
        whole = TTFont(Path(import_module(package).font_directory, f"{file}.ttf")).getBestCmap()
        cut = TTFont(site / "_static" / "fonts" / f"{face}.woff2").getBestCmap()
        assert text & whole.keys() <= cut.keys(), face


def test_every_setting_is_known(tmp_path):
    default = yaml.safe_load(PATH_YAML_DEFAULT.read_text(encoding="utf-8"))
    schema = get_validator().schema["properties"]
    assert CONFIG.keys() <= default.keys() | schema.keys()
    for part in ("execute", "html", "parse", "sphinx"):
        assert CONFIG[part].keys() <= default[part].keys() | schema[part]["properties"].keys(), part
    (tmp_path / "index.md").write_text("# A page\n")
    settings = {"extensions": CONFIG["sphinx"]["config"]["extensions"], "bibtex_bibfiles": []}
    settings |= {"html_theme": "sphinx_book_theme"}
    settings |= {"external_toc_path": str(ROOT / "_toc.yml")}
    with patch_docutils(), docutils_namespace():
        folders = (tmp_path, None, tmp_path / "out", tmp_path / "trees")
        app = Sphinx(*folders, "html", settings, status=None, warning=None)
    assert set(CONFIG["sphinx"]["config"]) - {"extensions"} <= set(app.config.values)


def test_every_reference_is_used_and_certain():
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert "unverified" not in text.lower()
    keys = re.findall(r"^@\w+\{([^,]+),", text, re.MULTILINE)
    assert len(keys) == len(set(keys))
    sources = [*ROOT.glob("book/**/*.md"), *notebooks.PAGES]
    sources += [ROOT / "data" / "claims.yml", ROOT / "data" / "sources.yml"]
    used = set(re.findall(r"[a-z0-9]+", " ".join(f.read_text("utf-8") for f in sources)))
    assert set(keys) - used == set()


BAD = """<!doctype html><html><head>
<link rel="stylesheet" href="bad.css"><link rel="canonical" href="https://fine.example/">
<script src="//scripts.example/a.js"></script></head><body>
<a href="gone.html">a</a> <a href="#nowhere">b</a> <a href="other.html#top">c</a>
<a href="https://elsewhere.example/">fine</a> <p id="twice"></p><p id="twice"></p>
<img src="https://pictures.example/b.png" alt="x"> <div style="background:url(c.png)"></div>
<figure id="f"><img src="data:," alt="figures/f.png"><figcaption>none</figcaption></figure>
<div class="cell_output"><div class="output traceback">ValueError</div></div>
</body></html>"""


@pytest.fixture
def bad_site(tmp_path):
    (tmp_path / "index.html").write_text(BAD)
    (tmp_path / "other.html").write_text("<p>no anchor</p>")
    (tmp_path / "bad.css").write_text('@import "https://styles.example/d.css"; a {b: url(e.woff2)}')
    (tmp_path / "bad.js").write_text('fetch("https://scripts.example/f.json")')
    return tmp_path


def test_the_crawler_finds_other_hosts(bad_site):
    hosts = sorted(re.findall(r"//(\w+)\.example", " ".join(crawl.outside(bad_site))))
    assert hosts == ["pictures", "scripts", "scripts", "styles"]


def test_the_crawler_finds_what_is_missing(bad_site):
    faults = crawl.broken(bad_site)
    missing = ["bad.css: e.woff2", "index.html: c.png", "index.html: gone.html"]
    anchors = ["index.html: #nowhere", "index.html: other.html#top"]
    assert sorted(f.removesuffix(" does not exist") for f in faults if "exist" in f) == missing
    assert sorted(f.removesuffix(" has no such anchor") for f in faults if "anchor" in f) == anchors


def test_the_crawler_finds_incomplete_figures_failed_cells_and_double_ids(bad_site):
    page = bad_site / "index.html"
    assert [f.partition(": ")[2] for f in crawl.figure_faults(page)] == [
        "alt text 'figures/f.png'",
        "no number",
        "links []",
    ]
    assert crawl.failed_cells(page) == ["index.html: ValueError"]
    assert crawl.double_ids(page) == ["twice"]


def test_the_crawler_weighs_what_a_page_loads(tmp_path):
    (tmp_path / "font.woff2").write_bytes(bytes(5000))
    (tmp_path / "a.css").write_text("@font-face {src: url(font.woff2)}")
    page = tmp_path / "page.html"
    page.write_text('<link rel="stylesheet" href="a.css"><a href="big.zip">not loaded</a>')
    (tmp_path / "big.zip").write_bytes(bytes(9000))
    assert 5000 < crawl.weight(tmp_path, page) < 5300
