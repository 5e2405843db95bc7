"""The student edition of the chapters: ``python -m scalinglab.students``.

A copy of every chapter without its outputs, in ``_build/students``. Tags of the cells say what else
changes: before a cell with the tag ``prediction`` comes an empty cell for the student's own, and a
cell with the tag ``answer`` is left out. Of a Markdown cell with that tag what follows its first
heading stays, because an answer and the next section may share a cell.
"""

import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import (
    ClearOutputPreprocessor,
    Preprocessor,
    TagRemovePreprocessor,
)

PROMPT = """\
**Your prediction.** Write it here before you run the next cell: for each event a probability \
between 0 and 1.

"""


def tagged(cell, tag: str) -> bool:
    """Return whether a cell has the tag."""
    return tag in cell.metadata.get("tags", ())


class KeepNextSection(Preprocessor):
    """Cut a Markdown cell with the tag ``answer`` down to what follows its first heading."""

    def preprocess_cell(self, cell, resources, index):
        """Return the cell; one without a heading keeps its tag, and is removed afterwards."""
        start = f"\n{cell.source}".find("\n#")
        if cell.cell_type == "markdown" and tagged(cell, "answer") and start >= 0:
            cell.source = cell.source[start:]
            cell.metadata["tags"] = [tag for tag in cell.metadata["tags"] if tag != "answer"]
        return cell, resources


class AskForPrediction(Preprocessor):
    """Put an empty cell for the prediction before every cell with the tag ``prediction``."""

    def preprocess(self, nb, resources):
        """Return the notebook with the prompts."""
        cells = []
        for cell in nb.cells:
            if tagged(cell, "prediction"):
                cells.append(nbformat.v4.new_markdown_cell(PROMPT, id=f"{cell.id}-prediction"))
            cells.append(cell)
        nb.cells = cells
        return nb, resources


def edition(chapter: Path) -> nbformat.NotebookNode:
    """Return the student edition of a stored notebook."""
    notebook, resources = nbformat.read(chapter, as_version=4), {}
    for preprocessor in (
        KeepNextSection(enabled=True),
        AskForPrediction(enabled=True),
        TagRemovePreprocessor(enabled=True, remove_cell_tags={"answer"}),
        ClearOutputPreprocessor(enabled=True),
    ):
        notebook, resources = preprocessor.preprocess(notebook, resources)
    return notebook


def write(chapters: Path, folder: Path) -> list[Path]:
    """Write the student edition of every notebook in ``chapters``; return the new files.

    A folder without notebooks is a ValueError.
    """
    found = sorted(chapters.glob("*.ipynb"))
    if not found:
        raise ValueError(f"there is no notebook in {chapters}")
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in found:
        nbformat.write(edition(chapter), folder / chapter.name)
    return [folder / chapter.name for chapter in found]


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    for path in write(root / "chapters", root / "_build" / "students"):
        sys.stdout.write(f"{path.relative_to(root)}\n")
