"""The answers of the seminar's exercises, computed once and printed by the session pages.

``record`` stands in ``book/seminar/answers.ipynb``; the answers live in ``data/answers.csv`` and
are checked under the three modes of :mod:`scalinglab.checked`, so that new data which change an
answer stop the build and name it. A page prints one with ``{answer}`2/wins-same-quarter` ``.
"""

import math
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pandas as pd

from scalinglab import checked, report

if TYPE_CHECKING:
    from scalinglab.resampling import Bootstrap

NAME = re.compile(r"[1-8]/[a-z0-9]+(-[a-z0-9]+)*")
COLUMNS = ["answer", "estimate", "low", "high", "unit"]
COUNT = "count"


class AnswerError(ValueError):
    """An answer has a bad name or value, or there is none of that name; the message says which."""


class Answer:
    """What ``record`` shows in the notebook: the name of the answer and its text."""

    def __init__(self, shown: str):
        self.shown = shown

    def __repr__(self) -> str:
        return self.shown


def record(
    name: str,
    estimate: "float | Bootstrap",
    low: float | None = None,
    high: float | None = None,
    *,
    unit: str = "",
) -> Answer:
    """Record an answer under ``"<number of the session>/<what-it-is>"`` and return its text.

    ``low`` and ``high`` are the ends of an interval, both or neither; a result of
    :mod:`scalinglab.resampling` brings its own 95% interval. ``unit`` is one of
    :func:`scalinglab.report.text`, or ``"count"`` for a whole number. In verify mode an answer that
    moved from ``data/answers.csv`` raises :class:`scalinglab.checked.Drift`.
    """
    if not NAME.fullmatch(name):
        raise AnswerError(f"answer {name!r} does not read '2/words-joined-by-hyphens'")
    estimate, low, high = report.spread(estimate, low, high)
    if any(value is not None and not math.isfinite(value) for value in (estimate, low, high)):
        raise AnswerError(f"answer {name}: estimate, low or high is not a finite number")
    row = pd.DataFrame([[name, float(estimate), low, high, unit]], columns=COLUMNS)
    row = row.astype({"low": float, "high": float})
    shown = _text(row.iloc[0])
    checked.keep("answer", row, "answers", ["answer"])
    return Answer(f"{name}: {shown}")


def answers() -> pd.DataFrame:
    """Return ``data/answers.csv``: one row per answer, sorted by name."""
    return checked.kept("answers", COLUMNS)


def text(name: str) -> str:
    """Return a recorded answer as the pages print it; an unknown one is an AnswerError."""
    rows = answers().set_index("answer")
    if name not in rows.index:
        close = get_close_matches(name, rows.index, n=3)
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        raise AnswerError(f"no answer {name!r} in data/answers.csv{hint}")
    return _text(rows.loc[name])


def _text(row: pd.Series) -> str:
    low, high = (None if pd.isna(row[end]) else float(row[end]) for end in ("low", "high"))
    unit = "" if pd.isna(row["unit"]) else row["unit"]
    if unit != COUNT:
        return report.text(row["estimate"], low, high, unit)
    if row["estimate"] != round(row["estimate"]):
        raise AnswerError(f"a count of {row['estimate']} is not whole")
    return f"{row['estimate']:,.0f}"
