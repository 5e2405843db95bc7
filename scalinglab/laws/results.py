"""Results: the fitted parameters, how well the data know them, and what they predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import joblib
import numpy as np
import pandas as pd

from scalinglab.laws.bound import bind
from scalinglab.laws.estimators import (
    VANISHED,
    Huber,
    estimate,
    starts_of_resample,
    starts_worth_polishing,
)
from scalinglab.laws.extrapolation import Holdout, holdout
from scalinglab.laws.forms import Form

POINTS_IN_BLOCK = 120_000  # points times resamples of one piece of work: bounds the memory
CHI2_95 = 3.841  # 95% point of chi-squared with one degree of freedom


def fit(form: Form, x, y, *, objective=None, starts: Sequence[Mapping] | None = None) -> "Fit":
    """Fit ``form`` to points.

    Parameters
    ----------
    form
        What is fitted, such as ``Chinchilla()``.
    x
        Mapping of the form's variables to arrays of shape (n,); for a form in one variable the
        array itself will do.
    y
        Observed values, shape (n,); positive if the objective is on log residuals.
    objective
        ``Huber(delta=1e-3)`` on log residuals by default, ``LeastSquares()`` or
        ``AbsoluteDeviation()``.
    starts
        Mappings of parameters to polish from, in place of the projected ones.

    Raises
    ------
    ValueError
        Names the variable and the position: unknown or missing variables, unequal lengths, values
        that are not finite or not positive, fewer points than free parameters.
    """
    objective = Huber() if objective is None else objective
    x, y = _points(form, x, y, objective)
    bound = bind(form, x, y, objective.residual == "log")
    most = starts_worth_polishing(len(y))
    if starts is not None:
        starts, most = _starts(bound, starts), 0
    best = estimate(bound, objective, np.ones((1, len(y))), most, starts)
    params = {name: float(value[0]) for name, value in bound.unpack(best.theta).items()}
    return Fit(form, x, y, objective, params, float(best.objective[0]), bool(best.converged[0]))


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted form.

    Attributes
    ----------
    form, x, y, method
        What was fitted, to what, and the objective minimised.
    params : dict of str to float
        All parameters in natural units, fixed ones included.
    objective : float
        The minimum reached: a sum over points, see the class of ``method``.
    converged : bool
        Whether the gradient vanished there; False means the iteration limit stopped the search.
    """

    form: Form
    x: dict[str, np.ndarray] = field(repr=False)
    y: np.ndarray = field(repr=False)
    method: object
    params: dict[str, float]
    objective: float
    converged: bool

    @property
    def nobs(self) -> int:
        """Number of points."""
        return len(self.y)

    @property
    def resid(self) -> np.ndarray:
        """Residuals, shape (n,): observed minus fitted, of log y or y as in ``method``."""
        if self.method.residual == "log":
            return np.log(self.y) - np.log(self.predict(self.x))
        return self.y - self.predict(self.x)

    def predict(self, x) -> np.ndarray:
        """Return y at new points; ``x`` as in :func:`fit`, scalars allowed."""
        return self.form.curve(self.params, variables(self.form, x))

    def compute_optimal(self, flop) -> dict:
        """Return the loss-minimising split of a training budget; see ``Chinchilla``."""
        return _compute_optimal(self.form, self.params, flop)

    def refit(self, rows: np.ndarray) -> "Fit":
        """Return the same fit to some of the points (a mask or positions)."""
        x = {name: values[rows] for name, values in self.x.items()}
        return fit(self.form, x, self.y[rows], objective=self.method)

    def holdout(self, by, above: float) -> Holdout:
        """Fit where ``by <= above``, predict the rest; see :func:`extrapolation.holdout`.

        ``by`` is an array of shape (n,) or the name of a variable.
        """
        return holdout(self, by, above)

    def profile(self, name: str, values) -> pd.Series:
        """Return the objective minimised over the other parameters, ``name`` held at each value."""
        if name not in self.form.free:
            raise ValueError(f"{name!r} is not fitted; fitted are {', '.join(self.form.free)}")
        found = {}
        for value in np.atleast_1d(np.asarray(values, dtype=float)):
            held = bind(self.form.hold(**{name: value}), self.x, self.y, self._log)
            most = starts_worth_polishing(self.nobs)
            warm = held.pack(self.params)[None]
            best = estimate(held, self.method, np.ones((1, self.nobs)), most, warm)
            found[float(value)] = float(best.objective[0])
        return pd.Series(found, name="objective").rename_axis(name)

    @property
    def identified(self) -> bool:
        """Whether the data determine every parameter; :attr:`doubts` says what they do not."""
        return not self.doubts

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What the data leave open, in sentences; empty if the fit is identified.

        Checks: no parameter ran to infinity; the points determine all parameters (rank of the
        Jacobian); no term vanished and no constant ended at zero; the exponents and the additive
        constants are known within a factor of two, that is, halving or doubling one of them (the
        rest refitted) worsens the objective beyond the 95% point of a likelihood ratio with unknown
        scale of the noise.
        """
        endless = [name for name, value in self.params.items() if not np.isfinite(value)]
        if endless:
            return (f"{' and '.join(endless)} runs to infinity: its term bends to a single point",)
        if self._undetermined:
            return (
                f"the points do not determine {' and '.join(self._undetermined)}: "
                "too few distinct values of a variable",
            )
        doubts = []
        for name in self.form.free:
            if name in self.form.floors and self.params[name] == 0:
                doubts.append(f"{name} is zero: the data show no constant term")
        for name in self.form.profiled:
            if name in self.form.fixed or self.params[name] == 0:
                continue
            halved_doubled = self.profile(name, [self.params[name] / 2, self.params[name] * 2])
            for factor, objective in zip(("half", "twice"), halved_doubled, strict=True):
                if objective <= self._objective_at_95:
                    doubts.append(f"{name} could be {factor} as large: its profile is flat")
        return tuple(doubts)

    def bootstrap(
        self,
        n_resamples: int = 1000,
        seed: int = 0,
        cluster=None,
        *,
        size: int | None = None,
        replace: bool = True,
    ) -> "Bootstrap":
        """Refit to resamples of the points, each polished as the fit itself.

        Parameters
        ----------
        n_resamples, seed
            Resample i depends on (seed, i) alone, so neither the number of workers nor of resamples
            changes it. Work is spread as ``joblib.parallel_config`` says (one process by default;
            ``n_jobs=-1`` for all cores, ``backend="dask"`` for a cluster).
        cluster : array of shape (n,), optional
            Labels; whole clusters are drawn instead of points.
        size : int, optional
            Points (or clusters) drawn per resample, all by default (m-out-of-n otherwise).
        replace : bool
            False draws without replacement, for a subsample of ``size``.
        """
        units = np.arange(self.nobs) if cluster is None else _clusters(cluster, self.nobs)
        n_units = int(units.max()) + 1
        size = n_units if size is None else size
        if size < 1 or not (replace or size <= n_units):
            raise ValueError(f"size is {size}; there are {n_units} to draw from")
        if n_resamples < 1:
            raise ValueError(f"n_resamples is {n_resamples}; it must be at least 1")
        at_once = max(1, POINTS_IN_BLOCK // self.nobs)
        blocks = [range(i, min(i + at_once, n_resamples)) for i in range(0, n_resamples, at_once)]
        solved = joblib.Parallel()(
            joblib.delayed(_resample)(self, units, size, replace, seed, block) for block in blocks
        )
        params = pd.concat([pd.DataFrame(part) for part, _, _ in solved], ignore_index=True)
        objective = np.concatenate([part for _, part, _ in solved])
        converged = np.concatenate([part for _, _, part in solved])
        return Bootstrap(self, params, objective, converged)

    def summary(self) -> str:
        """Return the fit as text: parameters, objective, convergence, what is not identified."""
        lines = [
            f"{type(self.form).__name__}: {self.nobs} points, {self.method}",
            f"objective {self.objective:.9g}, "
            + ("converged" if self.converged else "NOT converged: stopped by the iteration limit"),
        ]
        for name, value in self.params.items():
            lines.append(f"  {name:<10} {value:.6g}{'  (fixed)' * (name in self.form.fixed)}")
        lines += [f"not identified: {doubt}" for doubt in self.doubts] or ["identified"]
        return "\n".join(lines)

    @property
    def _log(self) -> bool:
        return self.method.residual == "log"

    @property
    def _undetermined(self) -> list[str]:
        """Free parameters that can be moved, together, without moving any fitted value."""
        bound = bind(self.form, self.x, self.y, self._log)
        jacobian = bound.at(bound.pack(self.params)[None]).jacobian()[0]
        size = np.linalg.norm(jacobian, axis=1)
        moving = size > VANISHED * bound.scale * np.sqrt(self.nobs)
        if not moving.all():
            return [name for name, moves in zip(self.form.free, moving, strict=True) if not moves]
        _, singular, directions = np.linalg.svd((jacobian / size[:, None]).T, full_matrices=False)
        if len(singular) and singular[-1] > 1e-7 * singular[0]:
            return []
        return [
            name
            for name, share in zip(self.form.free, np.abs(directions[-1]), strict=True)
            if share > 0.05
        ]

    @property
    def _objective_at_95(self) -> float:
        """Objective at which a likelihood ratio against the optimum reaches its 95% point.

        With the scale of the noise unknown the ratio is (2 / k) n log(objective / minimum), where
        the objective grows as the k-th power of the residuals: 2 for squares, 1 for absolute
        values, in between for Huber.
        """
        loss, slope, _ = self.method.loss(self.resid)
        if loss.sum() == 0:
            return 0.0
        power = (slope * self.resid).sum() / loss.sum()
        return self.objective * np.exp(CHI2_95 * power / (2 * self.nobs))


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Refits to resamples.

    Attributes
    ----------
    fit : Fit
        The fit to all points.
    params : DataFrame
        One row per resample, one column per parameter, natural units.
    objective, converged : array of shape (resamples,)
        As in ``Fit``. Resamples that did not converge stay in ``params``.
    """

    fit: Fit
    params: pd.DataFrame
    objective: np.ndarray
    converged: np.ndarray

    @property
    def bse(self) -> pd.Series:
        """Bootstrap standard errors."""
        return self.params.std()

    def conf_int(self, level: float = 0.95) -> pd.DataFrame:
        """Return percentile intervals of the parameters; see :func:`percentile_interval`."""
        return percentile_interval(self.params, level)

    def compute_optimal(self, flop: float) -> pd.DataFrame:
        """Return the split of a budget under every resample, one row each; see ``Chinchilla``."""
        params = {name: column.to_numpy() for name, column in self.params.items()}
        return pd.DataFrame(_compute_optimal(self.fit.form, params, flop))

    def predict(self, x) -> np.ndarray:
        """Return y under every resample, shape (resamples, points)."""
        params = {name: column.to_numpy()[:, None] for name, column in self.params.items()}
        at = {k: np.atleast_1d(v) for k, v in variables(self.fit.form, x).items()}
        return self.fit.form.curve(params, at)

    def summary(self, level: float = 0.95) -> str:
        """Return the fit's parameters with their intervals as text."""
        table = self.conf_int(level)
        table.insert(0, "estimate", pd.Series(self.fit.params))
        stopped = int((~self.converged).sum())
        return "\n".join(
            [
                f"{len(self.params)} resamples, {level:.0%} percentile intervals"
                + (f"; {stopped} stopped by the iteration limit" if stopped else ""),
                table.to_string(float_format=lambda value: f"{value:.6g}"),
            ]
        )


