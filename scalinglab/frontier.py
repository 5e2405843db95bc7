"""The best that was reached: at each compute, or by each date.

A frontier is an extreme value: it rises with the number of tries even where nothing improves, and
one selected model can carry it. Set a mean curve or the share of winners beside it, and resample
it without replacement (:func:`scalinglab.resampling.subsample`), because the bootstrap is not
consistent for a maximum (Bickel and Freedman, Annals of Statistics 9, 1981).

A row without compute, date or score cannot lie on a frontier. By default such a row is an error,
so that whoever leaves it out has to say so; ``nan_policy="omit"`` (SciPy's word) leaves it out.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def records(
    frame: pd.DataFrame,
    x: str,
    score: str,
    by: str | Sequence[str] | None = None,
    *,
    largest: bool = True,
    nan_policy: str = "raise",
) -> pd.DataFrame:
    """Return the rows of the frame that set a record: the frontier with the models' names.

    Going up in ``x`` (training FLOP, release date), a row stays if its score beats every score
    before it; ``largest=False`` asks for the smallest (a loss, a size). Of rows with equal x only
    the best can stay; of equal scores the one at the smaller x holds the record, and of rows equal
    in both the first in the frame. ``by`` names columns whose groups have frontiers of their own.
    Rows are sorted by group and x and keep their index labels.

    ValueError: an unknown column, or a missing value under ``nan_policy="raise"``.
    """
    groups = [by] if isinstance(by, str) else list(by or [])
    unknown = [c for c in [x, score, *groups] if c not in frame.columns]
    if unknown:
        raise ValueError(f"no column {unknown[0]!r}; there are {', '.join(frame.columns)}")
    kept = frame[_usable(nan_policy, **{c: frame[c] for c in [x, score, *groups]})]
    kept = kept.sort_values(score, ascending=not largest, kind="stable")
    kept = kept.sort_values([*groups, x], kind="stable")
    better = kept[score] if largest else -kept[score]
    if groups:
        keys = [kept[g] for g in groups]
        best_before = better.groupby(keys).cummax().groupby(keys).shift()
    else:
        best_before = better.cummax().shift()
    return kept[best_before.isna() | (better > best_before)]


def running_best(
    x: ArrayLike,
    score: ArrayLike,
    at: ArrayLike,
    *,
    weights: np.ndarray | None = None,
    largest: bool = True,
    nan_policy: str = "raise",
) -> np.ndarray:
    """Return the best score among the points with ``x <= at``; NaN where there is none yet.

    x: training FLOP, parameters or dates, (n,). score: (n,). at: the places (m,), in the units of
    x. weights: resamples (R, n) from :mod:`scalinglab.resampling`; a point of weight 0 is absent.
    Result: (m,), or (R, m) with weights. ``largest=False`` returns the smallest score.

    ValueError: lengths that differ, or a missing value under ``nan_policy="raise"``.
    """
    x, score = pd.Series(np.asarray(x)), pd.Series(np.asarray(score, float))
    usable = _usable(nan_policy, x=x, score=score)
    present = np.ones((1, len(x)), bool) if weights is None else np.asarray(weights) > 0
    if present.ndim != 2 or present.shape[1] != len(x):
        raise ValueError(f"weights have shape {present.shape}; there are {len(x)} points")
    x, value, present = x[usable], score[usable].to_numpy(), present[:, usable]
    at = np.atleast_1d(pd.to_datetime(at) if x.dtype.kind == "M" else np.asarray(at, float))

    order = np.argsort(x.to_numpy(), kind="stable")
    sign = 1.0 if largest else -1.0
    value = np.where(present[:, order], sign * value[order], -np.inf)
    none_yet = np.full((len(present), 1), -np.inf)
    best = np.maximum.accumulate(np.hstack([none_yet, value]), axis=1)
    best = best[:, np.searchsorted(x.to_numpy()[order], at, side="right")]
    best = np.where(np.isfinite(best), sign * best, np.nan)
    return best[0] if weights is None else best


def size_needed(
    released: ArrayLike,
    parameters: ArrayLike,
    score: ArrayLike,
    threshold: float,
    at: ArrayLike,
    *,
    weights: np.ndarray | None = None,
    nan_policy: str = "raise",
) -> np.ndarray:
    """Return the parameters of the smallest model released by ``at`` that reaches the score.

    released: dates (or years, as numbers), parameters, score: (n,). threshold: the score to reach.
    at: the dates (m,) asked for. weights and result as in :func:`running_best`; NaN before the
    first such model.

    ValueError: lengths that differ, a size that is not positive (in some tables 0 stands for
    unknown), or a missing value under ``nan_policy="raise"``.
    """
    released, score = pd.Series(np.asarray(released)), pd.Series(np.asarray(score, float))
    parameters = pd.Series(np.asarray(parameters, float))
    usable = _usable(nan_policy, released=released, parameters=parameters, score=score)
    small = np.flatnonzero(parameters <= 0)
    if small.size:
        raise ValueError(f"parameters is {parameters[small[0]]:g} in row {small[0]}")
    if weights is not None and np.shape(weights)[1:] != (len(score),):
        raise ValueError(f"weights have shape {np.shape(weights)}; there are {len(score)} models")
    reached = usable & (score >= threshold).to_numpy()
    return running_best(
        released[reached],
        parameters[reached],
        at,
        weights=None if weights is None else np.asarray(weights)[:, reached],
        largest=False,
    )


def inverse_interpolate(x: ArrayLike, y: ArrayLike, target: ArrayLike) -> np.ndarray:
    """Return the x at which a monotone curve reaches the target, interpolated in log x.

    x: (n,), positive and increasing, such as training FLOP. y: (n,), never falling (a score) or
    never rising (a loss). target: any shape, which is also the result's. Between points log x is
    linear in y; on a flat stretch the answer is its smallest x. Outside the measured range of y
    the answer is NaN: nothing is extrapolated.

    ValueError: lengths that differ, fewer than two points, values that are not finite, x not
    positive and increasing, or y not monotone (take the running best or a monotone fit first).
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape}, y has {y.shape}")
    if len(x) < 2 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a curve needs at least two points, all of them finite")
    if x[0] <= 0 or (np.diff(x) <= 0).any():
        raise ValueError("x must be positive and strictly increasing")
    step = np.diff(y)
    if (step < 0).any() and (step > 0).any():
        raise ValueError("y rises and falls; take the running best or a monotone fit first")
    sign = -1.0 if (step < 0).any() else 1.0
    y, wanted = sign * y, sign * np.asarray(target, float)
    right = np.clip(np.searchsorted(y, wanted), 1, len(y) - 1)  # the first point that reaches it
    left = right - 1
    share = (wanted - y[left]) / np.where(y[right] > y[left], y[right] - y[left], 1)
    answer = np.exp((1 - share) * np.log(x[left]) + share * np.log(x[right]))
    return np.where((wanted >= y[0]) & (wanted <= y[-1]), answer, np.nan)


