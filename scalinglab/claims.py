"""The ledger of claims: rules written before the numbers, verdicts computed by rule.

``data/claims.yml`` holds the claims and, for each, its lines of evidence with their rules.
A chapter records an estimate with its interval; the verdict of the line follows from its rule,
the verdict of the claim from its lines. Records live in ``data/verdicts.csv`` and are checked
under the three modes of :mod:`scalinglab.checked`.
"""

import difflib
import math
import operator
import re
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd
import yaml

from scalinglab import checked, report

if TYPE_CHECKING:
    from scalinglab.resampling import Bootstrap

CHAPTERS = (
    "model-size",
    "data-quality",
    "algorithms",
    "architecture",
    "scaling-law-limits",
    "inference-compute",
    "outlook",
)
KINDS = ("empirical-testable", "empirical-literature", "interpretive", "forecast")
VERDICTS = ("supported", "mixed", "contradicted", "untestable", "waiting", "open")
COLUMNS = ["claim", "line", "estimate", "low", "high", "n", "n_unit", "verdict"]
OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
CONDITION = re.compile(r"(low|estimate|high)\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)")


class LedgerError(ValueError):
    """The ledger, or a record for it, breaks a rule; the message names the claim and the line."""


@dataclass(frozen=True)
class Line:
    """One line of evidence: a statistic, its unit, and the rule that turns it into a verdict."""

    id: str
    statistic: str
    unit: str = ""
    supported: str = ""
    contradicted: str = ""
    first_look: bool = False
    resampled: str = ""
    waiting: str = ""

    def verdict(self, estimate: float, low: float, high: float) -> str:
        """Return the verdict that the rule gives: supported, contradicted, otherwise mixed."""
        values = {"estimate": estimate, "low": low, "high": high}
        if _holds(self.supported, values):
            return "supported"
        return "contradicted" if _holds(self.contradicted, values) else "mixed"


