"""Notebooks: whether a build executes them, and how collapsed cells look.

``_config.yml`` says that a build executes. ``SCALINGLAB_EXECUTE=off`` renders the stored outputs
instead, ``cache`` those of the runs before the build; Jupyter Book has no switch for either.
"""

import os
from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.errors import ConfigError
from sphinx.transforms.post_transforms import SphinxPostTransform

VARIABLE = "SCALINGLAB_EXECUTE"
WISHES = ("force", "cache", "off")


def choose_execution(app, config):
    """Set ``nb_execution_mode`` before myst-nb reads it (it does at ``builder-inited``)."""
    wish = os.environ.get(VARIABLE, "force")
    if wish not in WISHES:
        raise ConfigError(f"{VARIABLE} is {wish!r}; it must be one of {', '.join(WISHES)}")
    config.nb_execution_mode = wish


class OneFold(SphinxPostTransform):
    """Collapse neighbouring hidden cells into one, up to and with the input of a figure's cell.

    A notebook of short cells would else show a reader a row of closed folds.
    """

    default_priority = 200  # right after myst-nb has made the folds
    formats = ("html",)

    def run(self):
        """Move the content of every wholly hidden cell into the fold that follows it directly."""
        for cell in list(self.document.findall(nodes.container)):
            following = cell.next_node(descend=False, siblings=True)
            fold, into = _fold(cell), _fold(following)
            if fold and into and len(cell) == 1:
                into[:0] = fold.children
                cell.parent.remove(cell)


def _fold(node):
    """Return the fold at the top of a code cell, or None."""
    is_cell = isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"
    return node[0] if is_cell and len(node) and isinstance(node[0], HideCodeCellNode) else None


def visit_collapsed(self, node):
    """Open a collapsed cell: a summary that is named by the words it shows (myst-nb's is not)."""
    summary = f"<summary>{escape(node['prompt_show'])}</summary>"
    self.body.append(f'<details class="collapsed-cell">{summary}\n')


def depart_collapsed(self, node):
    """Close a collapsed cell."""
    self.body.append("</details>\n")


def setup(app):
    """Connect the choice to the first event after the configuration is read."""
    app.connect("config-inited", choose_execution)
    app.add_post_transform(OneFold)
    app.add_node(HideCodeCellNode, html=(visit_collapsed, depart_collapsed), override=True)
