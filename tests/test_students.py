"""The student edition: nothing to copy from, a place for the prediction, and it still runs."""

import ast
import re

import nbformat
import pytest

from scalinglab import students
from tests import notebooks

chapters = pytest.mark.parametrize("page", notebooks.CHAPTERS, ids=lambda page: page.stem)


def cell(source, *tags, kind="code"):
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return new(source, metadata={"tags": list(tags)})


@pytest.fixture
def edited(tmp_path):
    """Return a function that gives the sources of the edition of some cells."""

    def edit(*cells):
        nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), tmp_path / "chapter.ipynb")
        edition = students.edition(tmp_path / "chapter.ipynb")
        nbformat.validate(edition)
        return [cell.source for cell in edition.cells]

    return edit


def test_an_answer_is_left_out(edited):
    assert edited(cell("a = 1"), cell("print(a)", "hide-cell", "answer")) == ["a = 1"]


def test_a_prediction_is_asked_for_before_the_cell(edited):
    assert edited(cell("a = 1", "prediction"), cell("a")) == [students.PROMPT, "a = 1", "a"]


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("It is three.\n\n## Next\n\nMore.", ["\n## Next\n\nMore."]),
        ("## Next\n\nMore.", ["\n## Next\n\nMore."]),
        ("It is three.", []),
    ],
)
def test_an_answer_in_text_ends_at_the_next_heading(edited, source, kept):
    assert edited(cell(source, "answer", kind="markdown")) == [k.lstrip("\n") for k in kept]


def test_text_without_the_tag_stays_whole(edited):
    assert edited(cell("It is three.\n\n## Next", kind="markdown")) == ["It is three.\n\n## Next"]


def test_a_folder_without_notebooks_is_told(tmp_path):
    with pytest.raises(ValueError, match="no notebook in"):
        students.write(tmp_path, tmp_path / "students")


@chapters
def test_every_chapter_says_where_its_prediction_goes(page):
    """The cell with the one variable stands under Try it, and is the only one of its kind."""
    cells = notebooks.read(page).cells
    marked = [i for i, cell in enumerate(cells) if students.tagged(cell, "prediction")]
    start = next(i for i, cell in enumerate(cells) if "## Try it" in cell.source)
    assert len(marked) == 1
    assert marked[0] > start
    (assignment,) = ast.parse(cells[marked[0]].source).body
    assert isinstance(assignment, ast.Assign)


@chapters
def test_the_edition_has_no_outputs_and_compiles(page):
    edition = students.edition(page)
    assert [c.source for c in edition.cells].count(students.PROMPT) == 1
    assert not any(students.tagged(c, "answer") for c in edition.cells)
    code = [c for c in edition.cells if c.cell_type == "code"]
    assert all(c.outputs == [] and c.execution_count is None for c in code)
    compile("\n\n".join(c.source for c in code), page.stem, "exec")


def bound(source):
    """Return the names that a cell binds at its top level."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


@chapters
def test_nothing_that_stays_needs_a_cell_that_goes(page):
    kept = [c.source for c in students.edition(page).cells if c.cell_type == "code"]
    gone = [c.source for c in notebooks.code(page) if c.source not in kept]
    lost = set.union(set(), *map(bound, gone)) - set.union(set(), *map(bound, kept))
    used = {
        node.id
        for source in kept
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name)
    }
    assert lost & used == set()


def test_a_chapter_of_the_edition_runs_and_says_what_a_change_moved(tmp_path, monkeypatch):
    """With another ratio only the figure of the Try it moves: the rest is as published."""
    monkeypatch.setenv("SCALINGLAB_MODE", "report")
    page, *_ = students.write(notebooks.ROOT / "chapters", tmp_path)
    edition = notebooks.read(page)
    for c in edition.cells:
        c.source = c.source.replace("minimum_ratio = 4", "minimum_ratio = 8")
    nbformat.write(edition, page)
    outputs = [out for c in notebooks.executed(page).cells for out in c.get("outputs", [])]
    assert [out for out in outputs if out.output_type == "error"] == []
    told = " ".join(out.text for out in outputs if out.output_type == "stream")
    assert re.findall(r"differs from the published (\w+ \S+):", told) == [
        "figure try-another-ratio"
    ]