@dataclass(frozen=True)
class Claim:
    """One claim of the essay in our words, with its place in the essay and its lines.

    ``proxy`` says, where the lines judge a weaker or a neighbouring statement, which one.
    """

    id: str
    chapter: str
    kind: str
    text: str
    where: dict
    cites: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default=())
    untestable: str = ""
    proxy: str = ""

    def line(self, line_id: str) -> Line:
        """Return the line with this id; an unknown one is a LedgerError."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise LedgerError(f"claim {self.id} has no line {line_id!r}; it has {_names(self.lines)}")


def _names(items) -> str:
    return ", ".join(item.id for item in items) or "none"


def _conditions(rule: str) -> list[tuple[str, str, float]]:
    parts = [CONDITION.fullmatch(part.strip()) for part in rule.split(" and ")]
    if None in parts:
        raise LedgerError(f"rule {rule!r} does not read 'low > 0.5' or 'low > 0 and high < 1'")
    return [(p[1], p[2], float(p[3])) for p in parts]


def _holds(rule: str, values: dict[str, float]) -> bool:
    if not rule:
        return False
    return all(OPERATORS[sign](values[name], bound) for name, sign, bound in _conditions(rule))


def ledger() -> tuple[Claim, ...]:
    """Return every claim of ``data/claims.yml``, checked, in the order of the arguments.

    A claim without lines and without a reason is open: its chapter is not written. Any other
    breach (unknown field, chapter or kind, double id, unreadable or missing rule) is a LedgerError.
    """
    path = checked.root() / "data" / "claims.yml"
    return _read(path.read_text(encoding="utf-8"))


@cache
def _read(source: str) -> tuple[Claim, ...]:
    claims = []
    for entry in yaml.safe_load(source)["claims"]:
        name = f"claim {entry.get('id', '(no id)')}"
        try:
            lines = tuple(Line(**line) for line in entry.pop("lines", ()))
            claim = Claim(**entry | {"lines": lines, "cites": tuple(entry.get("cites", ()))})
        except TypeError as error:
            raise LedgerError(f"{name}: {error}") from None
        for what, known in (("chapter", CHAPTERS), ("kind", KINDS)):
            value = getattr(claim, what)
            if value not in known:
                raise LedgerError(f"{name}: {what} {value!r} is not one of {', '.join(known)}")
        _unique(name, claim.lines)
        for line in claim.lines:
            if not (line.waiting or line.supported):
                raise LedgerError(f"{name}, line {line.id}: no rule and no reason to wait")
            for rule in filter(None, (line.supported, line.contradicted)):
                try:
                    _conditions(rule)
                except LedgerError as error:
                    raise LedgerError(f"{name}, line {line.id}: {error}") from None
        claims.append(claim)
    _unique("the ledger", claims)
    return tuple(sorted(claims, key=lambda claim: CHAPTERS.index(claim.chapter)))


def _unique(where: str, items) -> None:
    ids = [item.id for item in items]
    double = {i for i in ids if ids.count(i) > 1}
    if double:
        raise LedgerError(f"{where} has the id {', '.join(sorted(double))} twice")


def get(claim_id: str) -> Claim:
    """Return one claim; an unknown id is a LedgerError that names the closest known ones."""
    known = {claim.id: claim for claim in ledger()}
    if claim_id not in known:
        near = difflib.get_close_matches(claim_id, known, n=3) or sorted(known)[:3]
        raise LedgerError(f"no claim {claim_id!r} in data/claims.yml; did you mean {near}?")
    return known[claim_id]


def verdicts() -> pd.DataFrame:
    """Return ``data/verdicts.csv``: one row per recorded line, sorted by claim and line."""
    return checked.kept("verdicts", COLUMNS)


def verdict_of(claim: Claim, recorded: pd.DataFrame) -> str:
    """Return the verdict of a claim from the recorded verdicts of its lines.

    Lines that agree give their verdict, lines that disagree give ``mixed``. Without any record:
    ``untestable`` if the ledger gives the reason, ``waiting`` if every line waits for an
    experiment, else ``open``.
    """
    found = set(recorded.loc[recorded["claim"] == claim.id, "verdict"])
    if found:
        return found.pop() if len(found) == 1 else "mixed"
    if claim.untestable:
        return "untestable"
    return "waiting" if claim.lines and all(line.waiting for line in claim.lines) else "open"


def judged() -> list[dict]:
    """Return the whole ledger as plain values: each claim with its verdict and its lines.

    A line carries its rule and, once recorded, its estimate, interval, n and verdict.
    """
    recorded = verdicts()
    rows = {(row["claim"], row["line"]): row for row in recorded.astype(object).to_dict("records")}
    found = []
    for claim in ledger():
        entry = asdict(claim) | {"verdict": verdict_of(claim, recorded)}
        entry["lines"] = [
            asdict(line) | {c: rows.get((claim.id, line.id), {}).get(c) for c in COLUMNS[2:]}
            for line in claim.lines
        ]
        found.append(entry)
    return found


class Record:
    """What ``record`` shows in the notebook: the line, its estimate and its verdict."""

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
    n: int | None = None,
    n_unit: str = "",
) -> Record:
    """Record the estimate of a line of evidence and return its verdict by rule.

    ``name`` is ``"claim-id/line-id"``; ``low`` and ``high`` are the ends of the 95% interval in
    the line's unit; ``n`` counts the observations, named by ``n_unit``. A result of
    :mod:`scalinglab.resampling` brings its own interval and n. In verify mode a record that moved
    from ``data/verdicts.csv`` raises :class:`scalinglab.checked.Drift`.
    """
    n = getattr(estimate, "n", None) if n is None else n
    estimate, low, high = report.spread(estimate, low, high)
    if None in (low, high, n):
        raise LedgerError(f"{name}: give low, high and n, or a result of resampling")
    claim_id, _, line_id = name.partition("/")
    line = get(claim_id).line(line_id)
    if line.waiting:
        raise LedgerError(f"{name} waits for {line.waiting}: give it a rule before a record")
    if any(math.isnan(v) for v in (estimate, low, high)):
        raise LedgerError(f"{name}: estimate, low or high is not a number")
    if not low <= estimate <= high:
        raise LedgerError(f"{name}: the estimate {estimate} lies outside [{low}, {high}]")
    verdict = line.verdict(estimate, low, high)
    row = [claim_id, line_id, float(estimate), float(low), float(high), int(n), n_unit, verdict]
    checked.keep("record", pd.DataFrame([row], columns=COLUMNS), "verdicts", ["claim", "line"])
    shown = report.text(estimate, low, high, line.unit)
    return Record(f"{name}: {shown}, n = {n:,} {n_unit}".rstrip() + f" -> {verdict}")
