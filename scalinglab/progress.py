"""A law of language-model progress: loss against size, data and the year, and how it is estimated.

Ho et al. (arXiv:2403.05812, model 7) write the loss on text b of a model with N parameters, a
training set of D tokens and publication in year t as::

    log perplexity = exp(a_b - a_year t - a_size log N) + exp(b_b - b_year t - b_data log D)

with t, log N and log D counted from the smallest in the data. A year then acts like a factor
exp(a_year / a_size) on N and exp(b_year / b_data) on D; the product is a factor on compute. Their
objective is the mean squared error plus 0.0025 times the sum of the absolute parameters.

Three estimators stand side by side, because the published headline depends on which one is meant:
:func:`early_stop` repeats the authors' optimiser with its default stopping rule, :func:`minimise`
goes on to the minimum of the same objective, or, with ``penalty=0``, to plain least squares.
"""

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from scalinglab.resampling import ols

PENALTY = 0.0025
TOLERANCE = 1e-9  # of the objective, near 0.05, in one step
PARAMETERS = ("a", "a_ptb", "a_wt2", "a_year", "a_size", "b", "b_ptb", "b_wt2", "b_year", "b_data")
YEAR, SIZE, DATA = [3, 8], 4, 9
LEVERS = ("larger models", "more data", "better use of size", "better use of data")


def year(dates: pd.Series) -> pd.Series:
    """Return dates as years with a fraction, counting days as the authors do."""
    return dates.dt.year + (dates.dt.day_of_year - 1) / 365


def practised(models: pd.DataFrame, test: str) -> pd.Series:
    """Return each model's score after equal training on the task, (n,), as the study takes it.

    That is the better of ``<test>_base_share`` and ``<test>_tuned_share``, so that a model
    which the training harmed is not marked down (Dominguez-Olmedo, Dorner and Hardt,
    arXiv:2407.07890).
    """
    return models[[f"{test}_base_share", f"{test}_tuned_share"]].max(axis=1, skipna=False)


