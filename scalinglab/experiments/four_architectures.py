"""Four architectures on one task, and on the same task without its order.

An MLP, a CNN, a GRU and a transformer block learn MNIST-1D at the same ladder of compute, once as
it is and once with the 40 positions in another, fixed order. At every rung the widths are chosen
so that a forward pass costs the same, and all train for the same steps on the same number of
signals: equal steps and equal FLOP at once. Every learning rate of a grid is run for every seed;
``tuned`` chooses by the validation split, and the error is that of the test split. A seed draws
its own signals, weights and batches.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
import pandera.pandas as pa

from scalinglab import experiments, schemas
from scalinglab.experiments import _signals

ARCHITECTURES = ("MLP", "CNN", "GRU", "attention")
ORDERS = ("original", "shuffled")


@dataclass(frozen=True)
class Config:
    """Settings. forward_flop: the ladder, for one signal. steps, batch, signals: of every run."""

    architectures: tuple[str, ...] = ARCHITECTURES
    orders: tuple[str, ...] = ORDERS
    forward_flop: tuple[float, ...] = (3e3, 9e3, 27e3, 81e3)
    learning_rates: tuple[float, ...] = (0.008, 0.02, 0.05)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    steps: int = 1000
    batch: int = 128
    training_signals: int = 4000
    validation_signals: int = 1000
    test_signals: int = 4000
    shuffled_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(
        architectures=("CNN",), forward_flop=(3e3,), learning_rates=(0.02,), seeds=(0, 1)
    ),
}

SCHEMA = schemas.table(
    {
        "architecture": schemas.text("architecture", allowed=list(ARCHITECTURES)),
        "order": schemas.text("order of the 40 positions", allowed=list(ORDERS)),
        "rung": schemas.number("nominal cost of one signal, one forward pass", "FLOP"),
        "learning_rate": schemas.number("peak learning rate of Adam, cosine decay", ""),
        "seed": schemas.whole("draws signals, weights and batches", "", pa.Check.ge(0)),
        "width": schemas.whole("width whose cost is nearest to the rung", "units"),
        "training_flop": schemas.number("cost of the training run", "FLOP"),
        "validation_error": schemas.share("share of wrong answers, validation split"),
        "test_error": schemas.share("share of wrong answers, test split"),
    },
    key=["architecture", "order", "rung", "learning_rate", "seed"],
)
MEASURES = {"test_error": 0.005}


def cells(config: Config) -> list[dict]:
    """Return one part for each architecture and rung: each is compiled once. Large ones first."""
    return [
        {"architecture": architecture, "rung": rung}
        for rung in sorted(config.forward_flop, reverse=True)
        for architecture in reversed(config.architectures)
    ]


def run_cell(config: Config, architecture: str, rung: float) -> pd.DataFrame:
    """Train both orders, every learning rate and every seed at one rung."""
    import optax

    from scalinglab.experiments import _networks

    network = _networks.NETWORKS[architecture](_networks.nearest_width(architecture, rung))
    n, held = config.training_signals, config.validation_signals
    pool = n + held + config.test_signals
    sets = list(product(config.orders, config.seeds))
    drawn = [_signals.draw(pool, seed, shuffled=order == "shuffled") for order, seed in sets]
    x = np.stack([x for x, _ in drawn])
    y = np.stack([y for _, y in drawn])
    if config.shuffled_labels:
        y = np.stack([np.random.default_rng(9).permutation(labels) for labels in y])

    names, runs = [], []
    for i, (order, seed) in enumerate(sets):
        for rate in config.learning_rates:
            rng = np.random.default_rng([seed, 1])
            batches = rng.integers(n, size=(config.steps, config.batch), dtype=np.int32)
            runs.append((np.int32(i), np.float32(rate), network.init(rng), batches))
            names.append({"order": order, "learning_rate": rate, "seed": seed})

    def run(one, x, y):
        i, rate, weights, batches = one

        def loss(weights, rows):
            logits = network.apply(weights, x[i, rows])
            return optax.losses.softmax_cross_entropy_with_integer_labels(logits, y[i, rows]).mean()

        def judge(weights):
            wrong = network.apply(weights, x[i, n:]).argmax(-1) != y[i, n:]
            return {"validation_error": wrong[:held].mean(), "test_error": wrong[held:].mean()}

        optimiser = optax.adam(optax.cosine_decay_schedule(rate, config.steps))
        return _networks.train(loss, optimiser, weights, batches, judge, checks=1)[1]

    told = _networks.one_by_one(run, _networks.stacked(runs), x, y)
    errors = {name: np.asarray(values, float)[:, -1] for name, values in told.items()}
    frame = pd.DataFrame(names).assign(
        architecture=architecture,
        rung=rung,
        width=network.width,
        training_flop=_networks.training_flop(network, config.steps, config.batch),
        **errors,
    )
    return frame[list(SCHEMA.columns)]


def run(config: Config) -> pd.DataFrame:
    """Run all parts."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def tuned(result: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the learning rate that is best on validation, mean over seeds.

    One rate for each architecture, order and rung: chosen on the validation split, so that the
    test error is not an extreme of several tries.
    """
    condition = ["architecture", "order", "rung"]
    mean = result.groupby([*condition, "learning_rate"])["validation_error"].mean().reset_index()
    best = mean.loc[mean.groupby(condition)["validation_error"].idxmin()]
    return result.merge(best[[*condition, "learning_rate"]]).sort_values(
        SCHEMA.unique, ignore_index=True
    )


def slopes(tuned: pd.DataFrame) -> pd.DataFrame:
    """Return log10 test error per tenfold training FLOP: one slope a seed, by least squares."""
    rows = []
    for (architecture, order, seed), part in tuned.groupby(["architecture", "order", "seed"]):
        slope = np.polyfit(np.log10(part["training_flop"]), np.log10(part["test_error"]), 1)[0]
        rows.append((architecture, order, seed, slope))
    return pd.DataFrame(rows, columns=["architecture", "order", "seed", "slope"])


def flop_at_error(tuned: pd.DataFrame, error: float) -> pd.DataFrame:
    """Return the training FLOP at which each architecture, order and seed reaches a test error.

    Read off the ladder, linear in the logarithms of both, between the last rung above and the next
    one at or below the error; NaN where no rung is below, or the first one is already.
    """
    rows = []
    for key, part in tuned.groupby(["architecture", "order", "seed"]):
        part = part.sort_values("training_flop")
        x, y = np.log10(part["training_flop"].to_numpy()), np.log10(part["test_error"].to_numpy())
        below = np.flatnonzero(y <= np.log10(error))
        flop = np.nan
        if below.size and below[0] > 0:
            i = below[0]
            share = (y[i - 1] - np.log10(error)) / (y[i - 1] - y[i])
            flop = 10 ** (x[i - 1] + share * (x[i] - x[i - 1]))
        rows.append((*key, flop))
    return pd.DataFrame(rows, columns=["architecture", "order", "seed", "training_flop"])
