"""Forms: what is fitted. A form is its formula, the names of its parameters, and one definition.

Two families cover the laws of the field:

* :class:`SumOfPowers`, a sum of positive terms ``coefficient * variable^-exponent``. The form is
  the list of its terms; curves, exact derivatives and starting points follow from the list.
* :class:`Curve`, a smooth curve in one variable ``x``, linear in a height and a constant.

A parameter given by keyword is held fixed: ``Chinchilla(E=1.69)``, ``PowerLaw(alpha=0.5)``.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from itertools import combinations_with_replacement

import numpy as np
from scipy.ndimage import minimum_filter

STARTS = 10  # of the shapes of a curve, the most that go on


class Form(ABC):
    """What all forms share: named parameters, some of them fixed, over named variables.

    Attributes
    ----------
    parameters : tuple of str
        All parameters, in the order of the formula.
    variables : tuple of str
        The names that ``x`` must have.
    fixed : dict of str to float
        Parameters that are not fitted.
    positive : frozenset of str
        Parameters above zero, fitted as logarithms.
    floors : frozenset of str
        Additive constants that may be zero but not negative.
    profiled : tuple of str
        Parameters of which the data should know the size; see ``Fit.identified``.
    log_variables : bool
        Whether the variables must be positive.
    """

    parameters: tuple[str, ...]
    variables: tuple[str, ...]
    positive: frozenset[str] = frozenset()
    floors: frozenset[str] = frozenset()
    profiled: tuple[str, ...] = ()
    log_variables = True

    def __init__(self, **fixed: float):
        unknown = sorted(set(fixed) - set(self.parameters))
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no parameter {unknown[0]!r}; "
                f"its parameters are {', '.join(self.parameters)}"
            )
        for name, value in fixed.items():
            too_low = (name in self.positive and value <= 0) or (name in self.floors and value < 0)
            if too_low or not np.isfinite(value):
                raise ValueError(f"{name} is fixed at {value}, outside its range")
        self.fixed = {name: float(value) for name, value in fixed.items()}

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the fitted parameters."""
        return tuple(name for name in self.parameters if name not in self.fixed)

    def hold(self, **fixed: float) -> "Form":
        """Return the same form with further parameters fixed."""
        held = copy(self)
        Form.__init__(held, **{**self.fixed, **fixed})
        return held

    @abstractmethod
    def curve(self, params: Mapping, x: Mapping) -> np.ndarray:
        """Return y at ``x``; parameters and variables broadcast against each other."""

    def __repr__(self):
        held = ", ".join(f"{name}={value:g}" for name, value in self.fixed.items())
        return f"{type(self).__name__}({held})"


class SumOfPowers(Form):
    """y = sum over terms of coefficient * variable^-exponent, all coefficients positive.

    A term is ``(coefficient,)`` for a constant or ``(coefficient, variable, exponent)``; two terms
    that name the same exponent share it. Variables are positive.
    """

    signs: tuple[int, ...] = (1,)  # of the exponents that the search for a start goes through

    def __init__(self, *terms: tuple[str, ...], **fixed: float):
        self.terms = terms
        self.parameters = tuple(
            dict.fromkeys([t[0] for t in terms] + [t[2] for t in terms if t[1:]])
        )
        self.variables = tuple(dict.fromkeys(t[1] for t in terms if t[1:]))
        self.positive = frozenset(t[0] for t in terms if t[1:])
        self.floors = frozenset(t[0] for t in terms if not t[1:])
        self.profiled = tuple(name for name in self.parameters if name not in self.positive)
        super().__init__(**fixed)

    def curve(self, params: Mapping, x: Mapping) -> np.ndarray:
        """Return the sum of the terms at ``x``."""
        total = 0.0
        for coefficient, *power in self.terms:
            term = params[coefficient]
            if power:
                variable, exponent = power
                term = term * np.exp(-params[exponent] * np.log(x[variable]))
            total = total + term
        return total


class Chinchilla(SumOfPowers):
    """L = E + A N^-alpha + B D^-beta: loss by parameters N and training tokens D.

    ``shared_exponent=True`` fits one exponent alpha for both. Source: Hoffmann et al. 2022,
    approach 3.
    """

    def __init__(self, *, shared_exponent: bool = False, **fixed: float):
        beta = "alpha" if shared_exponent else "beta"
        super().__init__(("E",), ("A", "N", "alpha"), ("B", "D", beta), **fixed)

    def compute_optimal(self, params: Mapping, flop, flop_per_parameter_token: float = 6.0) -> dict:
        """Return the split of a training budget that minimises the loss, C = 6 N D.

        ``params`` may hold floats or equally long arrays (resamples); the result follows them.
        Keys: ``exponent_N`` (N* ~ C^a, a = beta / (alpha + beta)), ``exponent_D``, ``N``, ``D``,
        ``tokens_per_parameter``, ``loss``.
        """
        p = {"beta": params["alpha"], **params}
        total = p["alpha"] + p["beta"]
        pairs = np.asarray(flop, dtype=float) / flop_per_parameter_token
        ratio = (p["alpha"] * p["A"]) / (p["beta"] * p["B"])
        n = ratio ** (1 / total) * pairs ** (p["beta"] / total)
        d = pairs / n
        return {
            "exponent_N": p["beta"] / total,
            "exponent_D": p["alpha"] / total,
            "N": n,
            "D": d,
            "tokens_per_parameter": d / n,
            "loss": self.curve(params, {"N": n, "D": d}),
        }


