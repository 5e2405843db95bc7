"""The whole project as one file beside the site, so that a reader can execute what they read."""

import os
import zipfile
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxRole

NAME = "returns-on-compute"
LEFT_OUT = {"_build", "__pycache__", "scalinglab.egg-info"}


def write(app, error):
    """Write ``returns-on-compute.zip`` into the root of the site: every file that is not made."""
    if error or app.builder.format != "html":
        return
    root, target = Path(app.srcdir), Path(app.outdir, f"{NAME}.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(f for f in folders if f not in LEFT_OUT and not f.startswith("."))
            for file in sorted(Path(folder, name) for name in files):
                archive.write(file, Path(NAME, file.relative_to(root)))


class Link(SphinxRole):
    """``{archive}`words```: a link to the file."""

    def run(self):
        """Return the link, relative to the page it is on."""
        up = "../" * self.env.docname.count("/")
        return [nodes.reference("", self.text, refuri=f"{up}{NAME}.zip", internal=False)], []


def setup(app):
    """Register the link; write the file once the pages are there."""
    app.add_role("archive", Link())
    app.connect("build-finished", write)
