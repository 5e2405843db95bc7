"""``{answer}`2/wins-same-quarter```: a recorded answer of the seminar, in the text of a page."""

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from scalinglab import answers, checked
from scalinglab.site.claims import mistake


class Answer(SphinxRole):
    """A recorded answer as the book prints numbers."""

    def run(self):
        """Return the number; one that was never recorded is a warning."""
        self.env.note_dependency(str(checked.root() / "data" / "answers.csv"))
        try:
            shown = answers.text(self.text)
        except answers.AnswerError as error:
            return mistake(self, str(error))
        return [nodes.inline("", shown, classes=["result"])], []


def setup(app):
    """Register the role."""
    app.add_role("answer", Answer())
