"""Numbers in the text: formatted once, glued to a key, printed by the prose.

``number("small-wins", ...)`` in a cell makes ``{glue:text}`small-wins``` print the same number in
the running text, so a figure in a sentence can never differ from the computation behind it.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scalinglab.resampling import Bootstrap


def text(
    estimate: float, low: float | None = None, high: float | None = None, unit: str = ""
) -> str:
    """Return an estimate with its interval as the book prints it.

    ``unit`` is ``"share"`` (a fraction, printed as a percentage), ``"x"`` or ``"x a year"`` (a
    multiplier), empty, or words that follow the number. An estimate with an interval shows two
    significant digits, fewer where the interval is wide against it; one without shows three.

    >>> text(2.14, 1.71, 2.58, "x")
    '2.1x [1.7, 2.6]'
    >>> text(0.086, 0.031, 0.152, "share")
    '8.6% [3.1, 15.2]'
    >>> text(-0.52, -2.87, 2.21, "points")
    '-0.5 points [-2.9, 2.2]'
    >>> text(9.31, unit="points")
    '9.31 points'
    """
    if (low is None) != (high is None):
        raise ValueError("an interval needs both ends: give low and high, or neither")
    scale = 100.0 if unit == "share" else 1.0
    joined = unit == "" or unit.split()[0] == "x"  # "2x", "1.5x a year"
    suffix = "%" if unit == "share" else unit if joined else f" {unit}"
    if low is None:
        return _plain(estimate * scale, _decimals(estimate * scale, keep=3)) + suffix
    width = (high - low) * scale
    size = max(abs(estimate * scale), width / 4 if math.isfinite(width) else 0.0)
    shown = [_plain(v * scale, _decimals(size, keep=2)) for v in (estimate, low, high)]
    return f"{shown[0]}{suffix} [{shown[1]}, {shown[2]}]"


def _decimals(size: float, keep: int) -> int:
    """Return how many decimals show ``keep`` significant digits of a number of this size."""
    if size == 0 or not math.isfinite(size):
        return 0
    return max(keep - 1 - math.floor(math.log10(abs(size))), 0)


def _plain(value: float, decimals: int) -> str:
    if math.isinf(value):
        return "unbounded" if value > 0 else "-unbounded"
    rounded = f"{value:,.{decimals}f}"
    is_zero = not rounded.strip("-0.,")
    return rounded.removeprefix("-") if is_zero else rounded


def spread(
    estimate: "float | Bootstrap", low: float | None = None, high: float | None = None
) -> tuple[float, float | None, float | None]:
    """Return estimate, low and high, unpacked from a bootstrap if one is given."""
    if hasattr(estimate, "interval"):
        return (estimate.estimate, *estimate.interval())
    return estimate, low, high


def number(
    key: str,
    estimate: "float | Bootstrap",
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
) -> None:
    """Glue the text of a number to ``key``, for ``{glue:text}`key``` in the prose.

    A result of :mod:`scalinglab.resampling` stands for its estimate and 95% interval.
    The key and the text are also printed, so that someone who runs the notebook reads the number
    where the prose of the notebook shows only its key.
    """
    words(key, text(*spread(estimate, low, high), unit))


def words(key: str, shown: str) -> None:
    """Glue a word or a name that the data decide (a model, a benchmark) to ``key``.

    The output is that of ``myst_nb.glue(key, shown, display=False)``, which imports all of Sphinx
    first, two seconds in every kernel. Outside a notebook there is no output to store it in.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is not None:
        display(
            {"application/papermill.record/text/plain": repr(shown)},
            raw=True,
            metadata={"scrapbook": {"name": key, "mime_prefix": "application/papermill.record/"}},
        )
    print(f"{key}: {shown}")