def date_share(
    score: pd.Series, training_flop: pd.Series, years: pd.Series, early: pd.Series, late: pd.Series
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a statistic of weights (R, n): the share of progress that dates explain, (R,).

    The score (n,) is regressed on log10 training FLOP and on the years. Between the mean early row
    and the mean late row (booleans, (n,)) it is predicted to rise by a part for compute and a part
    for time; the share is the latter over the sum. It can be negative.
    """
    log_c = np.log10(training_flop)
    spans = np.array([x[late].mean() - x[early].mean() for x in (log_c, years)])

    def share(weights: np.ndarray) -> np.ndarray:
        parts = ols(weights, score, log_c, years).slopes * spans
        return parts[:, 1] / parts.sum(axis=1)

    return share


def design(rows: pd.DataFrame, origin: pd.DataFrame | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of the two exponents, each (n, 5).

    rows: columns ``published``, ``parameters``, ``dataset_tokens`` and ``benchmark`` ("wt103",
    "ptb" or "wt2"). origin: the rows whose smallest year, size and data count as zero.
    """
    origin = rows if origin is None else origin

    def columns(frame: pd.DataFrame) -> np.ndarray:
        logs = np.log(frame[["parameters", "dataset_tokens"]])
        return np.column_stack([year(frame["published"]), logs])

    since, size, data = (columns(rows) - columns(origin).min(axis=0)).T
    texts = [np.ones(len(rows)), rows["benchmark"] == "ptb", rows["benchmark"] == "wt2"]
    return tuple(np.column_stack([*texts, -since, -x]).astype(float) for x in (size, data))


def loss(theta: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the law's loss in nats for parameters (..., 10) on n rows: (..., n)."""
    return np.exp(theta[..., :5] @ a.T) + np.exp(theta[..., 5:] @ b.T)


def objective(
    theta: np.ndarray, a: np.ndarray, b: np.ndarray, y: np.ndarray, weights: np.ndarray, penalty
) -> np.ndarray:
    """Return the weighted mean squared error plus the penalty, (R,), for parameters (R, 10)."""
    with np.errstate(over="ignore", invalid="ignore"):  # a step too far counts as not better
        error = ((y - loss(theta, a, b)) ** 2 * weights).sum(axis=-1) / weights.sum(axis=-1)
    return error + penalty * np.abs(theta).sum(axis=-1)


def early_stop(a: np.ndarray, b: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the parameters (R, 10) at which SciPy's SLSQP stops by default, started from zeros.

    This repeats what the authors ran, with the forward differences that SciPy takes where no
    gradient is given (here all at once); it is not a minimum of the objective. With other weights
    the place depends on the rounding of the arithmetic, so do not resample it.
    """
    width = np.sqrt(np.finfo(float).eps)

    def value(t: np.ndarray, w: np.ndarray) -> np.ndarray:
        return objective(t, a, b, y, w, PENALTY)

    def slope(t: np.ndarray, w: np.ndarray) -> np.ndarray:
        return (value(t + width * np.eye(10), w) - value(t, w)) / width

    found = [minimize(value, np.zeros(10), args=(w,), jac=slope, method="SLSQP") for w in weights]
    return np.array([end.x for end in found])


def minimise(
    a: np.ndarray,
    b: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    *,
    penalty: float = PENALTY,
    starts: np.ndarray | None = None,
    steps: int = 300,
) -> np.ndarray:
    """Return the parameters (R, 10) of the least objective under each of R weightings.

    A damped Gauss-Newton descent of all resamples at once; the absolute values are majorised by
    parabolas through the current point (Hunter and Li, Annals of Statistics 33, 2005). starts:
    (S, 10); the best end of each resample is kept.
    """
    starts = STARTS if starts is None else np.atleast_2d(starts)
    share = weights / weights.sum(axis=1, keepdims=True)
    ends = np.stack([_descend(a, b, y, share, penalty, start, steps) for start in starts])
    values = np.stack([objective(end, a, b, y, share, penalty) for end in ends])
    return ends[values.argmin(axis=0), np.arange(len(weights))]


# The objective has two valleys: the trend acts mostly on data, or mostly on size.
STARTS = np.array(
    [
        [0.9, 0.05, 0.05, 0.005, 0.07, 0.8, 0.15, 0.1, 0.04, 0.04],
        [1.2, 0.05, 0.05, 0.05, 0.05, 0.3, 0.1, 0.1, 0.01, 0.1],
    ]
)


def _descend(a, b, y, share, penalty, start, steps: int) -> np.ndarray:
    """Return where the damped descent from one start ends, (R, 10)."""
    # The curvature is a sum over rows of a number times an outer product, so one matrix product.
    aa, ab, bb = (
        (left[:, :, None] * right[:, None, :]).reshape(len(y), 25)
        for left, right in ((a, a), (a, b), (b, b))
    )
    theta = np.tile(start, (len(share), 1))
    value = objective(theta, a, b, y, share, penalty)
    damping = np.full(len(share), 1e-3)
    moving = np.arange(len(share))
    for _ in range(steps):
        t, w = theta[moving], share[moving]
        u, v = np.exp(t[:, :5] @ a.T), np.exp(t[:, 5:] @ b.T)
        pull = penalty / 2 / np.maximum(np.abs(t), 1e-7)
        wu, wv, residual = w * u, w * v, y - u - v
        gradient = np.hstack([(wu * residual) @ a, (wv * residual) @ b]) - pull * t
        across = ((wu * v) @ ab).reshape(-1, 5, 5)
        top = np.concatenate([((wu * u) @ aa).reshape(-1, 5, 5), across], axis=2)
        below = [across.transpose(0, 2, 1), ((wv * v) @ bb).reshape(-1, 5, 5)]
        curvature = np.concatenate([top, np.concatenate(below, axis=2)], axis=1)
        scale = np.einsum("rii->ri", curvature)
        scale += pull + damping[moving, None] * (scale + 1e-12)  # a view: the diagonal itself
        tried = t + np.linalg.solve(curvature, gradient[:, :, None])[:, :, 0]
        new = objective(tried, a, b, y, w, penalty)
        gain = value[moving] - new
        better = gain > 0  # false for an overflow
        theta[moving[better]], value[moving[better]] = tried[better], new[better]
        damping[moving] = np.clip(damping[moving] * np.where(better, 0.3, 5), 1e-12, 1e12)
        ended = np.where(better, gain < TOLERANCE, damping[moving] > 1e8)
        moving = moving[~ended]
        if not moving.size:
            break
    return theta


def halvings(theta: np.ndarray) -> np.ndarray:
    """Return how often a year the compute for equal loss halves, (...,), from (..., 10)."""
    growth = theta[..., YEAR[0]] / theta[..., SIZE] + theta[..., YEAR[1]] / theta[..., DATA]
    return growth / np.log(2)


def months(rate: np.ndarray) -> np.ndarray:
    """Return the months of one halving from halvings a year; infinite where nothing halves."""
    rate = np.asarray(rate, float)
    return np.divide(12, rate, out=np.full_like(rate, np.inf), where=rate > 0)


def shapley(theta: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the share of each of four levers in the fall of the loss between two models.

    theta: (..., 10). a, b: the design of the two models, (2, 5) each. The levers, in the order of
    ``LEVERS``: size, data, and the year in either exponent. The share of a lever is its mean
    contribution over all orders in which the four can be moved (Shapley 1953); shares sum to one
    and can be negative.
    """

    def at(moved: frozenset) -> np.ndarray:
        rows = a[:1].copy(), b[:1].copy()
        for lever, (side, column) in enumerate(((0, 4), (1, 4), (0, 3), (1, 3))):
            if lever in moved:
                rows[side][0, column] = (a, b)[side][1, column]
        return loss(theta, *rows)[..., 0]

    return _shapley(at, len(LEVERS))


def _shapley(value: Callable[[frozenset], np.ndarray], n: int) -> np.ndarray:
    """Return the Shapley shares (..., n) of a function of sets of players 0 to n - 1."""
    sets = [frozenset(s) for k in range(n + 1) for s in combinations(range(n), k)]
    worth = {s: value(s) for s in sets}
    parts = []
    for player in range(n):
        others = [s for s in sets if player not in s]
        order = [factorial(len(s)) * factorial(n - len(s) - 1) / factorial(n) for s in others]
        gains = [worth[s | {player}] - worth[s] for s in others]
        parts.append(sum(o * g for o, g in zip(order, gains, strict=True)))
    return np.stack(parts, axis=-1) / (worth[sets[-1]] - worth[sets[0]])[..., None]
