"""A form bound to points: its values there, their derivatives, and where to start.

Everything here works on many parameter vectors at once. The fitted vector holds the free
parameters in the form's order, those named in ``form.positive`` as logarithms. Shapes: ``theta`` is
(fits, parameters), values and weights are (fits, points), Jacobians (fits, parameters, points).
"""

from abc import ABC, abstractmethod
from functools import cached_property
from itertools import combinations_with_replacement, product

import numpy as np

from scalinglab.laws.forms import Curve, Form, SumOfPowers

EXPONENTS = np.geomspace(0.05, 3.0, 12)  # tried per standard deviation of the log variable
SMALLEST = 1e-3  # of mean y: a coefficient starts no lower, for its logarithm must exist


def bind(form: Form, x: dict[str, np.ndarray], y: np.ndarray, log: bool) -> "Bound":
    """Bind ``form`` to points; ``log`` says whether residuals are taken of log y or of y."""
    return (BoundSum if isinstance(form, SumOfPowers) else BoundCurve)(form, x, y, log)


class At(ABC):
    """A form at parameter vectors: ``value``, and weighted sums over points of its derivatives."""

    value: np.ndarray

    @abstractmethod
    def gradient(self, weights: np.ndarray) -> np.ndarray:
        """Return the sums of the first derivatives, (fits, parameters)."""

    @abstractmethod
    def second_order(self, outer: np.ndarray, second: np.ndarray, majorising: np.ndarray):
        """Return two sums, each (fits, parameters, parameters).

        With g the gradient and h the second derivative at a point: the sum of outer g g' + second
        h, and that of majorising g g'.
        """

    @abstractmethod
    def jacobian(self) -> np.ndarray:
        """Return the first derivatives at every point."""


class Bound(ABC):
    """A form at given points; ``target`` is what the values are compared with."""

    def __init__(self, form: Form, x: dict[str, np.ndarray], y: np.ndarray, log: bool):
        self.form, self.x, self.y, self.log = form, x, y, log
        self.target = np.log(y) if log else y
        self.scale = 1.0 if log else float(np.abs(y).mean()) or 1.0
        self.lower = np.array([0.0 if name in form.floors else -np.inf for name in form.free])

    def pack(self, params: dict) -> np.ndarray:
        """Return the fitted vector of natural parameters, shape (..., parameters)."""
        columns = [
            np.log(params[name]) if name in self.form.positive else params[name]
            for name in self.form.free
        ]
        return np.stack(np.broadcast_arrays(*columns), axis=-1).astype(float)

    def unpack(self, theta: np.ndarray) -> dict:
        """Return natural parameters, fixed ones included, each of shape ``theta.shape[:-1]``."""
        params = {}
        for name in self.form.parameters:
            if name in self.form.fixed:
                params[name] = np.full(theta.shape[:-1], self.form.fixed[name])
            else:
                column = theta[..., self.form.free.index(name)]
                with np.errstate(over="ignore"):  # a coefficient beyond all numbers is infinite
                    params[name] = np.exp(column) if name in self.form.positive else column
        return params

    @abstractmethod
    def at(self, theta: np.ndarray) -> "At":
        """Return the form at the vectors ``theta``."""

    @abstractmethod
    def starts(self, weights: np.ndarray, most: int) -> np.ndarray:
        """Return up to ``most`` starting vectors per row of weights, best first."""


