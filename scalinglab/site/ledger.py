"""The ledger page: every claim with its verdict, as a table that a script can filter; the tally.

Without JavaScript the page is the plain table. The same ledger can be taken along as CSV (one row
per line of evidence) and as JSON; both are written beside the page at the end of a build.
"""

import json
from collections import Counter
from html import escape
from itertools import groupby
from pathlib import Path

import pandas as pd
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from scalinglab import checked, claims
from scalinglab.site.claims import (
    badge,
    depend_on_ledger,
    paragraph,
    proxy,
    to_card,
    to_first_look,
)
from scalinglab.site.wording import KINDS, WORDS, chapter_name

PAGE = "book/claims.html"


class Ledger(SphinxDirective):
    """``{claim-ledger}``: every claim with its verdict, by argument, linked to its card."""

    def run(self):
        """Return the filter, the downloads and the table."""
        depend_on_ledger(self.env)
        rows = self.env.get_domain("claims").data["rows"]
        group = nodes.tgroup("", nodes.colspec(colwidth=76), nodes.colspec(colwidth=24), cols=2)
        group += nodes.thead("", self.row([[nodes.Text("Claim")], [nodes.Text("Verdict")]]))
        found = judged()
        self.whole = {claim["id"]: claim for claim in claims.judged()}
        for chapter, members in groupby(found, key=lambda pair: pair[0].chapter):
            body = nodes.tbody()
            heading = nodes.entry("", paragraph(chapter_name(chapter)), morecols=1)
            body += nodes.row("", heading, classes=["ledger-chapter"])
            for claim, verdict in members:
                text, _ = self.parse_inline(claim.text, lineno=self.lineno)
                rows[claim.id] = self.env.docname
                link = to_card(self.env, claim.id, *text, card_only=True)
                kind = nodes.inline("", KINDS[claim.kind], classes=["claim-kind"])
                row = self.row(
                    [[link, nodes.Text(" "), kind], [badge(verdict), *self.lines(claim.id)]],
                    ids=[f"ledger-{claim.id}"],
                    classes=[f"is-{verdict}", f"in-{chapter}", f"kind-{claim.kind}"],
                )
                if claim.proxy:
                    remark, _ = self.parse_inline(claim.proxy, lineno=self.lineno)
                    row[0] += paragraph(*proxy(remark), classes=["claim-proxy"])
                body += row
            group += body
        self.env.metadata[self.env.docname]["ledger"] = True
        return [controls(found), downloads(), nodes.table("", group, classes=["claim-ledger"])]

    def lines(self, claim_id):
        """Return how many lines of a claim have which verdict, in words."""
        found = Counter(line["verdict"] for line in self.whole[claim_id]["lines"])
        words = ", ".join(f"{found[v]} {v}" for v in claims.VERDICTS if found[v])
        return [nodes.inline("", f" {words}", classes=["line-tally"])] if words else []

    def row(self, cells, **attributes):
        """Return a table row of the nodes of each cell."""
        entries = [nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells]
        return nodes.row("", *entries, **attributes)


