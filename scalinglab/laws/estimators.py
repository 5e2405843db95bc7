"""Estimators: how a form is fitted to points.

An objective turns residuals into one number. :func:`estimate` minimises it for many weightings of
the points side by side (a fit is one weighting, each bootstrap resample another):

1. *Project.* On a grid of exponents the coefficients follow by linear least squares (variable
   projection, Golub and Pereyra 1973).
2. *Polish.* The best few go through damped Newton steps with the exact Hessian of the objective
   until the gradient vanishes. A weighting that does not get there is reported.

Newton from arbitrary points often ends elsewhere: the projection is what makes it reliable.
"""

from dataclasses import dataclass, field

import numpy as np

from scalinglab.laws.bound import Bound

MAX_STEPS = 300
RACE, FINALISTS = 12, 10  # of more starts than finalists, the best after so many steps go on
POINTS_AT_ONCE = 30_000  # points times weightings worked on side by side: what a cache holds
TOLERANCE = 1e-12  # of the objective, on the decrease that a further step would bring
EXACT = 1e-9  # residuals this small everywhere, relative to y, count as none
SAME = 1e-9  # objectives this near, relative to their size, count as one
STALLED, PATIENCE = 1e-8, 30  # a search that gains less of its objective in so many steps ends
GOOD_GAIN = 0.25  # share of the promised decrease that lets the next step go further
VANISHED = 1e-7  # a parameter that moves y by less than this, relative to y, is left alone


@dataclass(frozen=True)
class _Objective:
    residual: str = field(default="log", kw_only=True)

    def __post_init__(self):
        if self.residual not in ("log", "plain"):
            raise ValueError(f"residual is {self.residual!r}; it must be 'log' or 'plain'")

    def stages(self, scale: float) -> list:
        """Return the smooth objectives to minimise in turn; ``scale`` is the size of y."""
        return [self]


@dataclass(frozen=True)
class Huber(_Objective):
    """Sum over points of r^2 / 2 where abs(r) <= delta, of delta (abs(r) - delta / 2) beyond.

    ``residual="log"`` (default): r = log predicted - log observed, so that delta is a relative
    error. ``residual="plain"``: r = predicted - observed. Hoffmann et al. 2022 use delta = 1e-3 on
    log loss.
    """

    delta: float = 1e-3

    def __post_init__(self):
        super().__post_init__()
        if not self.delta > 0:
            raise ValueError(f"delta is {self.delta}; it must be positive")

    def loss(self, r: np.ndarray) -> tuple:
        """Return the loss of each residual and its first and second derivative."""
        slope = np.clip(r, -self.delta, self.delta)
        return slope * (r - 0.5 * slope), slope, (slope == r).astype(float)


@dataclass(frozen=True)
class LeastSquares(_Objective):
    """Sum over points of r^2, of log residuals (default) or of ``residual="plain"`` ones."""

    def loss(self, r: np.ndarray) -> tuple:
        """Return the loss of each residual and its first and second derivative."""
        return r * r, 2 * r, np.full_like(r, 2.0)


@dataclass(frozen=True)
class AbsoluteDeviation(_Objective):
    """Sum over points of abs(r), of log residuals (default) or of ``residual="plain"`` ones.

    Reached through Huber objectives whose delta shrinks to nothing (Madsen and Nielsen 1993).
    """

    def stages(self, scale: float) -> list:
        """Return the shrinking Huber objectives."""
        return [Huber(scale * 10.0**-k, residual=self.residual) for k in range(2, 11)]

    def loss(self, r: np.ndarray) -> tuple:
        """Return the loss of each residual and its derivatives, the second one being zero."""
        return np.abs(r), np.sign(r), np.zeros_like(r)


def starts_worth_polishing(n_points: int) -> int:
    """Return how many projected starts a fit polishes.

    Local optima get common as points get few.
    """
    return 4 if n_points >= 100 else 32


def starts_of_resample(residuals: np.ndarray, objective, n_params: int, drawn: int, of: int) -> int:
    """Return how many projected starts a resample polishes besides the optimum of the fit.

    ``residuals`` are those of the fit to all points; ``drawn`` units are drawn out of ``of``.

    None where the objective is curved at four or more of the drawn points per parameter: it is then
    smooth around its optimum, and in 250 resamples each of 15 sets of points, published and
    simulated, no other start found a better one. Else a quarter of those of a fit: against four
    times as many, at most 1 of 300 resamples of 12 to 60 points and 8 of 500 of over 100 points
    ended at a worse optimum, none by over one percent.
    """
    curved = (objective.loss(residuals)[2] > 0).sum() * drawn / of
    smooth = min(drawn, of) >= 100 and curved >= 4 * n_params
    return 0 if smooth else starts_worth_polishing(min(drawn, of)) // 4