def lowest_curve(
    runs: Sequence[tuple[ArrayLike, ArrayLike]],
    at: ArrayLike,
    *,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return the lowest of several training curves at each place: the loss frontier of runs.

    runs: one (x, loss) per run, x positive and increasing; each is taken as its running minimum,
    log-linear in x between its points, and is absent outside its range. at: places (m,), positive.
    weights: resamples (R, runs); a run of weight 0 is absent. Result: (m,) or (R, m), never rising,
    NaN where no run has begun yet.

    ValueError: no run, or an x that is not positive and increasing.
    """
    at = np.log(np.asarray(at, float))
    if not runs:
        raise ValueError("a frontier needs at least one run")
    values = []
    for x, loss in runs:
        x, loss = np.asarray(x, float), np.minimum.accumulate(np.asarray(loss, float))
        if (x <= 0).any() or (np.diff(x) <= 0).any():
            raise ValueError("x must be positive and strictly increasing within a run")
        values.append(np.interp(at, np.log(x), loss, left=np.inf, right=np.inf))
    values = np.array(values)
    present = np.ones((1, len(runs)), bool) if weights is None else np.asarray(weights) > 0
    lowest = np.stack([values[drawn].min(axis=0, initial=np.inf) for drawn in present])
    lowest = np.minimum.accumulate(lowest, axis=1)
    lowest = np.where(np.isfinite(lowest), lowest, np.nan)
    return lowest[0] if weights is None else lowest


def reach(at: ArrayLike, curve: ArrayLike, target: float) -> np.ndarray:
    """Return the x at which curves that never rise first come down to the target.

    at: places (m,), positive and increasing. curve: (m,) or (R, m), as :func:`lowest_curve` returns
    it. Result: a float or (R,), log-linear between places; NaN where the target lies above the
    curve's first value or below its last.
    """
    u, curve = np.log(np.asarray(at, float)), np.atleast_2d(np.asarray(curve, float))
    below = curve <= target
    first = below.argmax(axis=1)
    rows = np.arange(len(curve))
    before = curve[rows, np.maximum(first - 1, 0)]
    after = curve[rows, first]
    known = below.any(axis=1) & (first > 0) & np.isfinite(before)
    drop = np.where(known, before - after, 1)
    share = np.where(known, before - target, 0) / drop
    step = u[first] - u[np.maximum(first - 1, 0)]
    found = np.where(known, np.exp(u[np.maximum(first - 1, 0)] + share * step), np.nan)
    return float(found[0]) if np.ndim(target) == 0 and len(found) == 1 else found


def _usable(nan_policy: str, **columns: pd.Series) -> np.ndarray:
    """Return which rows have all the values; raise for a missing one unless it may be left out."""
    if nan_policy not in ("raise", "omit"):
        raise ValueError(f"nan_policy is {nan_policy!r}; it must be 'raise' or 'omit'")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"lengths differ: {lengths}")
    missing = {name: values.isna().to_numpy() for name, values in columns.items()}
    for name, rows in missing.items():
        if nan_policy == "raise" and rows.any():
            raise ValueError(
                f"{name} is missing in {rows.sum()} rows, first in row {np.flatnonzero(rows)[0]}; "
                "leave them out beforehand or pass nan_policy='omit'"
            )
    return ~np.logical_or.reduce(list(missing.values()))