class BoundSum(Bound):
    """A sum of powers; see :class:`AtSum` for its derivatives."""

    def __init__(self, form: SumOfPowers, x: dict[str, np.ndarray], y: np.ndarray, log: bool):
        super().__init__(form, x, y, log)
        self.log_x = {name: np.log(values) for name, values in x.items()}
        self.constants = [c for c, *power in form.terms if not power]
        self.powers = [(c, power[1], -self.log_x[power[0]]) for c, *power in form.terms if power]
        # Per term: the places of its free parameters in theta, and what multiplies the term in the
        # derivative by each of them (1 for the coefficient, the slope for the exponent).
        place, one = {name: j for j, name in enumerate(form.free)}, np.ones_like(y)
        terms = [[(c, one)] for c in self.constants]
        terms += [[(c, one), (e, slope)] for c, e, slope in self.powers]
        self.places = [[place[name] for name, _ in term if name in place] for term in terms]
        self.factors = [
            np.array([column for name, column in term if name in place]).reshape(-1, len(y)).T
            for term in terms
        ]

    def at(self, theta: np.ndarray) -> "AtSum":
        """Return the form at ``theta``, with exact derivatives."""
        return AtSum(self, theta)

    @cached_property
    def products(self) -> dict[tuple[int, int], np.ndarray]:
        """Products of the factors of two terms, (points, factors of one * factors of the other)."""
        pairs = combinations_with_replacement(range(len(self.factors)), 2)
        return {
            (k, m): np.einsum("na,nb->nab", self.factors[k], self.factors[m]).reshape(
                len(self.y), -1
            )
            for k, m in pairs
            if self.places[k] and self.places[m]
        }

    @cached_property
    def squares(self) -> list[int]:
        """The terms whose second derivative is not zero: powers with a free parameter."""
        return [k for k in range(len(self.constants), len(self.places)) if self.places[k]]

    @cached_property
    def to_gradient(self) -> np.ndarray:
        """What adds sums per factor, of all terms side by side, into a gradient."""
        return np.eye(len(self.form.free))[[place for places in self.places for place in places]]

    @cached_property
    def to_gram(self) -> np.ndarray:
        """What adds sums per product of factors into a matrix, flattened."""
        return np.concatenate([self._to_matrix(k, m) for k, m in self.products])

    @cached_property
    def to_bend(self) -> np.ndarray:
        """The same for the products of a term with itself only."""
        return np.concatenate([self._to_matrix(k, k) for k in self.squares])

    def _to_matrix(self, k: int, m: int) -> np.ndarray:
        p, pairs = len(self.form.free), list(product(self.places[k], self.places[m]))
        adds = np.zeros((len(pairs), p, p))
        for row, (a, b) in zip(adds, pairs, strict=True):
            row[a, b] += 1
            if k != m:
                row[b, a] += 1
        return adds.reshape(-1, p * p)

    def starts(self, weights: np.ndarray, most: int) -> np.ndarray:
        """Project: on a grid of exponents the coefficients follow by linear least squares.

        Every combination of exponents needs some rows and columns of one Gram matrix, so the cost
        hardly depends on the size of the grid. Where ``most`` is above one, a further start has no
        additive constant.
        """
        form = self.form
        tried = {}
        for name in dict.fromkeys(power[1] for _, *power in form.terms if power):
            logs = [self.log_x[power[0]] for _, *power in form.terms if power[1:] == [name]]
            spread = np.sqrt(np.mean([u.var() for u in logs])) or 1.0
            grid = np.concatenate([sign * EXPONENTS for sign in form.signs]) / spread
            tried[name] = np.array([form.fixed[name]]) if name in form.fixed else grid
        choices = np.indices([len(grid) for grid in tried.values()]).reshape(len(tried), -1)
        choice = dict(zip(tried, choices, strict=True))

        # One column of the basis for every term and exponent, centred so that none overflows; each
        # combination of exponents picks its columns.
        names, centres, picks, basis = [], [], [], []
        for coefficient, *power in form.terms:
            if power:
                u, exponent = self.log_x[power[0]], power[1]
                names.append(coefficient)
                centres.append(u.mean() * tried[exponent][choice[exponent]])
                picks.append(len(basis) + choice[exponent])
                basis.extend(np.exp(-np.outer(tried[exponent], u - u.mean())))
            elif coefficient not in form.fixed:
                names.append(coefficient)
                centres.append(np.zeros(choices.shape[1]))
                picks.append(np.full(choices.shape[1], len(basis)))
                basis.append(np.ones_like(self.y))
        divisor = self.y if self.log else np.ones_like(self.y)
        basis = np.array(basis).T / divisor[:, None]
        rest = (self.y - sum(form.fixed.get(name, 0.0) for name in self.constants)) / divisor

        picks = np.array(picks).T
        gram = _gram(weights, basis)[:, picks[:, :, None], picks[:, None, :]]
        moment = (weights @ (basis * rest[:, None]))[:, picks]
        floors = np.array([name in form.floors for name in names])
        least = np.where(floors, 0.0, SMALLEST * np.abs(self.y).mean())
        solved, misfit = _project(gram, moment, np.zeros_like(floors), least)
        best = np.argsort(misfit, axis=1, kind="stable")[:, :most]
        solved = np.take_along_axis(solved, best[..., None], axis=1)
        if most > 1 and floors.any():
            # An optimum without a constant lies at the end of a long flat valley: start one there.
            without, misfit = _project(gram, moment, floors, least)
            at = misfit.argmin(axis=1)[:, None]
            best = np.append(best, at, axis=1)
            solved = np.append(solved, np.take_along_axis(without, at[..., None], axis=1), axis=1)
        params = {name: tried[name][choice[name]][best] for name in tried}
        for k, name in enumerate(names):
            params[name] = solved[..., k] * np.exp(centres[k][best])
        return self.pack(params)


