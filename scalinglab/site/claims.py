"""Claims in the book: cards, and results and verdicts in the text.

Everything is built of docutils nodes from ``data/claims.yml`` and ``data/verdicts.csv``, so it
works in Markdown and in notebooks and reads without JavaScript. A page that shows a claim depends
on both files. A card that moves to another page does not rebuild the pages that link to it: build
from an empty folder.
"""

from typing import ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.domains import Domain, ObjType
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from scalinglab import checked, claims, report
from scalinglab.site.wording import KINDS, SOURCES, WORDS, rule_in_words

log = logging.getLogger(__name__)


class Claims(Domain):
    """Where each claim has its card and its row in the ledger; links to them; search entries."""

    name = "claims"
    label = "Claims"
    object_types: ClassVar = {"card": ObjType("claim", "card")}
    initial_data: ClassVar = {"cards": {}, "rows": {}}  # claim id -> page

    def clear_doc(self, docname):
        """Forget the cards and rows of a page that is read again."""
        for place in ("cards", "rows"):
            kept = {c: page for c, page in self.data[place].items() if page != docname}
            self.data[place] = kept

    def merge_domaindata(self, docnames, otherdata):
        """Take over what a parallel reader found."""
        for place in ("cards", "rows"):
            found = {c: page for c, page in otherdata[place].items() if page in docnames}
            self.data[place].update(found)

    def get_objects(self):
        """List the cards for the search index."""
        for claim, page in self.data["cards"].items():
            yield claim, claim, "card", page, f"claim-{claim}", 1

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        """Link to the card of a claim, or to its row in the ledger while it has no card."""
        anchors = {"cards": f"claim-{target}", "rows": f"ledger-{target}"}
        for place, anchor in anchors.items():
            page = self.data[place].get(target)
            if page and not (place == "rows" and node.get("card_only")):
                return make_refnode(builder, fromdocname, page, anchor, contnode)
        return contnode

    def resolve_any_xref(self, env, fromdocname, builder, target, node, contnode):
        """Leave references of unknown kind to the other domains."""
        return []


def depend_on_ledger(env):
    """Have the page rebuilt when the ledger or a verdict changes."""
    for name in ("claims.yml", "verdicts.csv"):
        env.note_dependency(str(checked.root() / "data" / name))


def badge(verdict):
    """Return a verdict as a word with its mark; the mark is drawn by the style sheet."""
    return nodes.inline("", WORDS[verdict], classes=["verdict", f"verdict-{verdict}"])


