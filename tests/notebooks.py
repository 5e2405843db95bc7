"""What the tests need to know about the executable pages of the book."""

import re
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("book/**/*.ipynb")])
CHAPTERS = [page for page in PAGES if page.parent.name == "chapters"]
PUBLISH = re.compile(r"publish\(\s*\w+,\s*\"([^\"]+)\"")
RECORD = re.compile(r"claims\.record\(\s*\"([^\"]+)\"")
ANSWER = re.compile(r"answers\.record\(\s*\"([^\"]+)\"")
KEPT = PUBLISH, RECORD, ANSWER  # what a run is compared with
LOAD = re.compile(r"tables\.load\(\s*\"([^\"]+)\"")
QUICK = re.compile(r"^\w+ = experiments\.quick\(.*\)$", re.MULTILINE)


def read(page: Path):
    return nbformat.read(page, as_version=4)


def code(page: Path) -> list:
    return [cell for cell in read(page).cells if cell.cell_type == "code"]


def prose(page: Path) -> str:
    return "\n\n".join(c.source for c in read(page).cells if c.cell_type == "markdown")


def found(pattern: re.Pattern, page: Path) -> list[str]:
    """Return what a call names in the code of a page, in order: figure ids, records, tables."""
    return [name for cell in code(page) for name in pattern.findall(cell.source)]


def copy_of_the_results(folder: Path) -> Path:
    """Copy data/ and figures/ into a folder that a canary may spoil."""
    for name in ("data", "figures"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def executed(page: Path, *, without=None, allow_errors=True):
    """Execute a page and return it: to its end, or else as far as its first error.

    without: a pattern of code to leave out.
    """
    notebook = read(page)
    for cell in notebook.cells if without else ():
        cell.source = without.sub("", cell.source)
    NotebookClient(
        notebook,
        allow_errors=allow_errors,
        timeout=300,
        resources={"metadata": {"path": page.parent}},
        # A page of spoilt values raises hundreds of errors; to dress each takes longer than to run.
        extra_arguments=["--InteractiveShell.xmode=Minimal"],
    ).execute()
    return notebook


def errors(page: Path) -> dict[int, str]:
    """Execute a page to its end; return the kind of error of every code cell that raised one.

    The quick runs of experiments are left out: no published value rests on them.
    """
    cells = [cell for cell in executed(page, without=QUICK).cells if cell.cell_type == "code"]
    return {
        position: output.ename
        for position, cell in enumerate(cells)
        for output in cell.outputs
        if output.output_type == "error"
    }


def stops(page: Path) -> bool:
    """Execute a page as far as its first error; return whether there was one."""
    try:
        executed(page, allow_errors=False)
    except CellExecutionError:
        return True
    return False
