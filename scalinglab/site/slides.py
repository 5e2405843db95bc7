"""Slides of every chapter, made of the chapter: its claim, its figures, its verdicts, its question.

Each chapter page gives a deck under ``slides/``, beside the chapters, that reveal.js runs from the
site's own files. Every figure gives one slide, every claim card one for each few of its lines, both
with the text of the section as speaker's notes; the seminar's section "The question that splits
the room" (label ``question-<chapter>``) gives the last. The chapter links its deck below its title.
"""

import re
import shutil
from pathlib import Path

import sphinx_revealjs
from docutils import nodes
from sphinx import addnodes
from sphinx.util.nodes import make_refnode

from scalinglab import checked
from scalinglab.site.glossary import gloss

CHAPTERS = "chapters/"
REVEAL = Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"
PARTS = ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
OPENING = ("What the essay says",)  # sections of prose that get a slide of their own
LINES = 4  # of evidence on one slide
OMITTED = ("claim-where", "line-rule", "claim-kind", "headerlink")  # left on the chapter's card


def is_chapter(app, page):
    """Say whether a page of the book gets slides."""
    return app.builder.name == "html" and page.startswith(CHAPTERS)


def deck_of(page):
    """Return the address of a chapter's deck inside the site."""
    return page.replace(CHAPTERS, "slides/", 1) + ".html"


def question_of(env, page):
    """Return (page, anchor) of the seminar's question on a chapter, or None."""
    chapter = re.sub(r"^\d+-", "", page.removeprefix(CHAPTERS))
    found = env.get_domain("std").labels.get(f"question-{chapter}")
    return found and found[:2]


def link_deck(app, doctree, docname):
    """Put the way to the slides and to the seminar below the title of a chapter."""
    title = next(iter(doctree.findall(nodes.title)), None)
    if not is_chapter(app, docname) or title is None:
        return
    line = nodes.paragraph(classes=["chapter-ways"])
    address = f"../{deck_of(docname)}"
    line += nodes.reference("", "", nodes.Text("Slides"), refuri=address, internal=True)
    question = question_of(app.env, docname)
    if question:
        line += nodes.Text(" · ")
        line += make_refnode(app.builder, docname, *question, nodes.Text("In the seminar"))
    title.parent.insert(title.parent.index(title) + 1, line)


def write_deck(app, pagename, templatename, context, doctree):
    """Write the deck of a chapter from the page's resolved document."""
    if doctree is None or not is_chapter(app, pagename):
        return
    title = next(iter(doctree.findall(nodes.title)))
    sections = [child for child in title.parent if isinstance(child, nodes.section)]
    slides = [slide for section in sections for slide in of(section)]
    question = question_of(app.env, pagename)
    if question:
        slides.append(discussion(app.env, *question))
    page = app.builder.templates.render(
        "slides.html",
        {
            "book": app.config.html_title or app.config.project,
            "title": title.astext(),
            "chapter": f"../{pagename}.html",
            "slides": [
                {part: render(app, pagename, content) for part, content in slide.items()}
                for slide in slides
            ],
        },
    )
    checked.write_atomically(Path(app.outdir, deck_of(pagename)), page)


def of(section):
    """Yield the slides of a section: title, body and speaker's notes, each a list of nodes."""
    title = section[section.first_child_matching_class(nodes.title)]
    text = [child for child in section if isinstance(child, nodes.paragraph)]
    if title.astext() in OPENING:
        yield {"title": [*title], "body": text, "notes": []}
    for node in section.findall():
        if isinstance(node, nodes.figure):
            caption = next(iter(node.findall(nodes.caption)), nodes.caption())
            around = (nodes.caption, nodes.legend)
            picture = [child for child in node if not isinstance(child, around)]
            words = nodes.paragraph("", "", *caption.deepcopy())
            body = nodes.container("", *picture, words, classes=["picture"])
            yield {"title": [*title], "body": [body], "notes": text}
        elif isinstance(node, nodes.container) and "claim-card" in node["classes"]:
            for card in short(node):
                yield {"title": [*title], "body": [card], "notes": text}


def short(card):
    """Yield a claim card without its rules, its sources and its anchor, a few lines to a slide."""
    card = card.deepcopy()
    for node in list(card.findall(nodes.Element)):
        if {*OMITTED} & {*node.get("classes", ())} and node.parent is not None:
            node.parent.remove(node)
    card["ids"] = []
    lines = len([*card.findall(nodes.list_item)])
    for first in range(0, max(lines, 1), LINES):
        part = card.deepcopy()
        for place, line in enumerate(list(part.findall(nodes.list_item))):
            if not first <= place < first + LINES:
                line.parent.remove(line)
        yield part


def discussion(env, page, anchor):
    """Return the slide of the seminar's question: the first paragraph of its section."""
    for section in env.get_doctree(page).findall(nodes.section):
        if anchor in section["ids"]:
            text = next(iter(section.findall(nodes.paragraph))).astext()
            return {
                "title": [nodes.Text("For discussion")],
                "body": [nodes.paragraph("", text)],
                "notes": [],
            }
    raise LookupError(f"{page} has no section {anchor}")


def render(app, pagename, content):
    """Return nodes of a chapter as HTML for its deck: plain terms, links back into the chapter."""
    holder = nodes.container()
    holder += [node.deepcopy() for node in content]
    for term in list(holder.findall(gloss)):
        term.replace_self(nodes.Text(term.astext()))
    for link in list(holder.findall(addnodes.pending_xref)):
        link.replace_self([*link])
    html = "".join(app.builder.render_partial(node)["fragment"] for node in holder)
    html = re.sub(r' id="id\d+"', "", html)  # of citations, which several slides may show
    return re.sub(r'(<a\b[^>]*href=")#', rf"\g<1>../{pagename}.html#", html)


def copy_reveal(app, error):
    """Copy the files of reveal.js that a deck loads, and its licence."""
    if error or app.builder.name != "html" or not Path(app.outdir, "slides").is_dir():
        return
    for part in PARTS:
        target = Path(app.outdir, "slides", "reveal", Path(part).name)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(REVEAL / part, target)


def setup(app):
    """Register the link, the decks and their files."""
    app.connect("doctree-resolved", link_deck)
    app.connect("html-page-context", write_deck)
    app.connect("build-finished", copy_reveal)
