"""A cascade that stops computing once it is sure: the handwritten digits, four exits.

An MLP has an output on its pixels (a linear classifier, the first exit) and one after each hidden
layer, and is trained on the mean of all losses. At inference a digit leaves at the first exit whose
largest probability passes a threshold. It is compared with

``fixed exit``
    every digit leaves at the same exit;
``random exit``
    as many digits leave at each exit as in the cascade, but drawn by lot: what the choice adds.

The width is part of the sweep, because a smaller network without exits is the plain alternative
at equal FLOP. The layers after an exit are not computed, the outputs on the way are. A digit is
counted alone: with batches on parallel hardware, what is not computed need not save time.
A seed draws the split, the weights and the batches.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from scalinglab import experiments, schemas

PIXELS, CLASSES = 64, 10
POLICIES = ("cascade", "random exit", "fixed exit")


@dataclass(frozen=True)
class Config:
    """Settings. thresholds: of the largest probability. exits: with the one on the pixels."""

    widths: tuple[int, ...] = (8, 16, 32, 64, 128)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    exits: int = 4
    thresholds: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
    learning_rate: float = 3e-3
    steps: int = 1500
    batch: int = 64
    training_digits: int = 997
    validation_digits: int = 300
    shuffled_labels: bool = False


SCALES = {"full": Config(), "quick": Config(widths=(32,), seeds=(0, 1, 2))}

SCHEMA = schemas.table(
    {
        "width": schemas.whole("units of each hidden layer", "units"),
        "policy": schemas.text("who leaves where", allowed=list(POLICIES)),
        "setting": schemas.number("threshold of the cascade, or number of the exit", ""),
        "seed": schemas.whole("draws split, weights, batches", "", pa.Check.ge(0)),
        "training_flop": schemas.number("cost of training the network", "FLOP"),
        "flop": schemas.number("mean cost of one digit", "FLOP"),
        "flop_share": schemas.share("the same as a share of the last exit's"),
        "validation_accuracy": schemas.share("share of right answers, validation split"),
        "accuracy": schemas.share("share of right answers, test split"),
    },
    key=["width", "policy", "setting", "seed"],
)
MEASURES = {"accuracy": 0.005, "flop_share": 0.01}


def cells(config: Config) -> list[dict]:
    """Return one part for each width; the seeds share its compiled program."""
    return [{"width": width} for width in sorted(config.widths, reverse=True)]


def exit_flop(width: int, exits: int) -> np.ndarray:
    """Return the FLOP of one digit up to and with each exit, (exits,): matrix products only."""
    inputs = np.array([PIXELS] + [width] * (exits - 1))
    hidden = np.concatenate([[0], inputs[:-1] * width])
    return 2.0 * np.cumsum(hidden + inputs * CLASSES)


def init(rng: np.random.Generator, width: int, exits: int) -> dict:
    """Draw the weights: an output for each exit, a hidden layer between two exits (He)."""
    from scalinglab.experiments import _networks

    inputs = [PIXELS] + [width] * (exits - 1)
    shapes = {f"out {i}": (rows, CLASSES) for i, rows in enumerate(inputs)}
    shapes |= {f"hidden {i + 1}": (rows, width) for i, rows in enumerate(inputs[:-1])}
    return _networks.drawn(rng, shapes)


def apply(weights: dict, x, exits: int):
    """Return the logits of every exit, (exits, n, 10)."""
    import jax

    logits = []
    for i in range(exits):
        if i:
            x = jax.nn.relu(x @ weights[f"hidden {i}"] + weights[f"hidden {i} bias"])
        logits.append(x @ weights[f"out {i}"] + weights[f"out {i} bias"])
    return jax.numpy.stack(logits)


def run_cell(config: Config, width: int) -> pd.DataFrame:
    """Train all seeds at one width; let their digits leave by every policy and setting."""
    import jax
    import optax
    from sklearn.datasets import load_digits

    from scalinglab.experiments import _networks

    pixels, digits = load_digits(return_X_y=True)
    pixels, digits = (pixels / 8 - 1).astype(np.float32), digits.astype(np.int32)
    n, held = config.training_digits, config.validation_digits
    runs, x, y = [], [], []
    for i, seed in enumerate(config.seeds):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(digits))
        x.append(pixels[order])
        y.append(digits[order])
        if config.shuffled_labels:
            y[i][:n] = rng.permutation(y[i][:n])
        batches = rng.integers(n, size=(config.steps, config.batch), dtype=np.int32)
        runs.append((np.int32(i), init(rng, width, config.exits), batches))
    x, y = np.stack(x), np.stack(y)

    def run(one, x, y):
        i, weights, batches = one

        def loss(weights, rows):
            logits = apply(weights, x[i, rows], config.exits)
            target = jax.nn.one_hot(y[i, rows], CLASSES)
            return optax.losses.softmax_cross_entropy(logits, target).mean()

        def judge(weights):
            return jax.nn.softmax(apply(weights, x[i, n:], config.exits))

        optimiser = optax.adam(optax.cosine_decay_schedule(config.learning_rate, config.steps))
        return _networks.train(loss, optimiser, weights, batches, judge, checks=1)[1][0]

    probabilities = np.asarray(_networks.one_by_one(run, _networks.stacked(runs), x, y))
    costs = exit_flop(width, config.exits)
    spent = _networks.TRAINING * costs[-1] * config.steps * config.batch
    rows = []
    for i, seed in enumerate(config.seeds):
        right = probabilities[i].argmax(-1) == y[i, n:]
        for policy, setting, leaves in _leave(config, probabilities[i].max(-1), seed):
            chosen = right[leaves, np.arange(len(leaves))]
            flop = costs[leaves[held:]].mean()
            told = flop, flop / costs[-1], chosen[:held].mean(), chosen[held:].mean()
            rows.append((width, policy, setting, seed, spent, *told))
    return pd.DataFrame(rows, columns=list(SCHEMA.columns))


def run(config: Config) -> pd.DataFrame:
    """Run all parts."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def _leave(config: Config, confidence: np.ndarray, seed: int):
    """Yield policy, setting and the exit (n,) at which each digit leaves; confidence: (exits, n).

    The lot of a random exit is drawn among the test digits and among the validation digits apart.
    """
    rng = np.random.default_rng([seed, 2])
    last, n = config.exits - 1, confidence.shape[1]
    for threshold in config.thresholds:
        sure = np.vstack([confidence[:-1] >= threshold, np.ones(n, bool)])
        leaves = sure.argmax(axis=0)
        yield "cascade", threshold, leaves
        parts = leaves[: config.validation_digits], leaves[config.validation_digits :]
        yield "random exit", threshold, np.concatenate([rng.permutation(part) for part in parts])
    for i in range(last + 1):
        yield "fixed exit", float(i + 1), np.full(n, i)


