"""``{table-catalogue}``: every table of the book with its columns, origin, licence and cautions."""

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from scalinglab import checked, tables


class Catalogue(SphinxDirective):
    """One section per table, generated from the schemas and ``data/sources.yml``."""

    def run(self):
        """Return the sections."""
        self.env.note_dependency(str(checked.root() / "data" / "sources.yml"))
        try:
            return [self.section(tables.describe(name)) for name in tables.names()]
        except tables.TableError as error:
            raise self.error(str(error)) from None

    def section(self, info):
        """Return the entry of one table."""
        self.env.note_dependency(str(checked.root() / "data" / f"{info.name}.csv"))
        section = nodes.section(ids=[f"table-{info.name}"], names=[f"table-{info.name}"])
        self.state.document.note_explicit_target(section)
        section += nodes.title("", info.title)
        section += self.prose(info.what)
        section += nodes.paragraph(
            "",
            "",
            self.download(info.name),
            nodes.Text(f", {info.rows:,} rows; in a notebook "),
            nodes.literal("", f'tables.load("{info.name}")'),
            nodes.Text("."),
            classes=["table-download"],
        )
        section += self.columns(info.columns)
        section += self.facts(info)
        return section

    def prose(self, text, *before):
        """Return a paragraph of inline Markdown."""
        inner, messages = self.parse_inline(text, lineno=self.lineno)
        return nodes.paragraph("", "", *before, *inner, *messages)

    def download(self, name):
        """Return the download link of the CSV file."""
        return addnodes.download_reference(
            "",
            "",
            nodes.Text(f"{name}.csv"),
            reftarget=f"/data/{name}.csv",
            refdoc=self.env.docname,
            refwarn=True,
        )

    def columns(self, columns):
        """Return the table of columns: name, unit, what it holds."""
        group = nodes.tgroup("", *(nodes.colspec(colwidth=w) for w in (26, 16, 58)), cols=3)
        heads = [nodes.paragraph("", head) for head in ("Column", "Unit", "What it holds")]
        group += nodes.thead("", row(heads))
        body = nodes.tbody()
        for column in columns:
            body += row(
                [
                    nodes.paragraph("", "", nodes.literal("", column.name)),
                    nodes.paragraph("", column.unit or "\u2013"),
                    self.prose(column.description),
                ]
            )
        group += body
        return nodes.table("", group, classes=["columns"])

    def facts(self, info):
        """Return origin, licence, cautions and rows left out as a list."""
        facts = nodes.bullet_list(classes=["table-facts"])
        for source in info.sources:
            cited = f" {{cite:p}}`{','.join(source.cites)}`" if source.cites else ""
            place = (
                f": [{source.repository.removeprefix('https://')}]({source.repository}), "
                f"commit `{source.commit[:10]}`"
                if source.repository
                else ""
            )
            retrieved = f"retrieved {source.retrieved}"
            facts += self.fact("Origin", f"{source.title}{cited}{place}, {retrieved}.")
            limits = " (non-commercial use only)" if source.non_commercial else ""
            facts += self.fact("Licence", f"{source.licence}{limits}.")
            if source.extraction:
                facts += self.fact("Extract", source.extraction)
            if source.transcription:
                facts += self.fact("Transcription", source.transcription)
        if info.cautions:
            facts += self.fact("Cautions", " ".join(info.cautions))
        for left in info.left_out:
            facts += self.fact("Left out", f"{left.rows:,} rows: {left.reason}")
        return facts

    def fact(self, name, text):
        """Return one list item: a name and what there is to say."""
        return nodes.list_item("", self.prose(text, nodes.strong("", f"{name}. ")))


def row(cells):
    """Return a table row of one paragraph per cell."""
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def setup(app):
    """Register the directive."""
    app.add_directive("table-catalogue", Catalogue)
