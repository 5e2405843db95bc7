"""The compute multiplier: how many times the training compute would buy the same gain.

The common currency of the report. Better data, a better algorithm or a later release lifts a score;
so does more training compute. The multiplier of a gain is the factor by which the untreated
models' training compute would have to grow for the same lift: 2 means that half the compute
suffices. Two estimators:

:func:`common_slope`
    treated and untreated models share one slope of score on log10 compute; the multiplier is
    10**(gain / slope). Uses all models and resamples them, but assumes that the gain is the same
    everywhere in the range (Hernandez and Brown, arXiv:2005.04305, divide the same way in time).
:func:`equal_score`
    reads off the untreated models' own curve at which compute they reach the treated model's
    score. Assumes no slope, speaks for one treated model at one scale.

Either divides by what compute buys. Where compute buys nothing measurable, or the treated score
lies where no untreated model has been, there is no finite multiplier: the result then says so in
``reason`` instead of a number. Scores go up by default; ``larger_is_better=False`` is for losses,
whose gains and slopes are then counted as reductions.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import logit

from scalinglab import resampling
from scalinglab.frontier import inverse_interpolate, running_best


class Estimate(NamedTuple):
    """A number and its interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class ComputeMultiplier:
    """How many times the training compute buys the same gain, and where that was measured.

    estimate, low, high: the multiplier and its interval at ``level``. A limit can be 0 or infinite
    where the data set none; the estimate is NaN where the multiplier was refused.
    flop_range: lowest and highest training FLOP at which the gain was measured.
    n: rows. clusters, undefined: resampling units, and resamples without a fit.
    gain: the treated models' lead at equal compute, in score units (logits on the logit scale).
    slope: what a tenfold compute buys, in the same units. hinge: log10 FLOP below which compute
    bought nothing. All three are None where the estimator has no such quantity.
    reason: why there is no estimate, or no finite interval; empty if there are both.
    """

    estimate: float
    low: float
    high: float
    level: float
    flop_range: tuple[float, float]
    n: int
    clusters: int
    undefined: int
    gain: Estimate | None = None
    slope: Estimate | None = None
    hinge: float | None = None
    reason: str = ""


