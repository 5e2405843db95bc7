"""Done once instead of at every reference: what two libraries repeat for each link they resolve.

Sphinx unpickles the whole page that a numbered figure lies on, pybtex reads the metadata of every
installed package to find the same formatter. Together they took a third of a build.
"""

from functools import cache

import pybtex.plugin


def keep_doctrees(app, env):
    """Keep the pages that references look at; the pages written come from another store.

    Set on the instance, after the environment has been pickled.
    """
    env.get_doctree = cache(env.get_doctree)


def setup(app):
    """Connect the first after the environment is stored, replace the second."""
    app.connect("env-check-consistency", keep_doctrees)
    pybtex.plugin._load_entry_point = cache(pybtex.plugin._load_entry_point)