class PowerLaw(SumOfPowers):
    """y = E + A x^-alpha, or y = A x^-alpha with ``floor=False``; a rising law has alpha < 0.

    The floored form is the loss-against-compute curve of Henighan et al. 2020; the plain one that
    of Kaplan et al. 2020.
    """

    signs = (1, -1)

    def __init__(self, *, floor: bool = True, **fixed: float):
        super().__init__(*[("E",)] * floor, ("A", "x", "alpha"), **fixed)


class Curve(Form):
    """A smooth curve in one variable ``x``, linear in a height and a constant.

    A subclass gives ``parameters``, ``positive``, ``curve``, ``derivatives`` and ``shapes``.
    """

    variables = ("x",)
    height: str  # the parameter that the shape is multiplied with
    constant: str  # the parameter added to it; may be missing from ``parameters``

    @abstractmethod
    def derivatives(self, params: Mapping, x: np.ndarray) -> tuple[dict, dict]:
        """Return first derivatives by parameter, and second ones by pairs of parameters.

        A derivative by a parameter of ``positive`` is that by its logarithm. Pairs stand in the
        order of ``parameters``; those that are zero everywhere are left out.
        """

    @abstractmethod
    def shapes(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Return values of the other parameters to start from, all combinations of a grid."""

    def guesses(self, x: np.ndarray, y: np.ndarray, relative: bool = False) -> list[dict]:
        """Return starting points: the valleys of a grid of shapes, at most STARTS, best first.

        Constant and height follow by least squares, of residuals ``relative`` to y or plain ones.
        """
        shapes = {**self.shapes(x, y), **{k: v for k, v in self.fixed.items() if k != self.height}}
        axes = np.broadcast_arrays(*shapes.values())
        values = {name: axis.reshape(-1, 1) for name, axis in zip(shapes, axes, strict=True)}
        weight = 1 / y if relative else np.ones_like(y)
        with np.errstate(all="ignore"):  # shapes too steep for numbers are left out
            unit = self.curve({**values, self.height: 1.0, self.constant: 0.0}, {"x": x}) * weight
            # Least squares in two unknowns; a constant below its floor, or unknown, is held.
            uu, uw, uy = (unit * unit).sum(axis=1), unit @ weight, unit @ (y * weight)
            ww, wy = weight @ weight, weight @ (y * weight)
            constant = (wy * uu - uy * uw) / (ww * uu - uw * uw)
            if self.constant in self.fixed or self.constant not in self.parameters:
                constant = np.full_like(uu, self.fixed.get(self.constant, 0.0))
            elif self.constant in self.floors:
                constant = np.maximum(constant, 0.0)
            height = (uy - constant * uw) / uu
            residual = (y - constant[:, None]) * weight - height[:, None] * unit
            misfit = (residual * residual).sum(axis=1)
        misfit = np.where((height > 0) & np.isfinite(misfit), misfit, np.inf)
        grid = misfit.reshape(axes[0].shape)
        valleys = np.flatnonzero((grid == minimum_filter(grid, size=3)) & np.isfinite(grid))
        if not len(valleys):
            constant[:], height[:], valleys = 0.0, np.abs(y).mean() or 1.0, [0]
        best = sorted(valleys, key=lambda k: misfit[k])[:STARTS]
        shape = {name: value[:, 0] for name, value in values.items()}
        found = {self.constant: constant, self.height: height, **shape}
        return [{name: float(value[k]) for name, value in found.items()} for k in best]


class Sigmoid(Curve):
    """y = lower + height / (1 + exp(-slope (x - midpoint))), height > 0; slope < 0 falls.

    ``x`` is used as given: pass log10 of compute for a curve in compute, or the loss for the second
    step of a task law (Bhagia et al. 2024).
    """

    parameters = ("lower", "height", "slope", "midpoint")
    positive = frozenset({"height"})
    profiled = ("height", "slope")
    log_variables = False
    height, constant = "height", "lower"

    def curve(self, params: Mapping, x: Mapping) -> np.ndarray:
        """Return the sigmoid at ``x``."""
        z = params["slope"] * (x["x"] - params["midpoint"])
        return params["lower"] + params["height"] * 0.5 * (1 + np.tanh(z / 2))

    def derivatives(self, params: Mapping, x: np.ndarray) -> tuple[dict, dict]:
        """Return first and second derivatives."""
        height, slope, away = params["height"], params["slope"], x - params["midpoint"]
        share = 0.5 * (1 + np.tanh(slope * away / 2))
        rise = height * share * (1 - share)
        bend = rise * (1 - 2 * share)
        first = {
            "lower": np.ones_like(share),
            "height": height * share,
            "slope": rise * away,
            "midpoint": -rise * slope,
        }
        second = {
            ("height", "height"): first["height"],
            ("height", "slope"): first["slope"],
            ("height", "midpoint"): first["midpoint"],
            ("slope", "slope"): bend * away * away,
            ("slope", "midpoint"): -rise - bend * slope * away,
            ("midpoint", "midpoint"): bend * slope * slope,
        }
        return first, second

    def shapes(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Midpoints within the data and as far beyond; slopes from nearly straight to a step."""
        span = np.ptp(x) or 1.0
        midpoints = np.linspace(x.min() - span, x.max() + span, 16)
        slopes = np.geomspace(1, 40, 8) / span
        slope, midpoint = np.meshgrid(np.append(-slopes[::-1], slopes), midpoints)
        return {"slope": slope, "midpoint": midpoint}


class BrokenPowerLaw(Curve):
    """y = E + A x^-alpha (1 + (x / xbreak)^(1/width))^(-width (alpha2 - alpha)): one smooth break.

    The local exponent goes from alpha to alpha2 around xbreak; ``width`` is the natural-log width
    of the turn, fixed at 0.2 unless ``width=None`` asks for a fit. Source: Caballero et al. 2023,
    with n = 1 break. ``floor=False`` leaves E out.
    """

    parameters = ("E", "A", "alpha", "alpha2", "xbreak", "width")
    positive = frozenset({"A", "xbreak", "width"})
    floors = frozenset({"E"})
    profiled = ("alpha", "alpha2")
    height, constant = "A", "E"

    def __init__(self, *, floor: bool = True, width: float | None = 0.2, **fixed: float):
        self.parameters = self.parameters if floor else self.parameters[1:]
        super().__init__(**fixed, **({} if width is None else {"width": width}))

    def curve(self, params: Mapping, x: Mapping) -> np.ndarray:
        """Return the broken power law at ``x``."""
        u = np.log(x["x"])
        turn = params["width"] * np.logaddexp(0.0, (u - np.log(params["xbreak"])) / params["width"])
        bend = (params["alpha2"] - params["alpha"]) * turn
        return params.get("E", 0.0) + params["A"] * np.exp(-params["alpha"] * u - bend)

    def derivatives(self, params: Mapping, x: np.ndarray) -> tuple[dict, dict]:
        """Return first and second derivatives, through those of the logarithm of the power."""
        u, width = np.log(x), params["width"]
        change, beyond = params["alpha2"] - params["alpha"], u - np.log(params["xbreak"])
        share = 0.5 * (1 + np.tanh(beyond / width / 2))  # of the change that has happened
        turn = width * np.logaddexp(0.0, beyond / width)
        lag = turn - beyond * share  # derivative of turn by log width
        steep = share * (1 - share) / width
        power = params["A"] * np.exp(-params["alpha"] * u - change * turn)
        first = {
            "A": np.ones_like(turn),
            "alpha": turn - u,
            "alpha2": -turn,
            "xbreak": change * share,
            "width": -change * lag,
        }
        second = {
            ("alpha", "xbreak"): -share,
            ("alpha2", "xbreak"): share,
            ("alpha", "width"): lag,
            ("alpha2", "width"): -lag,
            ("xbreak", "xbreak"): -change * steep,
            ("xbreak", "width"): -change * steep * beyond,
            ("width", "width"): -change * (lag + beyond * beyond * steep),
        }
        pairs = combinations_with_replacement(first, 2)
        second = {(i, j): power * (first[i] * first[j] + second.get((i, j), 0)) for i, j in pairs}
        return {"E": np.ones_like(turn), **{i: power * d for i, d in first.items()}}, second

    def shapes(self, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        """Breaks within the data; exponents with and against the trend, from flat to steep."""
        u = np.log(x)
        trend = 1.0 if np.cov(u, y)[0, 1] <= 0 else -1.0
        exponents = trend * np.array([-0.3, 0.05, 0.15, 0.35, 0.7, 1.3, 2.5]) / (u.std() or 1.0)
        breaks = np.exp(np.quantile(u, np.linspace(0.1, 0.9, 7)))
        alpha, alpha2, xbreak = (grid.ravel() for grid in np.meshgrid(exponents, exponents, breaks))
        return {"alpha": alpha, "alpha2": alpha2, "xbreak": xbreak, "width": np.array(0.2)}
