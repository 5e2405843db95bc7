"""Terms of the glossary in the text: a link at the first use in a section, with the definition.

The glossary is Sphinx's own ``{glossary}`` directive. Its terms, alone or in the plural, are found
in the running text of every other page, so a writer marks nothing. Where a phrase holds a term and
means something else, a comment in the definition names it, and the phrase stays unmarked::

    epoch
      One pass over the training data.

      % not: Epoch AI; epoch of calm

The definition shows while the pointer is over the term or the keyboard's focus is on it, by the
style sheet alone.
"""

import re
from html import escape
from itertools import groupby

from docutils import nodes
from sphinx import addnodes

# Words inside these are names, code, numbers or links already.
UNTOUCHED = (
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.raw,
    nodes.title,
    nodes.term,
    nodes.table,
    nodes.citation,
    addnodes.download_reference,
)


class gloss(nodes.Inline, nodes.TextElement):
    """A term in the text; ``target`` is its place in the glossary, ``definition`` its meaning."""


def collect(app, env):
    """Keep the first paragraph of each definition: term -> (page, anchor, text).

    Also keep the phrases that a definition excludes.
    """
    found, excluded = {}, set()
    pages = {
        page for _, _, kind, page, _, _ in env.get_domain("std").get_objects() if kind == "term"
    }
    for page in sorted(pages):
        for item in env.get_doctree(page).findall(nodes.definition_list_item):
            meaning = next(iter(item.findall(nodes.definition)), None)
            for term in item.findall(nodes.term):
                if term["ids"] and meaning is not None:
                    words = " ".join(meaning[0].astext().split())
                    found[term.astext()] = (page, term["ids"][0], words)
            for comment in item.findall(nodes.comment):
                said, colon, phrases = comment.astext().partition("not:")
                if colon and not said.strip():
                    excluded |= {" ".join(phrase.split()) for phrase in phrases.split(";")} - {""}
    env.glossary_terms, env.glossary_excluded = found, excluded


def mark(app, doctree, docname):
    """Turn the first use of each term in each section of a page into a ``gloss`` node."""
    terms = app.env.glossary_terms
    if not terms or docname in {page for page, _, _ in terms.values()}:
        return
    names, pattern = spelling(terms, app.env.glossary_excluded)
    join_lines(doctree)
    seen = {}
    for text in list(doctree.findall(nodes.Text)):
        if not in_running_text(text):
            continue
        used = seen.setdefault(id(section_of(text)), set())
        parts, end, content = [], 0, text.astext()
        for match in pattern.finditer(content):
            term = match.lastindex and names[match.lastindex - 1]
            if term is None or term in used:
                continue
            used.add(term)
            page, anchor, meaning = terms[term]
            uri = f"{app.builder.get_relative_uri(docname, page)}#{anchor}"
            parts += [nodes.Text(content[end : match.start()])]
            key = app.env.new_serialno("gloss")
            parts += [gloss("", match[0], target=uri, definition=meaning, key=f"gloss-{key}")]
            end = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(content[end:])])


def spelling(terms, excluded=()):
    """Return the pattern that finds terms, singular or plural, over a line break or not.

    The longest term wins; the number of the group that matched is the position of its term. An
    excluded phrase is matched as a whole, without a group, so that no term is found inside it.

    >>> terms, pattern = spelling(["loss", "training compute", "family"], ["without loss"])
    >>> text = "Families cut the Training\\ncompute without loss."
    >>> [terms[m.lastindex - 1] for m in pattern.finditer(text) if m.lastindex]
    ['family', 'training compute']
    """
    terms = sorted(terms, key=len, reverse=True)
    plural = [
        rf"{re.escape(t[:-1])}(?:y|ies)" if t.endswith("y") else rf"{re.escape(t)}(?:e?s)?"
        for t in terms
    ]
    phrases = [re.escape(phrase) for phrase in sorted(excluded, key=len, reverse=True)]
    words = "|".join([*phrases, *(f"({p})" for p in plural)]).replace(r"\ ", r"\s+")
    return terms, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


def join_lines(doctree):
    """Make neighbouring text nodes one: MyST gives every line of a paragraph its own."""
    for block in list(doctree.findall(nodes.TextElement)):
        children = []
        for is_text, group in groupby(block.children, lambda child: isinstance(child, nodes.Text)):
            group = list(group)
            children += [nodes.Text("".join(group))] if is_text and len(group) > 1 else group
        if len(children) < len(block.children):
            block[:] = children


def in_running_text(text):
    """Say whether a text node stands in a paragraph, outside of links, code, tables and titles."""
    node, in_paragraph = text.parent, False
    while node is not None:
        if isinstance(node, UNTOUCHED) or {"result", "verdict"} & {*node.get("classes", ())}:
            return False
        in_paragraph |= isinstance(node, nodes.paragraph | nodes.caption)
        node = node.parent
    return in_paragraph


def section_of(node):
    """Return the section below the page's title that a node stands in, or the page's own."""
    sections = []
    while node is not None:
        if isinstance(node, nodes.section):
            sections.append(node)
        node = node.parent
    return sections[-2] if len(sections) > 1 else sections[-1] if sections else None


def visit_gloss(self, node):
    """Open the link that the definition describes."""
    self.body.append(
        f'<span class="gloss"><a href="{escape(node["target"])}" aria-describedby="{node["key"]}">'
    )


def depart_gloss(self, node):
    """Close the link and append the definition, which the style sheet hides."""
    meaning = escape(node["definition"])
    self.body.append(f'</a><span role="tooltip" id="{node["key"]}">{meaning}</span></span>')


def plain(self, node):
    """Leave the words as they are in formats without hovering."""


def setup(app):
    """Register the node and the marking."""
    app.connect("env-check-consistency", collect)
    app.add_node(gloss, html=(visit_gloss, depart_gloss), latex=(plain, plain), text=(plain, plain))
    app.connect("doctree-resolved", mark)
