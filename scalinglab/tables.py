"""The tables that the chapters read: load, describe, cite.

Every table is a CSV file ``data/<name>.csv``, its columns, units and rules stand in
:mod:`scalinglab.schemas`, its provenance in ``data/sources.yml``.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pandas as pd
import pandera.errors
import pandera.pandas as pa

from scalinglab import checked, sources
from scalinglab.schemas import SCHEMAS

ROWS_NAMED = 5


class TableError(ValueError):
    """A table breaks its schema; the message names table, column, rows and rule."""


@dataclass(frozen=True)
class ColumnInfo:
    """One column: its type (text, float, int, bool or date), its unit if any, what it holds."""

    name: str
    dtype: str
    unit: str
    description: str


@dataclass(frozen=True)
class TableInfo:
    """What the catalogue says of one table."""

    name: str
    title: str
    what: str
    rows: int
    columns: list[ColumnInfo]
    sources: list[sources.Source]
    cautions: list[str]
    left_out: list[sources.LeftOut]


def names() -> list[str]:
    """Return the names of all tables, sorted."""
    return sorted(SCHEMAS)


def load(name: str) -> pd.DataFrame:
    """Return a table, validated, as a fresh frame.

    An unknown name is a ValueError that lists close ones; a file that is missing or breaks the
    schema is a :class:`TableError`.
    """
    schema = SCHEMAS[_known(name)]
    path = checked.root() / "data" / f"{name}.csv"
    return read(schema, path, f"table {name}", "`make data` derives it")


def read(schema: pa.DataFrameSchema, path: Path, called: str, remedy: str) -> pd.DataFrame:
    """Return a CSV file as a frame in the types of its schema.

    called: what an error calls the table. remedy: what to do where there is no such file.
    """
    kinds = {column: rules.metadata["kind"] for column, rules in schema.columns.items()}
    texts = [column for column, kind in kinds.items() if kind in ("text", "bool")]
    try:
        frame = pd.read_csv(
            path, keep_default_na=False, na_values=[""], dtype=dict.fromkeys(texts, str)
        )
    except FileNotFoundError:
        raise TableError(f"{called}: {path} does not exist; {remedy}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise TableError(f"{called}: {path} is not a CSV table: {error}") from None
    for column, kind in kinds.items():
        if kind == "bool" and column in frame:
            frame[column] = _flags(frame[column])
    return validate_as(schema, frame, called)


def validate(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame in the types of the schema, or raise one TableError with all failures."""
    return validate_as(SCHEMAS[_known(name)], frame, f"table {name}")


def validate_as(schema: pa.DataFrameSchema, frame: pd.DataFrame, called: str) -> pd.DataFrame:
    """Return the frame in the types of this schema; ``called`` names it in the TableError."""
    try:
        return schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise TableError(_message(schema, called, error.failure_cases)) from None


def describe(name: str) -> TableInfo:
    """Return what the catalogue says of a table."""
    all_sources, entries = sources.read()
    entry = entries[_known(name)]
    source = all_sources[entry.source]
    columns = [
        ColumnInfo(column, rules.metadata["kind"], rules.metadata["unit"], rules.description)
        for column, rules in SCHEMAS[name].columns.items()
    ]
    return TableInfo(
        name=name,
        title=entry.title,
        what=entry.what,
        rows=len(load(name)),
        columns=columns,
        sources=[source],
        cautions=list(source.cautions),
        left_out=list(entry.left_out),
    )


def cite(name: str) -> list[str]:
    """Return the bibliography keys of the works that a table comes from."""
    all_sources, entries = sources.read()
    return list(all_sources[entries[_known(name)].source].cites)


def licence(name: str) -> str:
    """Return the licence of a table's source: an SPDX expression, or ``none found``."""
    all_sources, entries = sources.read()
    return all_sources[entries[_known(name)].source].licence


def _known(name: str) -> str:
    if name not in SCHEMAS:
        close = get_close_matches(name, SCHEMAS, n=3, cutoff=0.4) or names()
        raise ValueError(f"there is no table {name!r}; close names: {', '.join(close)}")
    return name


def _flags(texts: pd.Series) -> pd.Series:
    """Return True and False for their names; any other text stays as it is, for the schema."""
    flags = texts.map({"True": True, "False": False})
    return flags.astype(object).where(flags.notna(), texts).infer_objects()


def _message(schema: pa.DataFrameSchema, called: str, failures: pd.DataFrame) -> str:
    """Say in one line per broken rule which table, column, rows and values break it."""
    failures = failures.astype({"check": str})
    # A value of the wrong type also fails the later checks of its column: tell it once.
    unread = failures["check"].str.contains("dtype") & failures["index"].notna()
    unread &= ~failures.duplicated(["column", "index"])
    told = failures["column"].isin(failures.loc[unread, "column"])
    failures = failures[unread | ~told]
    # A rule that names no row could not run, because of a failure told elsewhere.
    of_table = failures["schema_context"] == "DataFrameSchema"
    elsewhere = of_table | failures["column"].duplicated(keep=False)
    unrun = failures["index"].isna() & elsewhere & ~failures["check"].str.startswith("column_")
    failures, of_table = failures[~unrun], of_table[~unrun]

    lines = [_header(check, group) for check, group in failures[of_table].groupby("check")]
    lines += [
        f"column {column}, {_rows(group)}: {_values(group)} {_rule(schema, column, check)}"
        for (column, check), group in failures[~of_table].groupby(["column", "check"], sort=False)
    ]
    return "\n".join(f"{called}, {line}" for line in lines)


def _header(check: str, group: pd.DataFrame) -> str:
    """Say how the table as a whole breaks a rule: by its columns, or in some rows."""
    columns = ", ".join(map(str, group["failure_case"].unique()))
    keys = ", ".join(map(str, group["column"].unique()))
    rules = {
        "column_in_dataframe": f"column {columns} is missing",
        "column_in_schema": f"column {columns} is not in the schema",
        "column_ordered": f"column {columns} is out of order",
        "multiple_fields_uniqueness": f"{_rows(group)}: no two rows may share {keys}",
    }
    return rules.get(check, f"{_rows(group)}: breaks the rule that {check}")


def _rule(schema: pa.DataFrameSchema, column: str, check: str) -> str:
    kind = schema.columns[column].metadata["kind"]
    return f"is not of type {kind}" if "dtype" in check else f"breaks the rule {check}"


def _rows(group: pd.DataFrame) -> str:
    """Name the first rows, counted from one below the header."""
    rows = sorted(group["index"].dropna().astype(int).unique() + 1)
    more = f" and {len(rows) - ROWS_NAMED} more" if len(rows) > ROWS_NAMED else ""
    return f"row {', '.join(map(str, rows[:ROWS_NAMED]))}{more}" if rows else "every row"


def _values(group: pd.DataFrame) -> str:
    return ", ".join(map(repr, group["failure_case"].unique().tolist()[:ROWS_NAMED]))