def common_slope(
    training_flop: ArrayLike,
    score: ArrayLike,
    treated: ArrayLike,
    clusters: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    hinge: float | str | None = None,
    scale: str = "identity",
    larger_is_better: bool = True,
    run_sd: float = 0.0,
    runs: ArrayLike | None = None,
    max_above: float = 0.5,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> ComputeMultiplier:
    """Fit score = a + slope * log10(training_flop) + gain * treated; return 10**(gain / slope).

    training_flop: FLOP, positive. score: (n,). treated: booleans (n,). clusters: labels (n,) of
    what is resampled: families, or tasks where a row is one run on one task.
    strata: labels (n,) with an intercept each, such as other corpora that help to fix the slope;
    only strata with treated and untreated rows measure the gain and count for ``flop_range``.
    hinge: log10 FLOP below which the score lies on its floor, so that compute counts as
    max(log10 C - hinge, 0) (Dominguez-Olmedo, Dorner and Hardt, arXiv:2407.07890); "fit" chooses
    it by least squares, anew in each resample.
    scale: "identity", or "logit" for scores strictly between 0 and 1.
    run_sd: standard deviation of one run's score over seeds, in the units of the fit. Where rows
    of one run share a seed, a resample of tasks does not contain that noise; it is drawn once per
    run label in ``runs`` (each row its own run by default) and added to gain and slope.

    The estimate is refused (NaN, with the reason) where the slope's interval touches 0, where
    treated and untreated rows share no range of compute, or where more than the share
    ``max_above`` of the treated scores is better than every untreated one: then most of the gain
    would be read off an extrapolated line. A resample whose slope is not positive counts as an
    infinite multiplier (0 if its gain is negative) and is not dropped.

    ValueError: lengths that differ, values that are missing or out of range, only treated or only
    untreated rows, a single cluster, or collinear columns.
    """
    n = len(np.asarray(score))
    flop = _positive("training_flop", training_flop, n)
    better = _oriented(resampling.check_column("score", score, n), larger_is_better, scale)
    treated = _booleans("treated", treated, n)
    stratum = np.zeros(n, int) if strata is None else np.asarray(strata)
    for name, labels in (("clusters", clusters), ("strata", stratum)):
        if len(np.asarray(labels)) != n:
            raise ValueError(f"{name} has {len(np.asarray(labels))} labels; there are {n} rows")
    log_flop = np.log10(flop)
    knots = _knots(log_flop, hinge)

    def fit(weights: np.ndarray) -> np.ndarray:
        """Return slope, gain and hinge, (R, 3): of all hinges the one of least squares."""
        fits = [
            resampling.ols(weights, better, np.maximum(log_flop - knot, 0), treated, strata=stratum)
            for knot in knots
        ]
        residual = np.stack([f.residual for f in fits])
        best = np.where(np.isnan(residual), np.inf, residual).argmin(axis=0)
        slopes = np.stack([f.slopes for f in fits])[best, np.arange(len(best))]
        return np.column_stack([slopes, knots[best]])

    boot = resampling.bootstrap(fit, clusters, n_resamples=n_resamples, seed=seed)
    drawn, knot = boot.distribution[:, :2], boot.estimate[2]
    if run_sd:
        owner, names = pd.factorize(np.arange(n) if runs is None else np.asarray(runs), sort=True)
        if len(owner) != n or (owner < 0).any():
            raise ValueError(f"runs must have one label for each of {n} rows")
        # Gain and slope are linear in the scores: one fit to each run's indicator gives its share.
        share = resampling.ols(
            np.ones((len(names), n)),
            np.eye(len(names))[:, owner],
            np.maximum(log_flop - knot, 0),
            treated,
            strata=stratum,
        ).slopes
        noise = np.random.default_rng([seed, 1]).normal(0, run_sd, (n_resamples, len(names)))
        drawn = drawn + noise @ share
    low, high = resampling.percentiles(drawn, level)
    slope, gain = (Estimate(*map(float, e)) for e in zip(boot.estimate[:2], low, high, strict=True))

    floor = 0.0 if hinge is None else 10.0**knot
    flop_range, reason = _refusal(flop, better, treated, stratum, floor, max_above)
    if not reason and slope.low <= 0:
        reason = (
            f"the slope, {slope.estimate:.3g} [{slope.low:.3g}, {slope.high:.3g}] per tenfold "
            "compute, is not distinguished from 0: no finite multiplier"
        )
    estimate, low, high = np.nan, 0.0, np.inf
    if not reason:
        # A resample in which compute buys nothing needs endless compute for any gain.
        endless = np.where(drawn[:, 1] < 0, -np.inf, np.inf)
        exponent = np.divide(drawn[:, 1], drawn[:, 0], out=endless, where=~(drawn[:, 0] <= 0))
        low, high = resampling.percentiles(_power_of_ten(exponent), level)
        estimate = float(_power_of_ten(gain.estimate / slope.estimate))
        if not np.isfinite(high):
            reason = "too many resamples have no positive slope: no upper limit"
    return ComputeMultiplier(
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        flop_range=flop_range,
        n=n,
        clusters=boot.clusters,
        undefined=boot.undefined,
        gain=gain,
        slope=slope,
        hinge=None if hinge is None else float(knot),
        reason=reason,
    )


def equal_score(
    training_flop: ArrayLike,
    score: ArrayLike,
    treated_flop: float,
    treated_score: float,
    *,
    clusters: ArrayLike | None = None,
    curve: str = "mean",
    larger_is_better: bool = True,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int = 0,
) -> ComputeMultiplier:
    """Divide the compute at which the untreated curve reaches a treated model's score by its own.

    training_flop, score: the untreated runs, (n,). treated_flop, treated_score: one treated model.
    curve: "mean", the monotone least-squares curve (isotonic regression), or "frontier", the best
    untreated score up to each compute, which follows luck and the number of tries.
    clusters: labels (n,) to resample the untreated runs by; without them there is no interval
    (low and high are NaN). The treated model's own noise is not in the interval.

    The estimate is refused (NaN, with the reason) where the treated score lies outside the
    untreated curve's range. In a resample, a score above the curve counts as an infinite
    multiplier and one below it as 0, because only that much is known.

    ValueError: lengths that differ, values that are missing or out of range, fewer than two
    different computes, a single cluster, or an unknown curve.
    """
    n = len(np.asarray(score))
    flop = _positive("training_flop", training_flop, n)
    height = _oriented(resampling.check_column("score", score, n), larger_is_better)
    treated_flop = float(_positive("treated_flop", [treated_flop], 1)[0])
    target = float(
        _oriented(resampling.check_column("treated_score", [treated_score], 1), larger_is_better)[0]
    )
    if curve not in ("mean", "frontier"):
        raise ValueError(f"curve is {curve!r}; it must be 'mean' or 'frontier'")
    if clusters is not None and len(np.asarray(clusters)) != n:
        raise ValueError(f"clusters has {len(np.asarray(clusters))} labels; there are {n} runs")
    order = np.argsort(flop, kind="stable")
    at, starts = np.unique(flop[order], return_index=True)
    if len(at) < 2:
        raise ValueError("the untreated runs have one training compute; a curve needs two")

    def multiplier(weights: np.ndarray) -> np.ndarray:
        if curve == "mean":
            return compute_to_reach(weights, flop, height, target) / treated_flop
        drawn = np.add.reduceat(weights[:, order], starts, axis=1) > 0
        best = running_best(flop, height, at, weights=weights)
        pairs = zip(best, drawn, strict=True)
        return np.array([_invert(at[d], y[d], target) for y, d in pairs]) / treated_flop

    estimate = float(multiplier(np.ones((1, n)))[0])
    low, high, count, undefined, reason = np.nan, np.nan, 0, 0, ""
    if not 0 < estimate < np.inf:
        side = "better" if estimate else "worse"
        reason = f"the treated score is {side} than the whole untreated curve"
        estimate, low, high = np.nan, 0.0, np.inf
    elif clusters is not None:
        boot = resampling.bootstrap(multiplier, clusters, n_resamples=n_resamples, seed=seed)
        low, high = boot.interval(level)
        count, undefined = boot.clusters, boot.undefined
        if low == 0 or not np.isfinite(high):
            reason = "in too many resamples the untreated curve does not reach the treated score"
    return ComputeMultiplier(
        estimate=estimate,
        low=low,
        high=high,
        level=level,
        flop_range=(treated_flop, treated_flop),
        n=n,
        clusters=count,
        undefined=undefined,
        reason=reason,
    )


def compute_to_reach(
    weights: np.ndarray, training_flop: ArrayLike, score: ArrayLike, target: float
) -> np.ndarray:
    """Return the FLOP at which the monotone mean curve reaches a score, per resample, (R,).

    weights: resamples (R, n) from :mod:`scalinglab.resampling`. training_flop, score: (n,), larger
    scores better. The curve is the isotonic regression of score on compute, log-linear between
    points. 0 where the curve starts above the target, infinite where it ends below it, NaN where a
    resample has fewer than two different computes.
    """
    flop, score = np.asarray(training_flop, float), np.asarray(score, float)
    order = np.argsort(flop, kind="stable")
    at, starts = np.unique(flop[order], return_index=True)
    weight = np.add.reduceat(weights[:, order], starts, axis=1)
    total = np.add.reduceat(weights[:, order] * score[order], starts, axis=1)
    means = np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)
    found = []
    for y, w in zip(means, weight, strict=True):
        drawn = w > 0
        curve = isotonic_regression(y[drawn], weights=w[drawn]).x
        found.append(_invert(at[drawn], curve, target))
    return np.array(found)


