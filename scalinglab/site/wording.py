"""The ledger in words that a reader needs no key for: verdicts, kinds, sources, rules."""

import re

from scalinglab import claims, report

WORDS = {
    "supported": "Supported",
    "mixed": "Mixed",
    "contradicted": "Contradicted",
    "untestable": "Untestable",
    "waiting": "Awaits an experiment",
    "open": "Not examined yet",
}
KINDS = {
    "empirical-testable": "testable on data",
    "empirical-literature": "judged by published studies",
    "interpretive": "interpretation",
    "forecast": "forecast",
}
SOURCES = {
    "excerpt": "press excerpt",
    "predecessor": "predecessor, same passage",
    "summary": "public summary",
}
CHAPTERS = {"scaling-law-limits": "Limits of scaling laws", "outlook": "Introduction and outlook"}
SIDES = {
    ("low", ">"): "the whole interval lies above {}",
    ("low", ">="): "the whole interval lies at or above {}",
    ("high", "<"): "the whole interval lies below {}",
    ("high", "<="): "the whole interval lies at or below {}",
    ("low", "<"): "the interval begins below {}",
    ("low", "<="): "the interval begins at or below {}",
    ("high", ">"): "the interval ends above {}",
    ("high", ">="): "the interval ends at or above {}",
    ("estimate", ">"): "the estimate is above {}",
    ("estimate", ">="): "the estimate is at least {}",
    ("estimate", "<"): "the estimate is below {}",
    ("estimate", "<="): "the estimate is at most {}",
}


SINGULAR = re.compile(r"^( (?:percentage )?(?:point|nat|halving))s\b")  # " points a tenfold"


def chapter_name(chapter):
    """Return the name of an argument for a reader.

    >>> chapter_name("model-size")
    'Model size'
    """
    return CHAPTERS.get(chapter, chapter.replace("-", " ").capitalize())


def rule_in_words(line):
    """Return the rule of a line as a sentence.

    >>> rule_in_words(claims.Line("a", "wins", "share", "low > 0.5", "high < 0.5"))
    'Supported if the whole interval lies above 50%, contradicted if the whole interval lies \
below 50%, otherwise mixed.'
    """
    sides = {"Supported": line.supported, "contradicted": line.contradicted}
    parts = [f"{name} if {_condition(rule, line.unit)}" for name, rule in sides.items() if rule]
    return ", ".join([*parts, "otherwise mixed"]) + "."


def _condition(rule, unit):
    sides = [claims.CONDITION.fullmatch(part.strip()).groups() for part in rule.split(" and ")]
    return " and ".join(
        SIDES[name, sign].format(exact(float(bound), unit)) for name, sign, bound in sides
    )


def exact(bound, unit):
    """Return a threshold as the ledger writes it, never rounded, with the unit of the report."""
    suffix = report.text(0, unit=unit).removeprefix("0")
    if abs(bound) == 1:
        suffix = SINGULAR.sub(r"\1", suffix)
    return f"{bound * 100 if unit == 'share' else bound:.10g}{suffix}"
