"""Exercises and solutions of sphinx-exercise, in the book's own markup.

An exercise is numbered by its session: the label ``exercise-2-3`` makes "Exercise 2.3", so that a
number on a student's sheet does not move when another session changes. A solution is a native
``<details>``: closed, opened by keyboard, without a script.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx_exercise.nodes import exercise_node, exercise_subtitle, is_exercise_node, solution_node

log = logging.getLogger(__name__)
LABEL = re.compile(r"exercise-(\d+)-(\d+)")


def number(label):
    """Return the number that a label gives an exercise, or None.

    >>> number("exercise-2-3")
    '2.3'
    """
    found = LABEL.fullmatch(label)
    return found and f"{found[1]}.{found[2]}"


class Titles(SphinxPostTransform):
    """Give exercises and solutions their titles, and ids that are unique on the page."""

    default_priority = 10  # before sphinx-exercise writes titles of its own (20)

    def run(self):
        """Run for each document as it is written."""
        for node in self.document.findall(is_exercise_node):
            own = number(node["label"])
            if not (own and isinstance(node, exercise_node)):
                log.warning(
                    "exercise %s: give it :nonumber: and a label such as exercise-2-3",
                    node["label"],
                    location=node,
                )
            subtitle = next(iter(node[0].findall(exercise_subtitle)), None)
            name = nodes.inline("", f"Exercise {own}", classes=["exercise-number"])
            rest = [nodes.Text(". "), *subtitle.children] if subtitle else []
            retitle(node, name, *rest)
        for node in self.document.findall(solution_node):
            retitle(node, nodes.Text(f"Solution {number(node['target_label'])}"))


def retitle(node, *content):
    """Replace the title, and name the content after the label instead of alike everywhere."""
    title, body = node.children
    body["ids"] = [f"{node['label']}-content"]
    node.replace(title, nodes.title("", "", *content))


def visit_solution(self, node):
    """Open a closed fold; its summary is the title."""
    self.body.append(self.starttag(node, "details"))
    self.body.append(f"<summary>{self.encode(node[0].astext())}</summary>\n")
    node.remove(node[0])


def depart_solution(self, node):
    """Close the fold."""
    self.body.append("</details>\n")


def setup(app):
    """Register after sphinx-exercise, whose markup this replaces."""
    app.setup_extension("sphinx_exercise")
    app.add_post_transform(Titles)
    app.add_node(solution_node, html=(visit_solution, depart_solution), override=True)