def percentile_interval(values, level: float = 0.95) -> pd.DataFrame:
    """Return the central ``level`` of each column of ``values`` (resamples in rows): low, high."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    frame = pd.DataFrame(values)
    tail = (1 - level) / 2
    return pd.DataFrame({"low": frame.quantile(tail), "high": frame.quantile(1 - tail)})


def variables(form: Form, x) -> dict[str, np.ndarray]:
    """Return the form's variables as float arrays; a bare array serves a form in one variable."""
    if not isinstance(x, Mapping | pd.DataFrame):
        if len(form.variables) > 1:
            raise ValueError(f"{form} needs x as a mapping with {', '.join(form.variables)}")
        x = {form.variables[0]: x}
    wrong = set(x) ^ set(form.variables)
    if wrong:
        name = sorted(map(str, wrong))[0]
        what = "lacks" if name in form.variables else "has the unknown variable"
        raise ValueError(f"x {what} {name!r}; {form} is a form in {', '.join(form.variables)}")
    return {name: np.asarray(x[name], dtype=float) for name in form.variables}


def _points(form: Form, x, y, objective) -> tuple[dict[str, np.ndarray], np.ndarray]:
    x, y = variables(form, x), np.asarray(y, dtype=float)
    for name, values in {**x, "y": y}.items():
        if values.ndim != 1:
            raise ValueError(f"{name} has shape {values.shape}; it must be one-dimensional")
        if len(values) != len(y):
            raise ValueError(f"{name} has {len(values)} values, y has {len(y)}")
        if not np.isfinite(values).all():
            at = int(np.flatnonzero(~np.isfinite(values))[0])
            raise ValueError(f"{name} is {values[at]} at position {at}; it must be finite")
        logged = objective.residual == "log" if name == "y" else form.log_variables
        if logged and not (values > 0).all():
            at = int(np.flatnonzero(values <= 0)[0])
            raise ValueError(f"{name} is {values[at]:g} at position {at}; it must be positive")
    if len(y) < len(form.free):
        raise ValueError(f"{form} has {len(form.free)} free parameters, there are {len(y)} points")
    return x, y


