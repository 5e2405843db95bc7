"""What happens to a result that was published before: the three modes, and the comparison.

``SCALINGLAB_MODE`` selects the mode:

``report`` (default)
    a reader's own run: a moved result is told in one plain sentence, never as an error;
``verify``
    the book build and the tests: a moved result raises :class:`Drift` in the cell;
``write``
    ``make figures``: the result becomes the published one.

``SCALINGLAB_ROOT`` names the folder that holds ``data/`` and ``figures/``; by default it is the
checkout that the package lies in.
"""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

MODES = ("report", "verify", "write")
RTOL = 1e-5


class Drift(AssertionError):
    """A result differs from the published one."""


def mode() -> str:
    """Return the current mode; an unknown value of SCALINGLAB_MODE is a ValueError."""
    chosen = os.environ.get("SCALINGLAB_MODE", "report")
    if chosen not in MODES:
        raise ValueError(f"SCALINGLAB_MODE is {chosen!r}; it must be one of {', '.join(MODES)}")
    return chosen


def root() -> Path:
    """Return the folder that holds ``data/`` and ``figures/``."""
    return Path(os.environ.get("SCALINGLAB_ROOT", Path(__file__).parents[1]))


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write the whole file or nothing: an interrupted run leaves the old file as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    binary = content.encode() if isinstance(content, str) else content
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as f:
        try:
            f.write(binary)
            f.close()
            os.chmod(f.name, 0o644)
            os.replace(f.name, path)
        except BaseException:
            os.unlink(f.name)
            raise


def to_csv(frame: pd.DataFrame) -> str:
    """Return the frame as CSV text with stable floats (10 significant digits, Unix line ends)."""
    return frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def kept(table: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return the published records ``data/<table>.csv``; without the file, none."""
    path = root() / "data" / f"{table}.csv"
    if not path.exists():
        return pd.DataFrame(columns=list(columns))
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def keep(kind: str, row: pd.DataFrame, table: str, keys: Sequence[str]) -> None:
    """Publish one record in ``data/<table>.csv``, or compare it with the published one.

    row: a frame of one row, text where there is text. keys: the columns that name the record.
    Write mode puts it in the place of the record of that name; verify mode raises :class:`Drift`
    if it moved or is not there, report mode says so in one sentence that begins with ``kind``.
    """
    keys, published = list(keys), kept(table, row.columns)
    name = "/".join(row.loc[0, keys])
    same = (published[keys] == row.loc[0, keys]).all(axis=1)
    if mode() == "write":
        rest = published[~same]
        merged = pd.concat([rest, row]) if len(rest) else row
        write_atomically(root() / "data" / f"{table}.csv", to_csv(merged.sort_values(keys)))
        return
    moved = (
        difference(row, published[same].reset_index(drop=True))
        if same.any()
        else f"it is not in data/{table}.csv"
    )
    if moved and mode() == "verify":
        raise Drift(f"{kind} {name}: {moved}")
    if moved:
        print(f"This run differs from the published {kind} {name}: {moved}.")


def difference(
    new: pd.DataFrame,
    old: pd.DataFrame,
    name: Callable[[int], str] = lambda i: f"row {i + 1}",
    by: Sequence[str] = (),
) -> str | None:
    """Say in one sentence how ``new`` differs from ``old``, or return None if it does not.

    Text columns must be equal; numbers must agree to the relative tolerance ``RTOL`` (values below
    a millionth of the column's largest are measured against that). Missing values equal each other.
    ``name`` turns a row's position into words; ``by`` names text columns whose groups hold numbers
    of different units, so that each group has a largest value of its own.
    """
    if list(new.columns) != list(old.columns):
        return f"the columns are {', '.join(new.columns)}; published were {', '.join(old.columns)}"
    if len(new) != len(old):
        return f"there are {len(new)} rows; published were {len(old)}"
    worst, sentence = RTOL, None
    for column in new.columns:
        is_number = all(_is_number(frame[column]) for frame in (new, old))
        if not is_number:
            a, b = (frame[column].astype(object).fillna("").to_numpy() for frame in (new, old))
            if (a != b).any():
                i = int(np.argmax(a != b))
                return f"{column} of {name(i)} reads {a[i]!r}; published was {b[i]!r}"
            continue
        a, b = (frame[column].to_numpy(float) for frame in (new, old))
        size = pd.Series(np.abs(b))
        largest = (
            size.groupby([old[c].to_numpy() for c in by]).transform("max") if by else size.max()
        )
        scale = np.fmax(size, 1e-6 * largest).to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b) / scale)
        moved = np.where(np.isnan(moved), np.inf, moved)
        i = int(np.argmax(moved)) if len(moved) else 0
        if len(moved) and moved[i] > worst:
            worst = moved[i]
            change = f", a change of {worst:.2%}" if np.isfinite(worst) else ""
            sentence = f"{column} of {name(i)} moved from {b[i]:.6g} to {a[i]:.6g}{change}"
    return sentence


def _is_number(series: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(series) or bool(series.isna().all())