class AtSum(At):
    """A sum of powers at parameter vectors.

    With t the terms, f their sum and z = log t, which is linear in theta: df = sum of t dz, and the
    second derivatives are the sum of t dz dz'; for log f, divide by f and subtract the outer
    product of the gradient. Every sum over points is thus one of terms, or of products of two
    terms, with fixed columns: a product of matrices.
    """

    def __init__(self, bound: BoundSum, theta: np.ndarray):
        form, self.bound = bound.form, bound
        self.shape = theta.shape
        column = {name: theta[:, j, None] for j, name in enumerate(form.free)}
        for name, value in form.fixed.items():
            column[name] = np.log(value) if name in form.positive else value
        terms = [np.exp(column[e] * slope + column[c]) for c, e, slope in bound.powers]
        value = sum(terms[1:], terms[0])
        for name in bound.constants:
            value = value + column[name]
        if bound.log:
            inverse = 1 / value
            self.terms = [inverse] * len(bound.constants) + [term * inverse for term in terms]
            self.value = np.log(value)
        else:
            self.terms = [np.ones_like(value)] * len(bound.constants) + terms
            self.value = value

    def gradient(self, weights: np.ndarray) -> np.ndarray:
        """Return the sums of the first derivatives."""
        terms = zip(self.terms, self.bound.factors, strict=True)
        sums = [(weights * term) @ factors for term, factors in terms]
        return np.concatenate(sums, axis=1) @ self.bound.to_gradient

    def second_order(self, outer: np.ndarray, second: np.ndarray, majorising: np.ndarray):
        """Return the sums of outer g g' + second h and of majorising g g'."""
        bound, terms, (fits, p) = self.bound, self.terms, self.shape
        both = np.stack([outer - second if bound.log else outer, majorising])
        weighted = {k: both * terms[k] for k, _ in bound.products}
        sums = [(weighted[k] * terms[m]) @ columns for (k, m), columns in bound.products.items()]
        grams = np.concatenate(sums, axis=2) @ bound.to_gram
        if bound.squares:
            sums = [(second * terms[k]) @ bound.products[k, k] for k in bound.squares]
            grams[0] += np.concatenate(sums, axis=1) @ bound.to_bend
        return grams.reshape(2, fits, p, p)

    def jacobian(self) -> np.ndarray:
        """Return the first derivatives at every point."""
        terms = zip(self.terms, self.bound.factors, strict=True)
        columns = [term[:, :, None] * factors for term, factors in terms]
        return (np.concatenate(columns, axis=2) @ self.bound.to_gradient).transpose(0, 2, 1)