def _starts(bound, starts: Sequence[Mapping]) -> np.ndarray:
    form = bound.form
    for start in starts:
        wrong = set(start) ^ set(form.free)
        if wrong:
            raise ValueError(f"a start must give {', '.join(form.free)}; see {sorted(wrong)[0]!r}")
    if not len(starts):
        raise ValueError("starts is empty")
    return np.array([bound.pack(start) for start in starts])


def _clusters(cluster, nobs: int) -> np.ndarray:
    labels = np.asarray(cluster)
    if labels.shape != (nobs,):
        raise ValueError(f"cluster has shape {labels.shape}, there are {nobs} points")
    if pd.isna(labels).any():
        raise ValueError(f"cluster is missing at position {int(np.argmax(pd.isna(labels)))}")
    return pd.factorize(labels)[0]


def _resample(fit: Fit, units, size: int, replace: bool, seed: int, block: range) -> tuple:
    """Return parameters, objectives and flags of a block of resamples."""
    n_units = int(units.max()) + 1
    weights = np.empty((len(block), fit.nobs))
    for row, i in enumerate(block):
        rng = np.random.default_rng([seed, i])
        drawn = rng.choice(n_units, size, replace=replace)
        weights[row] = np.bincount(drawn, minlength=n_units)[units]
    bound = bind(fit.form, fit.x, fit.y, fit._log)
    most = starts_of_resample(fit.resid, fit.method, len(fit.form.free), size, n_units)
    best = estimate(bound, fit.method, weights, most, bound.pack(fit.params)[None])
    return bound.unpack(best.theta), best.objective, best.converged


def _compute_optimal(form: Form, params, flop) -> dict:
    if not hasattr(form, "compute_optimal"):
        raise ValueError(f"{form} has no compute-optimal split; Chinchilla has")
    return form.compute_optimal(params, flop)