class Tally(SphinxDirective):
    """``{verdict-tally}``: how many claims have which verdict, as a bar and in words."""

    def run(self):
        """Return the bar and the list."""
        depend_on_ledger(self.env)
        counts = Counter(verdict for _, verdict in judged())
        shown = [verdict for verdict in claims.VERDICTS if counts[verdict]]
        bar = "".join(f'<i class="is-{v}" style="flex-grow:{counts[v]}"></i>' for v in shown)
        block = nodes.container(classes=["verdict-tally"])
        block += nodes.raw(
            "", f'<div class="tally-bar" aria-hidden="true">{bar}</div>', format="html"
        )
        items = [
            nodes.list_item("", paragraph(self.filtered(v, str(counts[v])), " ", badge(v)))
            for v in shown
        ]
        block += nodes.bullet_list("", *items)
        block += nodes.paragraph("", "", *self.lines(), classes=["tally-lines"])
        return [block]

    def filtered(self, verdict, words):
        """Return words linked to the ledger page, filtered for a verdict."""
        up = "../" * self.env.docname.count("/")
        return nodes.reference("", words, refuri=f"{up}{PAGE}?verdict=is-{verdict}", internal=False)

    def lines(self):
        """Return the sentence about the single lines of evidence, which are plainer."""
        lines = [line for claim in claims.judged() for line in claim["lines"]]
        found = Counter(line["verdict"] for line in lines)
        known = sum(line["first_look"] for line in lines)
        words = (
            f"Of {len(lines)} lines of evidence behind them {found['supported']} support the "
            f"essay, {found['contradicted']} contradict it, {found['mixed']} are mixed. "
        )
        known = f"For {known} a first value was known when the rule was written."
        return [nodes.Text(words), to_first_look(self.env, known)]


def judged():
    """Return every claim of the ledger with its verdict."""
    recorded = claims.verdicts()
    return [(claim, claims.verdict_of(claim, recorded)) for claim in claims.ledger()]


def controls(found):
    """Return the filter: hidden in the page, shown by the script that operates it."""
    chapters = {f"in-{claim.chapter}": chapter_name(claim.chapter) for claim, _ in found}
    kinds = {f"kind-{kind}": KINDS[kind] for kind in KINDS}
    present = {verdict for _, verdict in found}
    verdicts = {f"is-{v}": WORDS[v] for v in claims.VERDICTS if v in present}
    choices = {"Argument": chapters, "Kind": kinds, "Verdict": verdicts}
    fields = "".join(
        f"<label>{name}<select><option value=''>All</option>"
        + "".join(
            f'<option value="{value}">{escape(words)}</option>' for value, words in of.items()
        )
        + "</select></label>"
        for name, of in choices.items()
    )
    return nodes.raw(
        "",
        f'<form class="ledger-filter" role="search" aria-label="Filter the claims" hidden>{fields}'
        '<label>Words<input type="search" autocomplete="off"></label>'
        '<output aria-live="polite"></output></form>',
        format="html",
    )


def downloads():
    """Return the links to the ledger as files."""
    links = [f'<a href="ledger.{kind}" download>{kind.upper()}</a>' for kind in ("csv", "json")]
    words = f"The whole ledger, with every line of evidence and its rule: {', '.join(links)}."
    return nodes.raw("", f'<p class="ledger-downloads">{words}</p>', format="html")


def add_script(app, pagename, templatename, context, doctree):
    """Load the script on the page that has the ledger, and on no other."""
    if app.env.metadata.get(pagename, {}).get("ledger"):
        app.add_js_file("ledger.js", loading_method="defer")


def write_files(app, error):
    """Write the ledger as CSV and JSON beside its page."""
    if error or app.builder.format != "html":
        return
    whole = claims.judged()
    for page in [name for name, of in app.env.metadata.items() if of.get("ledger")]:
        target = Path(app.outdir, page).with_name("ledger.csv")
        checked.write_atomically(target, checked.to_csv(flat(whole)))
        nested = json.dumps(whole, ensure_ascii=False, indent=1)
        checked.write_atomically(target.with_suffix(".json"), nested + "\n")


def flat(whole):
    """Return the ledger as a frame, one row per line of evidence; a claim without lines has one."""
    lines = pd.json_normalize(
        [claim | {"lines": claim["lines"] or [{}]} for claim in whole],
        record_path="lines",
        record_prefix="line_",
        meta=["id", "chapter", "kind", "text", "proxy", "verdict"],
        meta_prefix="claim_",
    )
    claim = [name for name in lines.columns if name.startswith("claim_")]
    return lines[[*claim, *lines.columns.drop(claim)]]


def setup(app):
    """Register the directives, the script and the files."""
    app.add_directive("claim-ledger", Ledger)
    app.add_directive("verdict-tally", Tally)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_files)
