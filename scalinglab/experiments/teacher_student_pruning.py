"""Which examples to keep: the perceptron of Sorscher et al. (arXiv:2206.14486), figure 1.

A teacher is a random direction in ``dimensions``; it labels random inputs by the side on which
they lie. The examples are sorted by their distance from the boundary of a *probe*, a direction at
some angle to the teacher's, and a share of them is kept: those nearest (hard), those furthest
(easy), or any. A student, the separating direction of largest margin, is trained on what is kept.
Its test error on new inputs is its angle to the teacher over pi, without sampling noise.

The student is found exactly, not by gradient descent, so that cost is counted in examples and no
FLOP are claimed. Nothing here needs JAX.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalinglab import experiments, schemas

POLICIES = ["all", "hard", "easy", "random"]


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: tuple[int, ...] = tuple(range(20))
    examples_per_parameter: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    kept_shares: tuple[float, ...] = (0.1, 0.2, 0.3, 0.5, 0.7)
    probe_degrees: tuple[float, ...] = (0.0, 10.0, 20.0, 40.0, 90.0)
    dimensions: int = 100
    shuffle_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(
        seeds=(0, 1, 2, 3, 4),
        examples_per_parameter=(2.0, 16.0),
        kept_shares=(0.3,),
        probe_degrees=(0.0, 20.0),
    ),
}
SCHEMA = schemas.table(
    {
        "examples_per_parameter": schemas.number("examples before pruning", "1 per dimension"),
        "policy": schemas.text("which examples are kept", allowed=POLICIES),
        "probe_degrees": schemas.number(
            "angle between probe and teacher; 0 where no probe is asked",
            "degrees",
            schemas.pa.Check.in_range(0, 90),
        ),
        "kept_share": schemas.share("examples kept"),
        "seed": schemas.whole("teacher, inputs, probe", "", schemas.pa.Check.ge(0)),
        "kept_examples": schemas.whole("examples that the student learns from", "examples"),
        "test_error_percent": schemas.percent("new inputs on the wrong side"),
    },
    key=["examples_per_parameter", "policy", "probe_degrees", "kept_share", "seed"],
)
MEASURES = {"test_error_percent": 0.05}


def cells(config: Config) -> list[dict]:
    """Return the parts of the sweep, one per number of examples and seed, the largest first."""
    numbers = sorted(config.examples_per_parameter, reverse=True)
    return [{"examples_per_parameter": n, "seed": seed} for n in numbers for seed in config.seeds]


def run(config: Config) -> pd.DataFrame:
    """Return one row per number of examples, policy, probe, share and seed."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def run_cell(config: Config, examples_per_parameter: float, seed: int) -> pd.DataFrame:
    """Train the students of one set of examples."""
    count, d = round(examples_per_parameter * config.dimensions), config.dimensions
    rng = np.random.default_rng([seed, count])
    teacher, other = np.linalg.qr(rng.standard_normal((d, 2)))[0].T
    x = rng.standard_normal((count, d))
    y = np.sign(x @ teacher)
    if config.shuffle_labels:
        y = rng.permutation(y)
    anyhow = rng.permutation(count)
    choices = [("all", 0.0, 1.0, anyhow)]
    for share in config.kept_shares:
        kept = round(share * count)
        choices.append(("random", 0.0, share, anyhow[:kept]))
        for degrees in config.probe_degrees:
            angle = np.deg2rad(degrees)
            order = np.argsort(np.abs(x @ (np.cos(angle) * teacher + np.sin(angle) * other)))
            choices.append(("hard", degrees, share, order[:kept]))
            choices.append(("easy", degrees, share, order[-kept:]))
    rows = pd.DataFrame(choices, columns=["policy", "probe_degrees", "kept_share", "kept"])
    rows["kept_examples"] = rows["kept"].map(len)
    rows["test_error_percent"] = [student_error(x[kept], y[kept], teacher) for kept in rows["kept"]]
    rows = rows.assign(examples_per_parameter=examples_per_parameter, seed=seed)
    return rows[list(SCHEMA.columns)]


def student_error(x: np.ndarray, y: np.ndarray, teacher: np.ndarray) -> float:
    """Return the test error, percent, of the student of largest margin through the origin.

    x: (n, d). y: (n,), -1 or 1. teacher: (d,). The student is the shortest w with y x w >= 1, by
    the reduction of Lawson and Hanson, *Solving Least Squares Problems* (1974), chapter 23, to
    non-negative least squares: exact, and here many times as fast as a solver for support vector
    machines. ValueError: no direction separates the examples.
    """
    from scipy.optimize import nnls

    columns = np.vstack([(x * y[:, None]).T, np.ones(len(x))])
    target = np.r_[np.zeros(x.shape[1]), 1.0]
    share, distance = nnls(columns, target, maxiter=20 * len(x))
    if distance < 1e-8:
        raise ValueError("no direction separates the examples")
    residual = columns @ share - target
    direction = -residual[:-1] / residual[-1]
    cosine = direction @ teacher / np.linalg.norm(direction) / np.linalg.norm(teacher)
    return float(100 * np.arccos(np.clip(cosine, -1, 1)) / np.pi)