class BoundCurve(Bound):
    """A curve; see :class:`AtCurve` for its derivatives."""

    def __init__(self, form: Curve, x: dict[str, np.ndarray], y: np.ndarray, log: bool):
        super().__init__(form, x, y, log)
        guesses = [{**guess, **form.fixed} for guess in form.guesses(x["x"], y, relative=log)]
        self.guesses = np.array([self.pack(guess) for guess in guesses])

    def at(self, theta: np.ndarray) -> "AtCurve":
        """Return the form at ``theta``."""
        return AtCurve(self, theta)

    def starts(self, weights: np.ndarray, most: int) -> np.ndarray:
        """Return the form's guesses for every row of weights."""
        return np.broadcast_to(self.guesses, (len(weights), *self.guesses.shape))


class AtCurve(At):
    """A curve at parameter vectors, with the derivatives that the form gives."""

    def __init__(self, bound: BoundCurve, theta: np.ndarray):
        self.bound = bound
        self.params = {name: value[:, None] for name, value in bound.unpack(theta).items()}
        self.curve = bound.form.curve(self.params, bound.x)
        self.value = np.log(self.curve) if bound.log else self.curve

    @cached_property
    def _derivatives(self) -> tuple[np.ndarray, dict]:
        free = self.bound.form.free
        first, second = self.bound.form.derivatives(self.params, self.bound.x["x"])
        scale = 1 / self.curve if self.bound.log else np.ones_like(self.curve)
        jacobian = np.stack([first[name] * scale for name in free], axis=1)
        at = {name: j for j, name in enumerate(free)}
        bends = {
            (at[i], at[j]): value * scale for (i, j), value in second.items() if i in at and j in at
        }
        return jacobian, bends

    def jacobian(self) -> np.ndarray:
        """Return the first derivatives at every point."""
        return self._derivatives[0]

    def gradient(self, weights: np.ndarray) -> np.ndarray:
        """Return the sums of the first derivatives."""
        return (self.jacobian() @ weights[..., None])[..., 0]

    def second_order(self, outer: np.ndarray, second: np.ndarray, majorising: np.ndarray):
        """Return the sums of outer g g' + second h and of majorising g g'."""
        jacobian, bends = self._derivatives
        both = np.stack([outer - second if self.bound.log else outer, majorising])
        grams = (jacobian * both[:, :, None]) @ jacobian.transpose(0, 2, 1)
        for (i, j), bend in bends.items():
            total = (second * bend).sum(axis=1)
            grams[0, :, i, j] += total
            if i != j:
                grams[0, :, j, i] += total
        return grams


def _gram(weights: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return basis' diag(w) basis for every row w of weights, shape (fits, k, k)."""
    k = basis.shape[1]
    if len(weights) == 1:
        return ((basis * weights[0][:, None]).T @ basis)[None]
    return (weights @ (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), k * k)).reshape(
        -1, k, k
    )


def _project(gram: np.ndarray, moment: np.ndarray, held: np.ndarray, least: np.ndarray):
    """Solve least squares from Gram matrices (..., k, k) and moments (..., k).

    Returns the coefficients, zero where ``held`` and elsewhere no less than ``least``, and the
    misfit of each solution.
    """
    eye = np.eye(len(held))
    system = np.where(held[:, None] | held, eye, gram)
    system = system + 1e-12 * np.trace(gram, axis1=-2, axis2=-1)[..., None, None] * eye
    solved = np.linalg.solve(system, np.where(held, 0, moment)[..., None])[..., 0]
    solved = np.where(held, 0, np.maximum(solved, least))
    misfit = np.einsum("...i,...ij,...j->...", solved, gram, solved) - 2 * (solved * moment).sum(-1)
    return solved, misfit
