"""Intervals by resampling whole clusters: families of models, organisations, tasks, papers.

Models of one family share data, code and people, so the family and not the model is the unit that
could have turned out differently. A resample draws the clusters with replacement; each row then
counts as often as its cluster was drawn. Here a resample is a *weight* per row, and a statistic
is a function of a weight matrix of shape (resamples, rows) that returns one value, or one row of
values, per resample::

    bootstrap(lambda w: mean(w, models["accuracy"]), models["family"]).interval()

Two statistics in one function see the same weights, so their difference is a paired difference
whatever they are: ``lambda w: mean(w, a) - ols(w, b, x).slopes[:, 0]``.

Why own code: ``scipy.stats.bootstrap`` and ``scipy.stats.permutation_test`` resample single
observations, cannot keep clusters together, and cannot express a pair whose two sides are both
resampled. With weights all three are one matrix product. Where observations are independent, or
have been averaged to one per cluster, use SciPy's functions; there is no permutation test here
because SciPy's serves.

Percentile intervals of few clusters are too narrow (with ten clusters a nominal 95% interval
covers about 90%): every result carries the number of clusters, to be printed with the interval.

Sources: Davison and Hinkley, *Bootstrap Methods and their Application* (1997), section 3.8, for
clusters; Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1 (2007), and Davezies,
D'Haultfoeuille and Guyonvarch, "Empirical process results for exchangeable arrays", Annals of
Statistics 49 (2021), for products of multiplicities; Politis and Romano, "Large sample confidence
regions based on subsamples under minimal assumptions", Annals of Statistics 22 (1994), and Shao
and Wu, "A general theory for jackknife variance estimation", Annals of Statistics 17 (1989), for
subsamples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

Statistic = Callable[[np.ndarray], np.ndarray]

# Resamples are evaluated in blocks of at most this many weights (32 MB), so that memory does not
# grow with the number of resamples.
BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """An estimate and what resampling says about it.

    estimate: the statistic on the data, a float, or an array (k,) if the statistic has k values.
    distribution: the statistic on each resample, (R,) or (R, k); NaN where it is undefined.
    n: rows, or pairs. clusters: resampling units. undefined: resamples without a value.
    """

    estimate: float | np.ndarray
    distribution: np.ndarray
    n: int
    clusters: int
    undefined: int

    def interval(self, level: float = 0.95) -> tuple:
        """Return (low, high), the percentile interval; arrays (k,) for a statistic of k values.

        Undefined resamples, whose share was limited when the resamples were drawn, are left out.
        A level outside (0, 1) is a ValueError.
        """
        return percentiles(self.distribution, level)

    def map(self, f: Callable[[np.ndarray], np.ndarray]) -> "Bootstrap":
        """Return the same resamples of f(statistic), such as the ratio of two of its values.

        f maps an array (..., k), or (...) if the statistic has one value, to (...) or (..., m).
        """
        estimate = np.asarray(f(np.asarray(self.estimate)))
        estimate = float(estimate) if estimate.ndim == 0 else estimate
        mapped = np.asarray(f(self.distribution))
        return Bootstrap(estimate, mapped, self.n, self.clusters, self.undefined)


def bootstrap(
    statistic: Statistic,
    clusters: ArrayLike,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    max_undefined: float = 0.01,
) -> Bootstrap:
    """Resample whole clusters with replacement.

    statistic: maps weights (R, n) to values (R,) or (R, k). clusters: one label per row, (n,);
    give every row its own label for the ordinary bootstrap. The draws depend on the set of labels
    and on the seed, not on the order of the rows.

    ValueError: a missing label, fewer than two clusters, a statistic of the wrong shape or
    undefined on the data themselves, or undefined on more than the share ``max_undefined`` of the
    resamples (then the interval would speak for a selection of them).
    """
    codes, count = _codes("clusters", clusters)
    drawn = multiplicities(count, n_resamples, seed)
    return _evaluate(statistic, drawn, lambda m: m[:, codes], len(codes), max_undefined)


def pair_bootstrap(
    statistic: Statistic,
    first: ArrayLike,
    second: ArrayLike,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    max_undefined: float = 0.01,
) -> Bootstrap:
    """Resample the clusters on both sides of pairs: rows are pairs (i, j), not models.

    first, second: the cluster of either member, (n,), from one population of clusters. A pair
    counts as often as the product of its two clusters' multiplicities, so two pairs that share
    a family on either side move together. Pairs within one cluster are refused
    (:func:`cross_pairs` makes none): they have no counterpart between two draws of one cluster.

    Many pairs are cheaper as one row per pair of clusters: group by (first, second), sum, and use
    :func:`ratio`. Otherwise arguments, errors and result are those of :func:`bootstrap`.
    """
    first, second = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    if first.shape != second.shape:
        raise ValueError(f"first has shape {first.shape}, second has {second.shape}")
    codes, count = _codes("first and second", np.concatenate([first, second]))
    one, other = np.split(codes, 2)
    drawn = multiplicities(count, n_resamples, seed)
    return _evaluate(
        statistic, drawn, lambda m: pair_weights(m, one, other), len(one), max_undefined
    )


def subsample(
    statistic: Statistic,
    clusters: ArrayLike,
    size: int,
    *,
    rate: float = 0.5,
    n_resamples: int = 2000,
    seed: int = 0,
    max_undefined: float = 0.01,
) -> Bootstrap:
    """Draw ``size`` of the n clusters without replacement (m out of n).

    For statistics that the bootstrap gets wrong, such as a maximum: no cluster is ever repeated.
    A subsample scatters more than the data would, so its deviations are scaled to the full size:
    the distribution holds estimate - (size / (n - size))**rate * (subsample - estimate), whose
    quantiles are the limits of Politis and Romano. ``rate`` is the exponent at which the error of
    the statistic falls with n: 1/2 for means and regressions (there the scaling is exact for any
    size, by the finite-population correction), 1 for the maximum of a bounded score. For other
    rates keep ``size`` well below n.

    ValueError as in :func:`bootstrap`, and where size is not between 2 and n - 1.
    """
    codes, count = _codes("clusters", clusters)
    if not 2 <= size < count:
        raise ValueError(f"size is {size}; it must lie between 2 and {count - 1} (clusters less 1)")
    order = np.random.default_rng(seed).random((n_resamples, count)).argsort(axis=1)
    drawn = (order < size).astype(float)  # each row: a random set of `size` clusters
    raw = _evaluate(statistic, drawn, lambda m: m[:, codes], len(codes), max_undefined)
    scaled = raw.estimate - (size / (count - size)) ** rate * (raw.distribution - raw.estimate)
    return Bootstrap(raw.estimate, scaled, raw.n, raw.clusters, raw.undefined)


def paired_difference(
    first: ArrayLike, second: ArrayLike, clusters: ArrayLike, **options
) -> Bootstrap:
    """Return the mean of first - second, both (n,), measured on the same n rows.

    Options and errors are those of :func:`bootstrap`. Differences of other statistics are paired
    when one function computes both (see the module's text).
    """
    n = len(np.asarray(clusters))
    change = check_column("first", first, n) - check_column("second", second, n)
    return bootstrap(lambda w: mean(w, change), clusters, **options)


def contrasts(
    scores: ArrayLike,
    coefficients: ArrayLike,
    *,
    run_sd: ArrayLike = 0.0,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Bootstrap:
    """Resample the tasks on which runs were scored, and add the noise of the runs themselves.

    scores: (tasks, runs), every run on every task. coefficients: (runs,) or (runs, k); a contrast
    is the sum over runs of coefficient times mean score: a difference of runs, or a least-squares
    slope, which is linear in the scores too. Contrasts share tasks and noise, so that a function
    of several of them (:meth:`Bootstrap.map`) is paired.
    run_sd: standard deviation over seeds of a run's mean score, one for all or (runs,). Tasks of
    one run share its seed, so that resampling tasks cannot show that noise: it is drawn from a
    normal distribution and added, independent between runs.

    ValueError: shapes that do not fit, a value that is not finite, or fewer than two tasks.
    """
    scores, coefficients = np.asarray(scores, float), np.asarray(coefficients, float)
    if scores.ndim != 2 or coefficients.shape[:1] != scores.shape[1:]:
        raise ValueError(f"scores have shape {scores.shape}, coefficients {coefficients.shape}")
    if not (np.isfinite(scores).all() and np.isfinite(coefficients).all()):
        raise ValueError("scores and coefficients must be finite")
    sd = np.broadcast_to(np.asarray(run_sd, float), scores.shape[1:])
    weights = multiplicities(len(scores), n_resamples, seed) / len(scores)
    # Another stream than that of the multiplicities, or tasks and noise would move together.
    noise = sd * np.random.default_rng([seed, 1]).normal(size=(n_resamples, len(sd)))
    drawn = (weights @ scores + noise) @ coefficients
    estimate = scores.mean(axis=0) @ coefficients
    estimate = float(estimate) if estimate.ndim == 0 else estimate
    return Bootstrap(estimate, drawn, scores.size, len(scores), 0)


def residual_bootstrap(
    y: ArrayLike, design: ArrayLike, *, n_resamples: int = 2000, seed: int = 0
) -> Bootstrap:
    """Fit y (n,) on a design (n, k) by least squares and resample the residuals.

    For small designed grids with one run a cell, where resampling rows would break the design.
    Residuals are scaled by sqrt(n / (n - k)), because the fitted ones are too small, and drawn
    with replacement as if all runs were equally noisy (Davison and Hinkley 1997, section 6.3).
    The result holds the k coefficients, in the order of the columns.

    ValueError: shapes that do not fit, a value that is not finite, no more rows than columns, or
    collinear columns.
    """
    x = np.asarray(design, float)
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ValueError(f"the design must be finite and of two dimensions; shape {x.shape}")
    y = check_column("y", y, len(x))
    n, k = x.shape
    if n <= k or np.linalg.matrix_rank(x) < k:
        raise ValueError(f"{n} rows do not identify {k} columns")
    solve = np.linalg.pinv(x)
    fitted = x @ (solve @ y)
    residual = (y - fitted) * np.sqrt(n / (n - k))
    drawn = residual[np.random.default_rng(seed).integers(n, size=(n_resamples, n))]
    return Bootstrap(solve @ y, (fitted + drawn) @ solve.T, n, n, 0)


def multiplicities(n_clusters: int, n_resamples: int, seed: int) -> np.ndarray:
    """Return how often each resample draws each cluster, (n_resamples, n_clusters); rows sum to n.

    Fewer than two clusters, or no resample, is a ValueError.
    """
    if n_clusters < 2:
        raise ValueError(f"there are {n_clusters} clusters; an interval needs at least two")
    if n_resamples < 1:
        raise ValueError(f"n_resamples is {n_resamples}; it must be at least 1")
    shares = np.full(n_clusters, 1 / n_clusters)
    return np.random.default_rng(seed).multinomial(n_clusters, shares, n_resamples).astype(float)


def pair_weights(multiplicity: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the weight of each pair in each resample, (R, pairs): the product of its clusters'.

    multiplicity: (R, clusters). first, second: the column of either member's cluster, (pairs,).
    A pair within one cluster is a ValueError.
    """
    within = np.flatnonzero(first == second)
    if within.size:
        raise ValueError(f"pair {within[0]} lies within one cluster; {within.size} such pairs")
    return multiplicity[:, first] * multiplicity[:, second]


def cross_pairs(clusters: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the row numbers (i, j) of all ordered pairs of rows from different clusters."""
    codes, _ = _codes("clusters", clusters)
    return np.nonzero(codes[:, None] != codes[None, :])


def mean(weights: np.ndarray, x: ArrayLike) -> np.ndarray:
    """Return the mean of x (n,) under each resample, (R,); of a boolean, the share that is true."""
    w = _weights(weights)
    return _divide(w @ check_column("x", x, w.shape[1]), w.sum(axis=1))


def ratio(weights: np.ndarray, numerator: ArrayLike, denominator: ArrayLike) -> np.ndarray:
    """Return sum(numerator) / sum(denominator) under each resample, (R,); NaN at 0 or below."""
    w = _weights(weights)
    above = check_column("numerator", numerator, w.shape[1])
    return _divide(w @ above, w @ check_column("denominator", denominator, w.shape[1]))


def quantile(weights: np.ndarray, x: ArrayLike, q: float) -> np.ndarray:
    """Return the q quantile of x (n,) under each resample, (R,).

    Equals ``numpy.quantile`` (linear between order statistics) of the rows repeated as often as
    they were drawn; the weights are whole numbers. q outside [0, 1] is a ValueError.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"q is {q}; it must lie in [0, 1]")
    w = _weights(weights)
    x = check_column("x", x, w.shape[1])
    order = np.argsort(x, kind="stable")
    reached = np.cumsum(w[:, order], axis=1)
    position = q * (reached[:, -1] - 1)
    lower = np.floor(position)

    def at(k: np.ndarray) -> np.ndarray:
        return x[order][np.minimum((reached <= k[:, None]).sum(axis=1), len(x) - 1)]

    below, above = at(lower), at(np.ceil(position))
    value = below + (position - lower) * (above - below)
    return np.where(reached[:, -1] > 0, value, np.nan)


def correlation(weights: np.ndarray, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return Pearson's correlation of x and y (n,) under each resample, (R,); NaN if one is flat.

    x and y may also be (R, n): other values in each resample.
    """
    w = _weights(weights)
    total = w.sum(axis=1, keepdims=True)

    def centred(name: str, values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        values = _columns(name, values, w)
        change = values - _divide((w * values).sum(axis=1, keepdims=True), total)
        square = (w * change * change).sum(axis=1)
        rounding = (1e-14 * np.abs(values).max(axis=1)) ** 2 * total[:, 0]
        return change, np.where(square > rounding, square, 0.0)

    (x, xx), (y, yy) = centred("x", x), centred("y", y)
    return np.clip(_divide((w * x * y).sum(axis=1), np.sqrt(xx * yy)), -1, 1)


def spearman(weights: np.ndarray, x: ArrayLike, y: ArrayLike) -> np.ndarray:
    """Return Spearman's rank correlation of x and y (n,) under each resample, (R,).

    Ranks are those of the rows repeated as often as they were drawn, ties at their mean rank.
    """
    w = _weights(weights)
    return correlation(w, _ranks(w, "x", x), _ranks(w, "y", y))


@dataclass(frozen=True, eq=False)
class OLS:
    """A least-squares fit under each of R resamples; NaN where a resample cannot identify it.

    intercept: (R,), the mean one if there are strata. slopes: (R, k), in the order of the columns.
    residual, total: sums of squares (R,) after and before the columns, within strata if any.
    """

    intercept: np.ndarray
    slopes: np.ndarray
    residual: np.ndarray
    total: np.ndarray

    @property
    def r_squared(self) -> np.ndarray:
        """The share of the sum of squares that the columns explain, (R,)."""
        return 1 - _divide(self.residual, self.total)


def ols(
    weights: np.ndarray, y: ArrayLike, *columns: ArrayLike, strata: ArrayLike | None = None
) -> OLS:
    """Regress y on the columns and an intercept by weighted least squares, all resamples at once.

    weights: (R, n). y: (n,), or (R, n) for other values in each resample. columns: k of (n,).
    strata: labels (n,); each gets its own intercept (the within, or fixed-effects, estimator), and
    a stratum that a resample does not draw simply falls out of it.

    ValueError: lengths that differ, a value that is not finite, no column, or columns that are
    collinear (or constant within strata) on the data themselves.
    """
    w = _weights(weights)
    n = w.shape[1]
    y = _columns("y", y, w)
    if not columns:
        raise ValueError("ols needs at least one column besides the intercept")
    x = np.column_stack([check_column(f"column {i}", c, n) for i, c in enumerate(columns, 1)])
    codes = np.zeros(n, int) if strata is None else _codes("strata", strata)[0]
    if len(codes) != n:
        raise ValueError(f"strata has {len(codes)} labels, the weights have {n} rows")
    member = np.eye(codes.max() + 1)[codes]

    # Centre on the data's stratum means and rotate to an orthonormal basis: log10 FLOP near 23
    # beside a 0/1 column would otherwise lose half the digits in the normal equations.
    size = member.sum(axis=0)
    centred = x - (member @ ((member.T @ x) / size[:, None]))
    basis, triangle = np.linalg.qr(centred)
    scale = np.linalg.norm(x, axis=0) + np.finfo(float).tiny
    if n <= x.shape[1] or (np.abs(np.diag(triangle)) <= 1e-10 * scale).any():
        raise ValueError("the columns are collinear, or constant within the strata")
    shifted = y - (y @ member / size)[:, codes]

    # Cross products within strata: the plain ones less those of the strata's weighted means.
    k = basis.shape[1]
    inverse_weight = _divide(1.0, w @ member, undefined=0.0)
    wy = w * shifted
    bm = (w @ (member[:, :, None] * basis[:, None, :]).reshape(n, -1)).reshape(len(w), -1, k)
    ym = wy @ member
    bb = (w @ (basis[:, :, None] * basis[:, None, :]).reshape(n, -1)).reshape(-1, k, k)
    bb = bb - np.einsum("rs,rsi,rsj->rij", inverse_weight, bm, bm)
    by = wy @ basis - np.einsum("rs,rsi,rs->ri", inverse_weight, bm, ym)
    raw = (wy * shifted).sum(axis=1)
    total = raw - (inverse_weight * ym * ym).sum(axis=1)
    total = np.where(total > 1e-14 * raw, total, 0.0)  # what rounding leaves of a flat y is 0

    # With all weights one, bb is the identity: eigenvalues are measured against the mean weight.
    weight = w.sum(axis=1)
    singular = np.linalg.eigvalsh(bb)[:, 0] <= 1e-10 * weight / n
    rotated = np.linalg.solve(np.where(singular[:, None, None], np.eye(k), bb), by[:, :, None])
    rotated[singular] = np.nan
    slopes = np.linalg.solve(triangle, rotated[:, :, 0].T).T
    residual = np.maximum(total - np.einsum("ri,ri->r", rotated[:, :, 0], by), 0)
    intercept = _divide((w * y).sum(axis=1) - np.einsum("ri,ri->r", slopes, w @ x), weight)
    return OLS(intercept, slopes, residual, np.where(singular, np.nan, total))


def percentiles(distribution: np.ndarray, level: float = 0.95) -> tuple:
    """Return (low, high), between which lies the central share ``level`` of the resamples.

    distribution: (R,) gives two floats, (R, k) two arrays (k,); resamples with NaN are left out.
    Limits are order statistics, so that infinite values may stand in the tails. A level outside
    (0, 1) is a ValueError.
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    defined = ~np.isnan(distribution.reshape(len(distribution), -1)).any(axis=1)
    ordered = np.sort(distribution[defined], axis=0)
    beyond = int((1 - level) / 2 * len(ordered))
    low, high = ordered[beyond], ordered[-1 - beyond]
    return (float(low), float(high)) if distribution.ndim == 1 else (low, high)


def check_column(name: str, values: ArrayLike, n: int) -> np.ndarray:
    """Return values as floats (n,); another shape or a value that is not finite is a ValueError."""
    values = np.asarray(values, float)
    if values.shape != (n,):
        raise ValueError(f"{name} has shape {values.shape}; there are {n} rows")
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(f"{name} is {values[bad[0]]} in row {bad[0]}")
    return values


def _evaluate(
    statistic: Statistic,
    drawn: np.ndarray,
    weigh: Callable[[np.ndarray], np.ndarray],
    n: int,
    max_undefined: float,
) -> Bootstrap:
    """Apply the statistic to the data (all weights one) and to the resamples, block by block."""
    estimate = _values(statistic(np.ones((1, n))), 1)[0]
    if np.isnan(estimate).any():
        raise ValueError(f"the statistic is undefined on the data themselves: {estimate}")
    step = max(1, BLOCK // n)
    blocks = [drawn[i : i + step] for i in range(0, len(drawn), step)]
    distribution = np.concatenate([_values(statistic(weigh(b)), len(b)) for b in blocks])
    lost = np.isnan(distribution.reshape(len(drawn), -1)).any(axis=1)
    if lost.mean() > max_undefined:
        raise ValueError(
            f"the statistic is undefined on {lost.sum()} of {len(drawn)} resamples, "
            f"more than the share {max_undefined:g} that max_undefined allows"
        )
    distribution[lost] = np.nan
    estimate = float(estimate) if np.ndim(estimate) == 0 else estimate
    return Bootstrap(estimate, distribution, n, drawn.shape[1], int(lost.sum()))


def _values(values: np.ndarray, resamples: int) -> np.ndarray:
    values = np.array(values, float)
    if values.ndim not in (1, 2) or len(values) != resamples:
        raise ValueError(
            f"the statistic returned shape {values.shape} for {resamples} resamples; it must be "
            f"({resamples},) or ({resamples}, k)"
        )
    return values


def _codes(name: str, labels: ArrayLike) -> tuple[np.ndarray, int]:
    """Number the labels (n,) in sorted order; return the numbers and how many there are."""
    labels = np.asarray(labels)
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"{name} must be a sequence of labels, one per row; shape {labels.shape}")
    missing = np.flatnonzero(pd.isna(labels))
    if missing.size:
        raise ValueError(f"{name} has no label in row {missing[0]}")
    codes, labels = pd.factorize(labels, sort=True)
    return codes, len(labels)


def _weights(weights: ArrayLike) -> np.ndarray:
    w = np.asarray(weights, float)
    if w.ndim != 2 or not w.size:
        raise ValueError(f"weights must have the shape (resamples, rows), not {w.shape}")
    if not w.min() >= 0:
        raise ValueError("weights must not be negative or missing")
    return w


def _columns(name: str, values: ArrayLike, w: np.ndarray) -> np.ndarray:
    """Return values (n,) as (1, n); values given per resample, (R, n), as they are."""
    values = np.asarray(values, float)
    if values.ndim != 2:
        return check_column(name, values, w.shape[1])[None, :]
    if values.shape != w.shape:
        raise ValueError(f"{name} has shape {values.shape}, the weights have {w.shape}")
    return values


def _ranks(w: np.ndarray, name: str, values: ArrayLike) -> np.ndarray:
    """Return the mean ranks (R, n) of values (n,) among rows repeated as often as they weigh."""
    values = check_column(name, values, w.shape[1])
    _, starts, codes = np.unique(np.sort(values), return_index=True, return_inverse=True)
    order = np.argsort(values, kind="stable")
    tied = np.add.reduceat(w[:, order], starts, axis=1)
    codes = codes[np.argsort(order)]
    return (np.cumsum(tied, axis=1) - tied / 2 + 0.5)[:, codes]


def _divide(a: ArrayLike, b: ArrayLike, undefined: float = np.nan) -> np.ndarray:
    """Return a / b, and ``undefined`` where b is not positive."""
    a, b = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
    return np.divide(a, b, out=np.full(b.shape, undefined), where=b > 0)
