"""Intervals where nothing can be resampled: a few seeds, or a published percentage.

Percentile intervals of three to five values are far too narrow, so a few seeds get Student's t. A
published score of n questions carries at least the noise of n coin tosses; two models that
answered the same questions would differ by less, but without the single answers that cannot be
used, so the interval of their difference is wide rather than narrow.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def student(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Return the mean of independent values (n,) and its interval by Student's t.

    ValueError: fewer than two values, or one that is not finite.
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError("an interval by Student's t needs at least two finite values")
    middle = float(values.mean())
    half = float(stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values))
    return middle, middle - half, middle + half


def binomial_difference(
    after: float, before: float, n: int, level: float = 0.95
) -> tuple[float, float, float]:
    """Return the difference of two percentages of n trials each, in points, and its interval.

    The normal approximation for two independent samples. ValueError: a percentage outside 0 to
    100, or n below one.
    """
    if not (0 <= after <= 100 and 0 <= before <= 100) or n < 1:
        raise ValueError(f"{after} and {before} must be percentages, and n = {n} at least one")
    variance = sum(p * (100 - p) / n for p in (after, before))
    half = float(stats.norm.ppf((1 + level) / 2) * np.sqrt(variance))
    return after - before, after - before - half, after - before + half