def _invert(at: np.ndarray, y: np.ndarray, target: float) -> float:
    """Return the x at which a curve that never falls reaches the target; 0 or infinite outside."""
    if len(at) < 2:
        return np.nan
    if not y[0] <= target <= y[-1]:
        return 0.0 if target < y[0] else np.inf
    return float(inverse_interpolate(at, y, target))


def _refusal(
    flop: np.ndarray,
    better: np.ndarray,
    treated: np.ndarray,
    stratum: np.ndarray,
    floor: float,
    max_above: float,
) -> tuple[tuple[float, float], str]:
    """Return the FLOP range that treated and untreated rows share, and why there is no multiplier.

    Only strata with rows of both kinds compare anything. floor: the FLOP of the hinge.
    """
    compared = np.isin(stratum, stratum[treated]) & np.isin(stratum, stratum[~treated])
    with_, without = treated & compared, ~treated & compared
    low = float(max(flop[with_].min(), flop[without].min(), floor))
    high = float(min(flop[with_].max(), flop[without].max()))
    if low > high:
        return (np.nan, np.nan), "treated and untreated rows share no range of training compute"
    above = (better[with_] > better[without].max()).mean()
    if above > max_above:
        return (low, high), f"{above:.0%} of the treated scores are better than any untreated one"
    return (low, high), ""


def _knots(log_flop: np.ndarray, hinge: float | str | None) -> np.ndarray:
    """Return the hinges to choose from, (m,), in log10 FLOP."""
    if hinge is None:
        return np.array([log_flop.min()])  # below it there is nothing to bend
    if hinge == "fit":
        # Up to the 80th percentile, so that a slope is left to be estimated above it.
        return np.linspace(log_flop.min(), np.quantile(log_flop, 0.8), 25)
    if isinstance(hinge, str) or not hinge < log_flop.max():
        raise ValueError(
            f"hinge is {hinge!r}; it must be 'fit' or a log10 FLOP below {log_flop.max():.3g}"
        )
    return np.array([float(hinge)])


def _oriented(score: np.ndarray, larger_is_better: bool, scale: str = "identity") -> np.ndarray:
    """Return the score on its scale, turned so that larger is better."""
    if scale not in ("identity", "logit"):
        raise ValueError(f"scale is {scale!r}; it must be 'identity' or 'logit'")
    if scale == "logit":
        outside = np.flatnonzero((score <= 0) | (score >= 1))
        if outside.size:
            raise ValueError(
                f"score is {score[outside[0]]:g} in row {outside[0]}; "
                "the logit scale needs values between 0 and 1"
            )
        score = logit(score)
    return score if larger_is_better else -score


def _power_of_ten(exponent: ArrayLike) -> np.ndarray:
    """Return 10**exponent; infinite where that exceeds the largest float."""
    with np.errstate(over="ignore"):
        return np.power(10.0, exponent)


def _positive(name: str, values: ArrayLike, n: int) -> np.ndarray:
    values = resampling.check_column(name, values, n)
    bad = np.flatnonzero(values <= 0)
    if bad.size:
        raise ValueError(f"{name} is {values[bad[0]]:g} in row {bad[0]}; it must be positive")
    return values


def _booleans(name: str, values: ArrayLike, n: int) -> np.ndarray:
    values = resampling.check_column(name, values, n)
    if not np.isin(values, (0, 1)).all():
        raise ValueError(f"{name} must be true or false in every row")
    if len(np.unique(values)) < 2:
        raise ValueError(f"{name} is the same in every row; a gain needs both kinds")
    return values.astype(bool)