@dataclass(frozen=True)
class Estimate:
    """Optima, one per weighting: vectors (fits, parameters), objectives and flags (fits,)."""

    theta: np.ndarray
    objective: np.ndarray
    converged: np.ndarray


def estimate(
    bound: Bound,
    objective: _Objective,
    weights: np.ndarray,
    most: int,
    starts: np.ndarray | None = None,
) -> Estimate:
    """Minimise the objective for every row of ``weights``, shape (fits, points).

    ``most`` projected starts are polished for every row, and the vectors ``starts`` (any, p)
    besides; the best optimum is kept.
    """
    fits, p = len(weights), len(bound.form.free)
    candidates = [bound.starts(weights, most)] if most else []
    if starts is not None:
        candidates.append(np.broadcast_to(starts, (fits, *starts.shape)))
    theta = np.concatenate(candidates, axis=1)
    stages = objective.stages(bound.scale)
    if theta.shape[1] > FINALISTS:
        theta = _race(bound, stages[0], weights, theta)
    each = theta.shape[1]
    theta, repeated = theta.reshape(-1, p), np.repeat(weights, each, axis=0)

    # A start at a lower bound stays there first, for to leave it may be a long way to an optimum
    # that other starts find. It goes on only if it ends below all of them.
    pinned = theta <= bound.lower
    for stage in stages:
        theta, value, converged = _newton(bound, stage, repeated, theta, pinned)
    stays = pinned.any(axis=1)
    others = np.where(stays | ~converged, np.inf, value).reshape(fits, each).min(axis=1)
    leaves = stays & (value < np.repeat(others, each) * (1 - SAME))
    if leaves.any():
        for stage in stages:
            theta[leaves], value[leaves], converged[leaves] = _newton(
                bound, stage, repeated[leaves], theta[leaves]
            )
    if stages[-1] is not objective:
        value = _objective(bound, objective, repeated, theta)
    # Of objectives that are the same but for rounding, one that converged is taken.
    ranked = np.where(stays & ~leaves, np.inf, value * np.where(converged, 1, 1 + SAME))
    best = ranked.reshape(fits, each).argmin(axis=1) + each * np.arange(fits)
    return Estimate(theta[best], value[best], converged[best])


