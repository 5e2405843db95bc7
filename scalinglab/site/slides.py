"""Slides of every chapter, made of the chapter: its claim, its figures, its verdicts, its question.

Each chapter, and the synthesis, gives a deck under ``slides/`` that reveal.js runs from the site's
own files. Every figure gives one slide, every claim card one for each few of its lines, both with
the text of the section as speaker's notes; sections of prose give their sentences as points.

The session of the seminar on a chapter holds the label ``question-<chapter>``. The first paragraph
of that section is a slide, and the page's front matter names the two figures of the presenter::

    presenter: new-against-old, size-for-a-score

The five slides of the presenter (what the essay says, two figures, verdicts, the case against) then
come first, the question after them, and the rest behind a list of what there is. The chapter links
its deck below its title; ``{slides}`1-model-size#named-pairs``` links a deck, or one of its slides.
"""

import re
import shutil
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import sphinx_revealjs
from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import ReferenceRole
from sphinx.util.nodes import make_refnode
from sphinx.util.osutil import relative_uri

from scalinglab import checked
from scalinglab.site.glossary import gloss

CHAPTERS = "chapters/"
SYNTHESIS = "book/synthesis"
REVEAL = Path(sphinx_revealjs.__file__).parent / "_static" / "revealjs"
PARTS = ("dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js", "LICENSE")
ESSAY, AGAINST, VERDICTS = "What the essay says", "The case against", "Verdicts"
OF_SYNTHESIS = ("In five minutes", "What of the essay stands", "What does not", "What nobody knows")
PROSE = (ESSAY, AGAINST, *OF_SYNTHESIS)  # sections whose text is shown
WORDS = 110  # of text on one slide: whole paragraphs, or whole lines of evidence, at least one
OMITTED = ("claim-where", "claim-kind", "headerlink")  # left on the chapter's card


def has_deck(app, page):
    """Say whether a page of the book gets slides."""
    return app.builder.name == "html" and page.startswith((CHAPTERS, SYNTHESIS))


def deck_of(page):
    """Return the address of a page's deck inside the site."""
    return f"slides/{Path(page).name}.html"


def question_of(env, page):
    """Return (page, anchor) of the seminar's question on a chapter, or None."""
    chapter = re.sub(r"^\d+-", "", Path(page).name)
    chapter = "outlook" if page == SYNTHESIS else chapter
    return label(env, f"question-{chapter}")


def label(env, name):
    """Return (page, anchor) of a label of the book, or None."""
    found = env.get_domain("std").labels.get(name)
    return found and found[:2]


def link_deck(app, doctree, docname):
    """Put the way to slides, seminar and student edition below the title of a chapter."""
    title = next(iter(doctree.findall(nodes.title)), None)
    if not has_deck(app, docname) or title is None:
        return
    line = nodes.paragraph(classes=["chapter-ways"])
    address = f"../{deck_of(docname)}"
    line += nodes.reference("", "", nodes.Text("Slides"), refuri=address, internal=True)
    students = docname.startswith(CHAPTERS) and label(app.env, "student-edition")
    ways = {"In the seminar": question_of(app.env, docname), "Student edition": students}
    for words, target in ways.items():
        if target:
            line += nodes.Text(" \N{MIDDLE DOT} ")
            line += make_refnode(app.builder, docname, *target, nodes.Text(words))
    title.parent.insert(title.parent.index(title) + 1, line)


class Slides(ReferenceRole):
    """``{slides}`words <1-model-size#named-pairs>```: a link to a deck, or to one slide of it."""

    def run(self):
        """Return the link; the tests of the site find one that leads nowhere."""
        deck, _, slide = self.target.partition("#")
        address = relative_uri(f"{self.env.docname}.html", f"slides/{deck}.html")
        address += slide and f"#slide-{slide}"
        words = self.title if self.has_explicit_title else "slides"
        return [nodes.reference("", words, refuri=address, internal=True)], []


def write_deck(app, pagename, templatename, context, doctree):
    """Write the deck of a page from its resolved document."""
    if doctree is None or not has_deck(app, pagename):
        return
    title = next(iter(doctree.findall(nodes.title)))
    sections = [child for child in title.parent if isinstance(child, nodes.section)]
    slides = [slide for section in sections for slide in of(section)]
    question = question_of(app.env, pagename)
    figures = app.env.metadata[question[0]].get("presenter", "") if question else ""
    first, rest = presented(slides, figures) if figures else (slides, [])
    if question:
        first.append(discussion(app.env, *question))
    first, rest = ([rendered(app, pagename, slide) for slide in part] for part in (first, rest))
    page = app.builder.templates.render(
        "slides.html",
        {
            "book": app.config.html_title or app.config.project,
            "title": title.astext(),
            "page": f"../{pagename}.html",
            "first": first,
            "rest": rest,
            "contents": [next(same) for _, same in groupby(rest, key=itemgetter("title"))],
        },
    )
    checked.write_atomically(Path(app.outdir, deck_of(pagename)), page)


def presented(slides, figures):
    """Return the presenter's five slides and the others, both in order."""
    wanted = [ESSAY, *figures.split(", "), VERDICTS, AGAINST]
    by_name = {slide["name"]: slide for slide in slides}
    if missing := [name for name in wanted if name not in by_name]:
        raise LookupError(f"no slide of the presenter for {missing}; there are {[*by_name]}")
    five = [by_name[name] for name in wanted]
    return five, [slide for slide in slides if slide not in five]


