"""Where every table comes from, read from ``data/sources.yml``, the single place of provenance."""

from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

import yaml

from scalinglab import checked

RAW_HOST = "https://raw.githubusercontent.com"


@dataclass(frozen=True)
class File:
    """One file that an ingest module reads.

    ``path`` is its place in the upstream repository at the pinned commit, or None for an extract:
    a file cut out of larger upstream files, which stands at no address.
    """

    name: str
    sha256: str
    path: str | None = None


@dataclass(frozen=True)
class Source:
    """One upstream work at one commit. ``licence`` is an SPDX expression or ``none found``.

    A source with a ``transcription``, which says how it was made, was copied by hand from the works
    it cites: it has no repository, no commit and no files.
    """

    slug: str
    title: str
    cites: tuple[str, ...]
    licence: str
    retrieved: str
    cautions: tuple[str, ...]
    files: tuple[File, ...]
    repository: str = ""
    commit: str = ""
    extraction: str | None = None
    transcription: str | None = None

    @property
    def non_commercial(self) -> bool:
        """Whether the licence forbids commercial use."""
        return "-NC" in self.licence

    @property
    def hosted(self) -> bool:
        """Whether every file can be downloaded as it stands, so that its checksum can match."""
        return all(file.path for file in self.files)

    def url(self, file: File) -> str | None:
        """Return the address of the raw file at the pinned commit; None for an extract."""
        if file.path is None:
            return None
        owner_and_name = self.repository.removeprefix("https://github.com/")
        return f"{RAW_HOST}/{owner_and_name}/{self.commit}/{quote(file.path)}"


@dataclass(frozen=True)
class LeftOut:
    """Upstream rows that a table does not carry, and why."""

    rows: int
    reason: str


@dataclass(frozen=True)
class TableEntry:
    """Which source a table is derived from, and what it holds."""

    name: str
    source: str
    title: str
    what: str
    left_out: tuple[LeftOut, ...] = field(default=())


def read() -> tuple[dict[str, Source], dict[str, TableEntry]]:
    """Return the sources by slug and the table entries by name."""
    return _parse((checked.root() / "data" / "sources.yml").read_text(encoding="utf-8"))


@cache  # the catalogue asks once for every table
def _parse(text: str) -> tuple[dict[str, Source], dict[str, TableEntry]]:
    entries = yaml.load(text, Loader=yaml.CSafeLoader)
    sources = {slug: _source(slug, entry) for slug, entry in entries["sources"].items()}
    tables = {name: _table(name, entry) for name, entry in entries["tables"].items()}
    return sources, tables


def _source(slug: str, entry: dict) -> Source:
    lists = {
        "cites": tuple(entry["cites"]),
        "cautions": tuple(entry.get("cautions", ())),
        "files": tuple(File(**file) for file in entry["files"]),
    }
    return Source(slug, **{**entry, **lists, "retrieved": str(entry["retrieved"])})


def _table(name: str, entry: dict) -> TableEntry:
    left_out = tuple(LeftOut(**item) for item in entry.get("left_out", ()))
    return TableEntry(name, **{**entry, "left_out": left_out})
