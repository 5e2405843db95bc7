"""A race of three optimisers to the same losses: SGD with momentum, Adam and Muon.

An MLP learns MNIST-1D from so many new signals that almost none is seen twice, at a constant
learning rate. Every optimiser runs a grid of rates; ``raced`` chooses the rate for each target on
the validation split, and the race is timed on the test split: in steps, in FLOP and in CPU time.
Muon (Jordan and others, 2024, here from optax) makes the update of every hidden matrix nearly
orthogonal, by five rounds of matrix products that cost the same whatever the batch; the first and
last layers and the biases get Adam, as its authors advise.
"""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from scalinglab import experiments, schemas
from scalinglab.experiments import _signals

RATES = {
    "SGD": (0.03, 0.06, 0.12, 0.25, 0.5),
    "Adam": (0.002, 0.004, 0.008, 0.016, 0.032),
    "Muon": (0.008, 0.016, 0.032, 0.064, 0.128),
}
ADAM_IN_MUON = 0.003  # the rate of what Muon leaves to Adam
NEWTON_SCHULZ = 5  # rounds in which Muon makes an update orthogonal


@dataclass(frozen=True)
class Config:
    """Settings. targets: losses in nats. check_every: steps between two looks at the loss."""

    optimisers: tuple[str, ...] = tuple(RATES)
    rates: tuple[int, ...] = (0, 1, 2, 3, 4)  # which of the optimiser's grid
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    targets: tuple[float, ...] = (1.2, 0.8, 0.6)
    width: int = 64
    depth: int = 4
    steps: int = 2000
    check_every: int = 20
    batch: int = 256
    training_signals: int = 40000
    validation_signals: int = 1000
    test_signals: int = 2000
    shuffled_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(optimisers=("Adam",), rates=(2,), seeds=(0, 1), targets=(1.2,)),
}

SCHEMA = schemas.table(
    {
        "optimiser": schemas.text("optimiser", allowed=list(RATES)),
        "learning_rate": schemas.number("constant learning rate", ""),
        "target": schemas.number("loss to be reached", "nats"),
        "seed": schemas.whole("draws signals, weights and batches", "", pa.Check.ge(0)),
        "validation_steps": schemas.number(
            "steps until the validation loss was there; missing if it never was",
            "steps",
            nullable=True,
        ),
        "steps": schemas.number("the same for the test loss", "steps", nullable=True),
        "training_flop": schemas.number(
            "cost of these steps, the optimiser's products included", "FLOP", nullable=True
        ),
        "step_cpu_milliseconds": schemas.number(
            "CPU time of one step, where the sweep was run; missing in an untimed run",
            "milliseconds",
            nullable=True,
        ),
    },
    key=["optimiser", "learning_rate", "target", "seed"],
)
MEASURES = {"steps": 20.0}


def cells(config: Config) -> list[dict]:
    """Return one part for each optimiser: its learning rates share one compiled program."""
    return [{"optimiser": optimiser} for optimiser in reversed(config.optimisers)]


def muon_flop(rows: int, columns: int) -> int:
    """Return the FLOP that Muon spends on one matrix in one step.

    A round is x <- a x + (b m + c m m) x with m = x x' on the smaller side: three products.
    """
    small, large = sorted((rows, columns))
    return NEWTON_SCHULZ * 2 * (2 * small * small * large + small**3)


def step_flop(config: Config, optimiser: str) -> int:
    """Return the FLOP of one step: the gradient of a batch, and the optimiser's own products."""
    from scalinglab.experiments import _networks

    network = _networks.MLP(config.width, config.depth)
    own = (config.depth - 1) * muon_flop(config.width, config.width)
    return _networks.TRAINING * network.flop * config.batch + own * (optimiser == "Muon")


def transformation(optimiser: str, rate, weights: dict):
    """Return the optax optimiser; ``rate`` may be traced."""
    import optax

    if optimiser == "SGD":
        return optax.sgd(rate, momentum=0.9, nesterov=True)
    if optimiser == "Adam":
        return optax.adam(rate)
    matrix = optax.contrib.MuonDimensionNumbers()
    hidden = {
        name: matrix if name.startswith("hidden") and "bias" not in name else None
        for name in weights
    }
    return optax.contrib.muon(
        rate,
        ns_steps=NEWTON_SCHULZ,
        adam_learning_rate=ADAM_IN_MUON,
        muon_weight_dimension_numbers=hidden,
    )