def of(section):
    """Yield the slides of a section: name, title, body and speaker's notes, as nodes."""
    title = section[section.first_child_matching_class(nodes.title)]
    text = [child for child in section if isinstance(child, nodes.paragraph)]
    if title.astext() in PROSE:
        for place, part in enumerate(packed(text)):
            yield slide(numbered(title.astext(), place), title, [points(part)], part)
    for node in text:
        if node.astext().startswith(f"{VERDICTS}."):
            after = node.index(next(node.findall(nodes.strong))) + 1
            yield slide(VERDICTS, [nodes.Text(VERDICTS)], [points([node[after:]], each=";")], text)
    for node in section.findall():
        if isinstance(node, nodes.figure):
            caption = next(iter(node.findall(nodes.caption)), nodes.caption())
            around = (nodes.caption, nodes.legend)
            picture = [child for child in node if not isinstance(child, around)]
            words = nodes.paragraph("", "", *caption.deepcopy())
            body = nodes.container("", *picture, words, classes=["picture"])
            yield slide(node["names"][0], title, [body], text)
        elif isinstance(node, nodes.container) and "claim-card" in node["classes"]:
            for place, card in enumerate(short(node)):
                yield slide(numbered(node["ids"][0], place), title, [card], text)


def numbered(name, place):
    """Return the name of a slide that continues another."""
    return f"{name}-{place + 1}" if place else name


def slide(name, title, body, notes=()):
    """Return a slide; its name becomes its anchor."""
    return {"name": name, "title": [*title], "body": body, "notes": [*notes]}


def packed(items):
    """Yield items in runs of at most WORDS words, or of one item that is longer."""
    run, words = [], 0
    for item in items:
        length = len(item.astext().split())
        if run and words + length > WORDS:
            yield run
            run, words = [], 0
        run.append(item)
        words += length
    if run:
        yield run


def points(paragraphs, each=""):
    """Return the sentences of paragraphs as a list, without the citations in brackets.

    ``each`` ends a point as a full stop does.
    """
    found = []
    for paragraph in paragraphs:
        found.append(nodes.paragraph())
        for child in paragraph:
            is_text, point = isinstance(child, nodes.Text), found[-1]
            if isinstance(child, nodes.inline) and child.astext().startswith("["):
                point[-1] = nodes.Text(point[-1].rstrip())
                continue
            for place, part in enumerate(split(child.astext(), each) if is_text else [child]):
                if place:
                    found.append(nodes.paragraph())
                found[-1] += nodes.Text(part) if is_text else part.deepcopy()
    items = [nodes.list_item("", point) for point in found if point.astext().strip()]
    return nodes.bullet_list("", *items, classes=["points"])


def split(text, each=""):
    """Split text where a sentence ends and another begins.

    >>> split("It fell. Why? By 3.5 points, e.g. here; not there.")
    ['It fell.', 'Why?', 'By 3.5 points, e.g. here; not there.']
    >>> split("one; two", each=";")
    ['one', 'two']
    """
    ends = r"(?<=[.?])\s+(?=[A-Z\"\u201c]|$)" + (rf"|{each}\s+" if each else "")
    return re.split(ends, text)


def short(card):
    """Yield a claim card without its sources and its anchor, a few lines of evidence to a slide."""
    card = card.deepcopy()
    for node in list(card.findall(nodes.Element)):
        if {*OMITTED} & {*node.get("classes", ())} and node.parent is not None:
            node.parent.remove(node)
    card["ids"] = []
    runs = [len(run) for run in packed([*card.findall(nodes.list_item)])] or [0]
    first = 0
    for length in runs:
        part = card.deepcopy()
        for place, line in enumerate(list(part.findall(nodes.list_item))):
            if not first <= place < first + length:
                line.parent.remove(line)
        first += length
        yield part


def discussion(env, page, anchor):
    """Return the slide of the seminar's question: the first paragraph of its section."""
    for section in env.get_doctree(page).findall(nodes.section):
        if anchor in section["ids"]:
            text = next(iter(section.findall(nodes.paragraph))).astext()
            title = nodes.Text("For discussion")
            return slide("for-discussion", [title], [nodes.paragraph("", text)])
    raise LookupError(f"{page} has no section {anchor}")


def rendered(app, pagename, slide):
    """Return the parts of a slide as HTML, and its name as an anchor."""
    parts = {part: render(app, pagename, slide[part]) for part in ("title", "body", "notes")}
    return {**parts, "anchor": nodes.make_id(f"slide-{slide['name']}")}


def render(app, pagename, content):
    """Return nodes of a page as HTML for its deck: plain terms, links back into the page."""
    holder = nodes.container()
    holder += [node.deepcopy() for node in content]
    for term in list(holder.findall(gloss)):
        term.replace_self(nodes.Text(term.astext()))
    for link in list(holder.findall(addnodes.pending_xref)):
        link.replace_self([*link])
    html = "".join(app.builder.render_partial(node)["fragment"] for node in holder)
    html = re.sub(r' id="id\d+"', "", html)  # of citations, which several slides may show
    html = re.sub(r'(<a\b[^>]*href=")#', rf"\g<1>../{pagename}.html#", html)
    beside = rf"\g<1>../{Path(pagename).parent}/"
    return re.sub(r'(<a\b[^>]*href=")(?!\.\./|\w+:)', beside, html)


def copy_reveal(app, error):
    """Copy the files of reveal.js that a deck loads, and its licence."""
    if error or app.builder.name != "html" or not Path(app.outdir, "slides").is_dir():
        return
    for part in PARTS:
        target = Path(app.outdir, "slides", "reveal", Path(part).name)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(REVEAL / part, target)


def setup(app):
    """Register the links, the decks and their files."""
    app.add_role("slides", Slides())
    app.connect("doctree-resolved", link_deck)
    app.connect("html-page-context", write_deck)
    app.connect("build-finished", copy_reveal)