def _race(bound: Bound, objective, weights: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the best few of many starts per weighting, (fits, FINALISTS, p), after some steps."""
    fits, each, p = theta.shape
    repeated = np.repeat(weights, each, axis=0)
    moved, value, _ = _newton(bound, objective, repeated, theta.reshape(-1, p), steps=RACE)
    best = value.reshape(fits, each).argsort(axis=1, kind="stable")[:, :FINALISTS]
    return np.take_along_axis(moved.reshape(theta.shape), best[..., None], axis=1)


def _newton(
    bound: Bound,
    objective,
    weights: np.ndarray,
    theta: np.ndarray,
    pinned: np.ndarray | None = None,
    steps: int | None = None,
):
    """Polish every row of ``theta`` under the same row of ``weights``.

    ``pinned`` marks parameters that stay, ``steps`` limits the steps (MAX_STEPS by default).

    Return the vectors, their objectives (infinite where no value is finite) and whether they
    converged.

    Rows are worked on side by side, a limited number at a time: one that has converged makes room
    for one that waits.
    """
    fits, p = theta.shape
    room = max(1, POINTS_AT_ONCE // len(bound.y))
    theta, trial = theta.copy(), theta.copy()
    states = [
        np.full(fits, np.inf),
        np.zeros((fits, p)),
        *np.zeros((2, fits, p, p)),
        np.zeros(fits),
    ]
    most = MAX_STEPS if steps is None else min(steps, MAX_STEPS)
    damping, promised, taken = np.full(fits, 0.1), np.zeros(fits), np.zeros(fits, dtype=int)
    pinned = np.zeros((fits, p), dtype=bool) if pinned is None else pinned
    converged, marks = np.zeros(fits, dtype=bool), np.full(fits, np.inf)
    exact = weights.sum(axis=1) * objective.loss(np.array(EXACT * bound.scale))[0]
    active, waiting = np.arange(0), np.arange(fits)
    while len(active) or len(waiting):
        free = room - len(active)
        active, waiting = np.append(active, waiting[:free]), waiting[free:]
        attempt = _derivatives(bound, objective, weights[active], trial[active])
        gain = states[0][active] - attempt[0]
        better = gain > 0
        accepted = active[better]
        theta[accepted] = trial[accepted]
        for part, new in zip(states, attempt, strict=True):
            part[accepted] = new[better]
        kept = better & (gain > GOOD_GAIN * promised[active])
        changed = np.maximum(damping[active] * np.where(kept, 0.2, 5.0), np.where(kept, 1e-8, 1e-4))
        damping[active] = np.where(taken[active] > 0, changed, damping[active])

        taken[active] += 1
        value = states[0][active]
        goes_on = np.isfinite(value) & (taken[active] <= most)
        looked_at = taken[active] % PATIENCE == 0
        goes_on &= ~(looked_at & (marks[active] - value <= STALLED * value))
        marks[active] = np.where(looked_at, value, marks[active])
        active = active[goes_on]
        state = [part[active] for part in states]
        trial[active], promised[active], decrease = _step(
            bound, theta[active], damping[active], pinned[active], state
        )
        done = decrease <= TOLERANCE * state[0] + exact[active]
        # The step taken last is taken all the same: it squares the distance from the optimum.
        last, active = active[done], active[~done]
        converged[last] = True
        if len(last):
            final = _objective(bound, objective, weights[last], trial[last])
            better = final < states[0][last]
            theta[last[better]], states[0][last[better]] = trial[last[better]], final[better]
    return theta, states[0], converged


def _step(bound: Bound, theta: np.ndarray, damping: np.ndarray, pinned: np.ndarray, state: list):
    """Return where a damped Newton step leads, what it promises, and the most a step could gain.

    A step solves (H + damping G) step = -gradient, where H is the exact Hessian of the objective
    and G that of its quadratic majoriser (iteratively reweighted least squares): G makes the steps
    independent of the units of the variables, and is positive definite where H is not. Parameters
    with a lower bound stop at it; parameters that no longer move y are left alone.
    """
    _, gradient, hessian, majoriser, weight = state
    eye = np.eye(theta.shape[1])
    size = np.sqrt(np.einsum("rii->ri", majoriser))
    held = pinned | (size <= VANISHED * bound.scale * np.sqrt(weight[:, None]))
    held |= (theta <= bound.lower) & (gradient >= 0)
    unit = 1 / np.where(size == 0, 1, size)
    units = unit[:, :, None] * unit[:, None, :]
    majoriser, hessian = majoriser * units + 1e-8 * eye, hessian * units
    hessian += 1e-10 * eye * (1 + np.abs(hessian).max(axis=(1, 2), keepdims=True))
    gradient = np.where(held, 0, gradient * unit)

    # A row of the system replaced by that of the identity sets its parameter's step outright.
    system = np.where(held[:, :, None], eye, hessian + damping[:, None, None] * majoriser)
    step = _solve(system, -gradient)
    beyond = theta + unit * step < bound.lower
    if beyond.any():
        system = np.where(beyond[:, :, None], eye, system)
        to_bound = np.where(beyond, bound.lower - theta, 0) / unit
        step = _solve(system, np.where(beyond, to_bound, -gradient))

    either = held[:, :, None] | held[:, None, :]
    reweighted = _solve(np.where(either, eye, majoriser), gradient)
    slope = (gradient * step).sum(axis=1)
    decrease = np.maximum((gradient * reweighted).sum(axis=1), -slope)
    promise = -slope - 0.5 * np.einsum("ri,rij,rj->r", step, hessian, step)
    return np.maximum(theta + unit * step, bound.lower), promise, decrease


def _solve(systems: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(systems, vectors[..., None])[..., 0]
    except np.linalg.LinAlgError:  # one is exactly singular: its shortest solution will do
        return (np.linalg.pinv(systems) @ vectors[..., None])[..., 0]


def _objective(bound: Bound, objective, weights: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Return the objective of every row of ``theta``, infinite where it is not a number."""
    with np.errstate(all="ignore"):
        losses = objective.loss(bound.at(theta).value - bound.target)[0]
        return np.nan_to_num((weights * losses).sum(axis=1), nan=np.inf)


def _derivatives(bound: Bound, objective, weights: np.ndarray, theta: np.ndarray) -> tuple:
    """Return, per fit: objective, gradient, Hessian, majoriser, sum of its weights."""
    with np.errstate(all="ignore"):  # a trial step may overflow; it is then refused
        at = bound.at(theta)
        r = at.value - bound.target
        loss, slope, bend = objective.loss(r)
        majorising = weights * np.divide(slope, r, out=bend.copy(), where=r != 0)
        pull = weights * slope
        return (
            (weights * loss).sum(axis=1),
            at.gradient(pull),
            *at.second_order(weights * bend, pull, majorising),
            majorising.sum(axis=1),
        )