def kept(result: pd.DataFrame, allowed: float = 0.005) -> pd.DataFrame:
    """Return one cascade a width and seed: the cheapest that loses at most ``allowed`` accuracy.

    The loss is measured on the validation split, against the last exit, and chosen there; the
    columns tell the test split: ``flop_share``, ``lost`` (accuracy points of 1 lost to the last
    exit) and ``over_random`` (accuracy above the random exit of the same shares).
    """
    key, rows = ["width", "seed"], []
    for at, part in result.groupby(key):
        fixed = part[part["policy"] == "fixed exit"].sort_values("setting").iloc[-1]
        cascade = part[part["policy"] == "cascade"].sort_values(["flop_share", "setting"])
        loses = fixed["validation_accuracy"] - cascade["validation_accuracy"]
        good = cascade[loses <= allowed + 1e-9]
        chosen = good.iloc[0] if len(good) else cascade.iloc[-1]
        lot = part[(part["policy"] == "random exit") & (part["setting"] == chosen["setting"])]
        rows.append(
            dict(zip(key, at, strict=True))
            | {
                "setting": chosen["setting"],
                "flop": chosen["flop"],
                "flop_share": chosen["flop_share"],
                "accuracy": chosen["accuracy"],
                "lost": fixed["accuracy"] - chosen["accuracy"],
                "over_random": chosen["accuracy"] - lot["accuracy"].iloc[0],
            }
        )
    return pd.DataFrame(rows)
