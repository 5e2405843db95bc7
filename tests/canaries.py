"""Spoilt values that must turn their chapter red: otherwise the checks prove nothing.

The first canary spoils the published values: one number of every figure, of every record and of
every answer, by 1%. The second spoils the tables of a chapter; with
`--every-column` it spoils them one column at a time, which takes minutes.
"""

import numpy as np
import pandas as pd

from scalinglab import checked, figures, tables


def spoil_published_values(root):
    """Change one number of every published figure, every record and every answer by 1%."""
    rng = np.random.default_rng(0)
    for path in (root / "figures").glob("*.csv"):
        table = pd.read_csv(
            path, keep_default_na=False, na_values={c: [""] for c in figures.NUMBERS}
        )
        drawn = table.index[~table["mark"].isin(figures.WORD_MARKS)]
        numbers = [(i, c) for i in drawn for c in ("x", "y") if abs(table.loc[i, c]) > 0]
        row, column = numbers[rng.integers(len(numbers))]
        table.loc[row, column] *= 1.01
        checked.write_atomically(path, checked.to_csv(table))
    for path in (root / "data" / "verdicts.csv", root / "data" / "answers.csv"):
        table = pd.read_csv(path)
        largest = table[["estimate", "low", "high"]].abs().idxmax(axis=1)
        for row, column in largest.items():  # 1% of nothing is nothing
            table.loc[row, column] = 1.01 * table.loc[row, column] or 0.01
        checked.write_atomically(path, checked.to_csv(table))


def spoil(column: pd.Series, by: float) -> pd.Series:
    """Change every number by about the share ``by``, each by another, so that ratios change too.

    Dates move by as much of their span; one truth in a hundred turns.
    """
    if pd.api.types.is_bool_dtype(column):
        return column.where(np.arange(len(column)) % 100 > 0, ~column)
    change = by * np.random.default_rng(0).uniform(0.5, 1.5, len(column))
    if pd.api.types.is_datetime64_any_dtype(column):
        return column + change * (column.max() - column.min())
    if pd.api.types.is_integer_dtype(column):
        return (column * (1 + change)).round().astype(column.dtype)
    return column * (1 + change)


def spoilable(name: str) -> list[str]:
    """Return the columns of a table that a change of 1% means something for."""
    kinds = tables.load(name).dtypes
    return [c for c, kind in kinds.items() if kind.kind in "fiuMb"]


def _is_valid(name: str, table: pd.DataFrame) -> bool:
    try:
        tables.validate(name, table)
    except tables.TableError:
        return False
    return True


def spoil_tables(root, spoilt: dict[str, list[str]]):
    """Change the columns by 1%, in the direction that their schema allows.

    A column whose schema allows neither stops the chapter at the table, which is as red.
    """
    for name, columns in spoilt.items():
        table = tables.load(name)
        for column in columns:
            down, up = (table.assign(**{column: spoil(table[column], by)}) for by in (-0.01, 0.01))
            table = down if _is_valid(name, down) or not _is_valid(name, up) else up
        days = table.select_dtypes("datetime").apply(lambda c: c.dt.strftime("%Y-%m-%d"))
        checked.write_atomically(
            root / "data" / f"{name}.csv", checked.to_csv(table.assign(**days))
        )
