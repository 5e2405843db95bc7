"""IsoFLOP curves: the best model size at each training budget, and how it grows with the budget."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.interpolate import Akima1DInterpolator

FINE = 1000  # points of the interpolated curve


@dataclass(frozen=True, eq=False)
class IsoFlopOptima:
    """The optimum of each curve.

    Attributes
    ----------
    optima : DataFrame
        ``budget``, ``n_star`` (parameters at the minimum), ``loss``, ``runs``; one row per budget
        that has a minimum.
    skipped : DataFrame
        ``budget``, ``reason``: budgets with too few sizes or no minimum within reach.
    """

    optima: pd.DataFrame
    skipped: pd.DataFrame


def isoflop_optima(budget, n, loss, reading: str = "splines") -> IsoFlopOptima:
    """Find the size with the least loss at each budget.

    ``budget``, ``n`` and ``loss`` are arrays of shape (runs,). With ``reading="splines"`` runs of
    one size at one budget are averaged, and the curve of log loss against log size is interpolated
    by Akima's local splines, as in Porian et al. 2024: it assumes no shape and follows the noise.
    With ``reading="parabola"`` a parabola is fitted to loss against log size, as in Hoffmann et al.
    2022, approach 2: it averages over the noise; its minimum may lie outside the curve.
    """
    if reading not in READINGS:
        raise ValueError(f"reading is {reading!r}; it must be 'splines' or 'parabola'")
    runs = {"budget": budget, "n": n, "loss": loss}
    runs = {name: np.atleast_1d(np.asarray(values, float)) for name, values in runs.items()}
    for name, values in runs.items():
        if values.shape != (len(runs["budget"]),):
            shapes = [values.shape for values in runs.values()]
            raise ValueError(f"budget, n and loss must be one list of runs; shapes are {shapes}")
        if not (values > 0).all():
            raise ValueError(f"{name} must be positive, see position {(~(values > 0)).argmax()}")
    budgets, group = np.unique(runs["budget"], return_inverse=True)
    optima, skipped = [], []
    for i, at in enumerate(budgets):
        curve = group == i
        best = READINGS[reading](runs["n"][curve], runs["loss"][curve])
        if isinstance(best, str):
            skipped.append((at, best))
        else:
            optima.append((at, *best, curve.sum()))
    return IsoFlopOptima(
        pd.DataFrame(optima, columns=["budget", "n_star", "loss", "runs"]),
        pd.DataFrame(skipped, columns=["budget", "reason"]),
    )


def _by_splines(n: np.ndarray, loss: np.ndarray) -> tuple[float, float] | str:
    """Return size and loss at the minimum, or why there is none."""
    sizes, group = np.unique(n, return_inverse=True)
    if len(sizes) < 3:
        return "fewer than three sizes"
    u, mean = np.log(sizes), np.log(np.bincount(group, loss) / np.bincount(group))
    fine = np.linspace(u[0], u[-1], FINE)
    values = Akima1DInterpolator(u, mean)(fine)
    best = int(values.argmin())
    if best in (0, FINE - 1):
        return "minimum at the edge"
    return np.exp(fine[best]), np.exp(values[best])


def _by_parabola(n: np.ndarray, loss: np.ndarray) -> tuple[float, float] | str:
    """Return size and loss at the vertex, or why there is none."""
    if len(np.unique(n)) < 4:
        return "fewer than four sizes"
    bend, slope, level = np.polyfit(np.log(n), loss, 2)
    if bend <= 0:
        return "the parabola opens downwards"
    return np.exp(-slope / (2 * bend)), level - slope * slope / (4 * bend)


READINGS = {"splines": _by_splines, "parabola": _by_parabola}


def loglog(x, y, weights=None) -> dict[str, float]:
    """Return the weighted least-squares power law y = coefficient * x^exponent in logarithms.

    ``weights`` are inverse variances of log y, equal by default. Keys: ``exponent``,
    ``coefficient``, ``r2``.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    if not x.shape == y.shape == w.shape:
        raise ValueError(f"x, y and weights have shapes {x.shape}, {y.shape} and {w.shape}")
    if not all((values > 0).all() and np.isfinite(values).all() for values in (x, y, w)):
        raise ValueError("x, y and weights must be positive and finite")
    u, v = np.log(x), np.log(y)
    if len(np.unique(u)) < 2:
        raise ValueError("an exponent needs at least two distinct x")
    slope, level = np.polyfit(u, v, 1, w=np.sqrt(w))
    residual = v - level - slope * u
    spread = v - np.average(v, weights=w)
    r2 = 1 - (w * residual**2).sum() / (w * spread**2).sum() if (spread != 0).any() else np.nan
    return {"exponent": float(slope), "coefficient": float(np.exp(level)), "r2": float(r2)}
