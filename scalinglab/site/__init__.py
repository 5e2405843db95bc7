"""The Sphinx extension of the book: what Jupyter Book does not do by itself.

One module per job: ``notebooks`` (execute them or render what they store), ``figures`` (inline SVG
with the theme's colours and download links), ``claims`` (claim cards, results in the text),
``ledger`` (all claims as one table, the tally), ``catalogue`` (the tables of data), ``glossary``
(terms explained where they are used), ``answers`` (numbers of the seminar in the text),
``exercises`` (the markup of exercises and solutions), ``slides`` (a deck to each chapter),
``maths`` (MathML at build time), ``markup`` (repairs to the HTML of others), ``once`` (what others
do again for every link), ``weight`` (fonts and theme files cut down to what the pages use).
"""

from scalinglab.site import (
    answers,
    catalogue,
    claims,
    exercises,
    figures,
    glossary,
    ledger,
    markup,
    maths,
    notebooks,
    once,
    slides,
    weight,
)


def setup(app):
    """Register every part with Sphinx."""
    parts = (notebooks, figures, claims, ledger, catalogue, glossary, answers, exercises, slides)
    for part in (*parts, maths, markup, once, weight):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