def to_card(env, claim_id, *content, card_only=False):
    """Return a reference that becomes a link once every page has been read."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", "", *content),
        refdomain="claims",
        reftype="card",
        reftarget=claim_id,
        refexplicit=True,
        refdoc=env.docname,
        card_only=card_only,
    )


def proxy(remark):
    """Return what a card and the ledger say of a claim whose lines judge a stand-in for it."""
    return [nodes.strong("", "Tests a proxy: "), *remark]


def paragraph(*content, classes=()):
    """Return a paragraph of the nodes and strings given."""
    inner = [nodes.Text(c) if isinstance(c, str) else c for c in content]
    return nodes.paragraph("", "", *inner, classes=list(classes))


class Card(SphinxDirective):
    """``{claim} claim-id``: the claim, its verdict, and each line of evidence with its rule.

    The body links a line to its evidence, one ``line-id: label`` each; the label is the id of a
    figure or the label of a section.
    """

    required_arguments = 1
    has_content = True

    def run(self):
        """Return the card."""
        claim = known_claim(self, self.arguments[0])
        domain = self.env.get_domain("claims")
        if claim.id in domain.data["cards"]:
            raise self.error(
                f"claim {claim.id} has a card already, on {domain.data['cards'][claim.id]}"
            )
        domain.data["cards"][claim.id] = self.env.docname
        evidence = self.evidence(claim)
        recorded = claims.verdicts()
        verdict = claims.verdict_of(claim, recorded)
        card = nodes.container(
            classes=["claim-card", f"verdict-{verdict}"], ids=[f"claim-{claim.id}"]
        )
        kind = nodes.inline("", KINDS[claim.kind], classes=["claim-kind"])
        card += paragraph("Claim", kind, badge(verdict), classes=["claim-head"])
        text, messages = self.parse_inline(claim.text, lineno=self.lineno)
        card += paragraph(*text, classes=["claim-text"])
        card += paragraph(*self.where(claim), classes=["claim-where"])
        if claim.proxy:
            remark, more = self.parse_inline(claim.proxy, lineno=self.lineno)
            card += paragraph(*proxy(remark), classes=["claim-proxy"])
            messages += more
        if claim.lines:
            lines = nodes.bullet_list(classes=["claim-lines"])
            lines += [self.line(claim, line, recorded, evidence) for line in claim.lines]
            card += lines
        if claim.untestable:
            reason, more = self.parse_inline(claim.untestable, lineno=self.lineno)
            card += paragraph(nodes.strong("", "No test: "), *reason, classes=["claim-reason"])
            messages += more
        self.set_source_info(card)
        return [card, *messages]

    def evidence(self, claim):
        """Return the labels of the body by line; an unknown line or a bare row is an error."""
        labels = {}
        for row in self.content:
            line, colon, label = (part.strip() for part in row.partition(":"))
            if not (line and colon and label):
                raise self.error(f"claim {claim.id}: {row!r} does not read 'line-id: label'")
            try:
                claim.line(line)
            except claims.LedgerError as error:
                raise self.error(str(error)) from None
            labels[line] = label
        return labels

    def where(self, claim):
        """Return where the essay says it, and what it cites there."""
        place = claim.where
        name = place["argument"]
        name = f"Argument {name}" if name[0].isdigit() else name.capitalize()
        parts = [f"{name} ({SOURCES[place['source']]}"]
        if place.get("locator"):
            quote = nodes.inline("", place["locator"], classes=["language-zh"])
            parts += ["; search there for ", quote]
        parts += [")"]
        if claim.cites:
            cited, _ = self.parse_inline(f"{{cite:p}}`{','.join(claim.cites)}`")
            parts += [". There cited: ", *cited]
        return [*parts, "."]

    def line(self, claim, line, recorded, evidence):
        """Return one line of evidence as a list item."""
        record = find(recorded, claim.id, line.id)
        item = nodes.list_item()
        statistic, _ = self.parse_inline(line.statistic[:1].upper() + line.statistic[1:])
        verdict = "waiting" if line.waiting else "open" if record is None else record["verdict"]
        item += paragraph(badge(verdict), " ", *statistic, classes=["line-statistic"])
        if record is not None:
            item += paragraph(*self.estimate(line, record, evidence), classes=["line-estimate"])
        if line.waiting:
            waiting, _ = self.parse_inline(line.waiting)
            item += paragraph("Waits for ", *waiting, ".", classes=["line-rule"])
        else:
            rule = [nodes.Text(rule_in_words(line))]
            if line.first_look:
                words = "First look: a first value was known when this rule was written."
                rule += [nodes.Text(" "), to_first_look(self.env, words)]
            item += paragraph(*rule, classes=["line-rule"])
        return item

    def estimate(self, line, record, evidence):
        """Return the estimate, what it rests on, and the link to its evidence."""
        basis = [f"n = {int(record['n']):,} {record['n_unit']}".rstrip()]
        if line.resampled:
            _, none, instead = line.resampled.partition("none; ")
            basis += [f"interval: {instead}" if none else f"95% interval over {line.resampled}"]
        parts = [nodes.strong("", result(line, record)), nodes.Text(", " + ", ".join(basis))]
        if line.id in evidence:
            parts += [nodes.Text(". "), self.to_evidence(evidence[line.id])]
        return [*parts, "."]

    def to_evidence(self, label):
        """Return a reference to a figure by its number, or to a section by its title."""
        is_figure = (checked.root() / "figures" / f"{label}.svg").exists()
        return addnodes.pending_xref(
            "",
            nodes.inline("", label),
            refdomain="std",
            reftype="numref" if is_figure else "ref",
            reftarget=label,
            refexplicit=False,
            refwarn=True,
            refdoc=self.env.docname,
        )


class Result(SphinxRole):
    """``{result}`claim-id/line-id```: the recorded estimate with its interval.

    ``{minus}`claim-id/line-id``` prints both with the sign turned, for a sentence that says by how
    much something fell, lost or trails.
    """

    def __init__(self, turned=False):
        super().__init__()
        self.turned = turned

    def run(self):
        """Return the number; an unknown claim or line, or one without a record, is an error."""
        depend_on_ledger(self.env)
        claim_id, _, line_id = self.text.partition("/")
        try:
            line = claims.get(claim_id).line(line_id)
        except claims.LedgerError as error:
            return mistake(self, str(error))
        record = find(claims.verdicts(), claim_id, line_id)
        if record is None:
            return mistake(self, f"{self.text} has no record in data/verdicts.csv")
        if self.turned:
            record["estimate"] = -record["estimate"]
            record["low"], record["high"] = -record["high"], -record["low"]
        return [nodes.inline("", result(line, record), classes=["result"])], []


class Verdict(SphinxRole):
    """``{verdict}`claim-id```: the verdict in a word and its colour, linked to the card."""

    def run(self):
        """Return the link; an unknown claim is an error."""
        depend_on_ledger(self.env)
        try:
            claim = claims.get(self.text)
        except claims.LedgerError as error:
            return mistake(self, str(error))
        return [to_card(self.env, claim.id, badge(claims.verdict_of(claim, claims.verdicts())))], []


def to_first_look(env, words):
    """Return words linked to the section that says what a first look is."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", words),
        refdomain="std",
        reftype="ref",
        reftarget="first-look",
        refexplicit=True,
        refwarn=False,
        refdoc=env.docname,
    )


def mistake(role, message):
    """Warn (an error under -W) and return the role's text marked as a problem."""
    log.warning("%s", message, location=role.get_location())
    return [nodes.problematic(role.rawtext, role.rawtext)], []


def known_claim(directive, claim_id):
    """Return the claim that a directive names; an unknown one is an error of the directive."""
    depend_on_ledger(directive.env)
    try:
        return claims.get(claim_id)
    except claims.LedgerError as error:
        raise directive.error(str(error)) from None


def find(recorded, claim_id, line_id):
    """Return the record of a line, or None."""
    rows = recorded[(recorded["claim"] == claim_id) & (recorded["line"] == line_id)]
    return None if rows.empty else rows.iloc[0].fillna({"n_unit": ""})


def result(line, record):
    """Return the estimate of a record with its interval as the book prints it."""
    return report.text(record["estimate"], record["low"], record["high"], line.unit)


def setup(app):
    """Register the domain, the directives and the roles."""
    app.add_domain(Claims)
    app.add_directive("claim", Card)
    app.add_role("result", Result())
    app.add_role("minus", Result(turned=True))
    app.add_role("verdict", Verdict())
