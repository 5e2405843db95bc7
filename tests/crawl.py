"""What can be wrong with a built site, read from its files alone: links, hosts, figures, weight."""

import gzip
import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
IN_TOC = [TOC["root"], *(entry["file"] for part in TOC["parts"] for entry in part["chapters"])]
CHAPTERS = [name for name in IN_TOC if name.startswith("chapters/")]
DECKS = [*CHAPTERS, "book/synthesis"]  # pages with slides
TEXT = {".html", ".css", ".js", ".svg", ".json", ".txt", ".csv"}
LOADED_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest"}
CSS_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)|@import\s+["']([^"']+)["']""")
JS_LOAD = re.compile(
    r"""(?:\bimport|fetch|importScripts)\s*\(\s*["'`]((?:https?:)?//[^"'`]+)"""
    r"""|\.src\s*=\s*["'`]((?:https?:)?//[^"'`]+)"""
)
PATHLIKE = re.compile(r"[\\/]|\.(png|svg|jpe?g|gif)\b", re.IGNORECASE)


@cache
def parse(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def pages(site: Path) -> list[Path]:
    return sorted(p for p in site.rglob("*.html") if "_static" not in p.parts)


def loaded(page: Path) -> list[str]:
    """Return what a browser fetches with a page: the addresses as they are written."""
    soup = parse(page)
    found = [
        tag[name] for name in ("src", "poster", "data") for tag in soup.find_all(**{name: True})
    ]
    for tag in soup.find_all(srcset=True):
        found += [part.split()[0] for part in tag["srcset"].split(",")]
    for tag in soup.find_all("link", href=True):
        if LOADED_RELATIONS & {*tag.get("rel", ())}:
            found.append(tag["href"])
    styles = [tag.get_text() for tag in soup.find_all("style")]
    styles += [tag["style"] for tag in soup.find_all(style=True)]
    return found + [address for style in styles for address in css_addresses(style)]


def css_addresses(style: str) -> list[str]:
    return [a or b for a, b in CSS_URL.findall(style)]


def outside(site: Path) -> list[str]:
    """Return every address on another host that a page, a style sheet or a script would fetch."""
    faults = []
    for page in pages(site):
        faults += [(page, address) for address in loaded(page)]
        for script in parse(page).find_all("script"):
            faults += [(page, a or b) for a, b in JS_LOAD.findall(script.get_text())]
    for sheet in site.rglob("*.css"):
        faults += [(sheet, a) for a in css_addresses(sheet.read_text(encoding="utf-8"))]
    for script in site.rglob("*.js"):
        text = script.read_text(encoding="utf-8")
        faults += [(script, a or b) for a, b in JS_LOAD.findall(text)]
    return [f"{file.relative_to(site)}: {a}" for file, a in faults if urlsplit(a).netloc]


def target(site: Path, page: Path, address: str) -> Path | None:
    """Return the file that an address of a page means, or None outside the site."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return None
    if not parts.path:
        return page
    base = site if parts.path.startswith("/") else page.parent
    return (base / unquote(parts.path).lstrip("/")).resolve()


def broken(site: Path) -> list[str]:
    """Return every internal link, download and asset that is missing, and every dead anchor."""
    faults = []
    for page in pages(site):
        links = [a["href"] for a in parse(page).find_all("a", href=True)]
        for address in [*links, *loaded(page)]:
            file = target(site, page, address)
            if file is None or address in ("#", ""):
                continue
            fragment = unquote(urldefrag(address).fragment)
            if not file.is_file() or not file.is_relative_to(site.resolve()):
                faults.append(f"{page.relative_to(site)}: {address} does not exist")
            elif fragment and file.suffix == ".html" and fragment not in ids(file):
                faults.append(f"{page.relative_to(site)}: {address} has no such anchor")
    for sheet in site.rglob("*.css"):
        for address in css_addresses(sheet.read_text(encoding="utf-8")):
            file = target(site, sheet, address)
            if file and not file.is_file():
                faults.append(f"{sheet.relative_to(site)}: {address} does not exist")
    return faults


def figure_faults(page: Path) -> list[str]:
    """Return what each figure of a page lacks: words for the blind, a number, its three links."""
    faults = []
    for figure in parse(page).find_all("figure"):
        name = figure.get("id", "(no id)")
        picture = figure.find(["svg", "img"])
        words = (picture.get("aria-label") or picture.get("alt") or "") if picture else ""
        if len(words.split()) < 4 or PATHLIKE.search(words):
            faults.append(f"{page.name}, figure {name}: alt text {words!r}")
        if not figure.find(class_="caption-number"):
            faults.append(f"{page.name}, figure {name}: no number")
        links = [a.get_text() for a in figure.select(".figure-links a[href]")]
        if links != ["SVG", "CSV", "code"]:
            faults.append(f"{page.name}, figure {name}: links {links}")
    return faults


def failed_cells(page: Path) -> list[str]:
    """Return the outputs of a page that are errors or were written to the error stream."""
    outputs = parse(page).select(".cell_output .traceback, .cell_output .stderr")
    return [f"{page.name}: {output.get_text()[:80]}" for output in outputs]


@cache
def ids(page: Path) -> Counter:
    return Counter(tag["id"] for tag in parse(page).find_all(id=True))


def double_ids(page: Path) -> list[str]:
    return sorted(name for name, times in ids(page).items() if times > 1)


def weight(site: Path, page: Path) -> int:
    """Return the bytes of a first visit: text as gzip -6, images and fonts as they are."""
    files = {page}
    files |= {target(site, page, address) for address in loaded(page)} - {None}
    for sheet in [file for file in files if file.suffix == ".css"]:
        addresses = css_addresses(sheet.read_text(encoding="utf-8"))
        files |= {target(site, sheet, address) for address in addresses} - {None}
    return sum(on_the_wire(file) for file in files)


def on_the_wire(file: Path) -> int:
    content = file.read_bytes()
    return len(gzip.compress(content, 6)) if file.suffix in TEXT else len(content)