def run_cell(config: Config, optimiser: str, timed: bool = True) -> pd.DataFrame:
    """Race one optimiser: every learning rate and seed; time one run of it apart."""
    import jax
    import optax

    from scalinglab.experiments import _networks

    network = _networks.MLP(config.width, config.depth)
    n, held = config.training_signals, config.validation_signals
    drawn = [_signals.draw(n + held + config.test_signals, seed) for seed in config.seeds]
    x, y = np.stack([x for x, _ in drawn]), np.stack([y for _, y in drawn])
    if config.shuffled_labels:
        y[:, :n] = np.random.default_rng(9).permutation(y[:, :n], axis=1)
    rates, names, runs = [RATES[optimiser][i] for i in config.rates], [], []
    for rate in rates:
        for i, seed in enumerate(config.seeds):
            rng = np.random.default_rng([seed, 1])
            batches = rng.integers(n, size=(config.steps, config.batch), dtype=np.int32)
            runs.append((np.int32(i), np.float32(rate), network.init(rng), batches))
            names.append((rate, seed))

    def losses(weights, x, y):
        return optax.losses.softmax_cross_entropy_with_integer_labels(network.apply(weights, x), y)

    def run(one, x, y, checks=config.steps // config.check_every):
        i, rate, weights, batches = one

        def judge(weights):
            loss = losses(weights, x[i, n:], y[i, n:])
            return loss[:held].mean(), loss[held:].mean()

        return _networks.train(
            lambda weights, rows: losses(weights, x[i, rows], y[i, rows]).mean(),
            transformation(optimiser, rate, weights),
            weights,
            batches,
            judge,
            checks,
        )[1]

    told = _networks.one_by_one(run, _networks.stacked(runs), x, y)
    validation, test = (np.asarray(curve, float) for curve in told)

    milliseconds = np.nan
    if timed:
        unjudged = _networks.compiled(lambda one, x, y: run(one, x, y, checks=1))
        jax.block_until_ready(unjudged(runs[0], x, y))  # compiles
        began = time.process_time()
        jax.block_until_ready(unjudged(runs[0], x, y))
        milliseconds = 1e3 * (time.process_time() - began) / config.steps

    rows = []
    for (rate, seed), held_curve, curve in zip(names, validation, test, strict=True):
        for target in config.targets:
            reached = [first_below(c, target, config.check_every) for c in (held_curve, curve)]
            flop = reached[1] * step_flop(config, optimiser)
            rows.append((optimiser, rate, target, seed, *reached, flop, milliseconds))
    return pd.DataFrame(rows, columns=list(SCHEMA.columns))


def run(config: Config) -> pd.DataFrame:
    """Run all parts, untimed: a time is worth something on a quiet machine only."""
    parts = (run_cell(config, **cell, timed=False) for cell in cells(config))
    return experiments.together(parts, SCHEMA)


def first_below(losses: np.ndarray, target: float, check_every: int) -> float:
    """Return the step at which a curve first reached the target, or NaN.

    losses: (checks,), one every ``check_every`` steps; linear between the last check above and the
    first one at or below the target.
    """
    below = np.flatnonzero(losses <= target)
    if not below.size:
        return np.nan
    k = below[0]
    if k == 0:
        return float(check_every)
    share = (losses[k - 1] - target) / (losses[k - 1] - losses[k])
    return float(check_every * (k + share))


def raced(result: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the learning rate that is fastest on validation, mean over seeds.

    One rate for each optimiser and target. A rate at which any seed misses the target is beaten by
    every rate at which none does.
    """
    condition = ["optimiser", "target"]
    mean = result.groupby([*condition, "learning_rate"])["validation_steps"].apply(
        lambda steps: steps.fillna(np.inf).mean()
    )
    best = mean.reset_index().sort_values("validation_steps", kind="stable")
    best = best.drop_duplicates(condition)[[*condition, "learning_rate"]]
    return result.merge(best).sort_values(SCHEMA.unique, ignore_index=True)
