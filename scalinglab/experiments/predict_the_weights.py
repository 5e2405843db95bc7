"""Train a few weights of a layer and predict the rest, after Denil et al. (arXiv:1306.0543).

A unit of the first layer has one weight per input. Here only a share of its weights is trained, at
inputs drawn before training; the others are predicted from them, all through training, by kernel
ridge regression over the inputs: W = K[:, S] (K[S, S] + ridge)^-1 V, where V are the trained
weights at the inputs S. The kernel K says which inputs ought to have similar weights:

``covariance``
    inputs that vary together in the training set;
``smooth``
    inputs that lie close together;
``shuffled``
    the covariance of other inputs, a control: the same dictionary, of no use;
``zero``
    none: the rest stays at zero;
``afterwards``
    covariance, applied once to a network of which all weights were trained;
``none``
    all weights are trained, none predicted.

With one group all units share their trained inputs, with ten each tenth of them has its own (the
columns of the study). Handwritten digits (64 pixels) and MNIST-1D (40 numbers).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from scalinglab import experiments, schemas
from scalinglab.experiments import _signals

DATASETS = ["digits", "mnist1d"]
PREDICTORS = ["covariance", "smooth", "shuffled", "zero", "afterwards", "none"]
CLASSES = 10
TEST_SEED = 1000


@dataclass(frozen=True)
class Config:
    """Settings. ridge: added to the kernel's diagonal, whose mean is one. reach: of the smooth
    kernel, in pixels."""

    seeds: tuple[int, ...] = tuple(range(8))
    datasets: tuple[str, ...] = ("digits", "mnist1d")
    predictors: tuple[str, ...] = ("none", "covariance", "smooth", "shuffled", "zero")
    shares: tuple[float, ...] = (0.05, 0.1, 0.2, 0.35, 0.5)
    groups: tuple[int, ...] = (1, 10)
    hidden: int = 100
    steps: int = 1000
    batch: int = 64
    learning_rate: float = 1e-2
    ridge: float = 0.01
    reach: float = 1.0
    shuffle_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(
        seeds=(0,),
        datasets=("digits",),
        predictors=("none", "covariance"),
        shares=(0.05,),
        groups=(10,),
    ),
}
SCHEMA = schemas.table(
    {
        "dataset": schemas.text("what is classified", allowed=DATASETS),
        "predictor": schemas.text("how the weights that are not trained arise", allowed=PREDICTORS),
        "groups": schemas.whole("groups of units with trained inputs of their own", "groups"),
        "trained_share": schemas.share("weights of the first layer that are trained"),
        "seed": schemas.whole("data, trained inputs, initial weights", "", schemas.pa.Check.ge(0)),
        "trained_weights": schemas.whole("weights of the first layer that are trained", "weights"),
        "training_flop": schemas.number("training compute, the prediction included", "FLOP"),
        "accuracy_percent": schemas.percent("accuracy on the test set"),
    },
    key=["dataset", "predictor", "groups", "trained_share", "seed"],
)
MEASURES = {"accuracy_percent": 0.5, "training_flop": 1.0}


def cells(config: Config) -> list[dict]:
    """Return the parts of the sweep: data set, predictor, groups; each with all shares."""
    return [
        {"dataset": dataset, "predictor": predictor, "groups": groups}
        for dataset in config.datasets
        for predictor in config.predictors
        for groups in (config.groups if predictor != "none" else config.groups[-1:])
    ]


def run(config: Config) -> pd.DataFrame:
    """Return one row per data set, predictor, groups, share and seed."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def run_cell(config: Config, dataset: str, predictor: str, groups: int) -> pd.DataFrame:
    """Train the networks of all seeds and shares at once.

    Networks of which every weight is trained are also judged with a part of them predicted.
    """
    train, test = _data(config, dataset)
    shares = config.shares if predictor != "none" else (1.0,)
    told = [_maps(config, predictor, groups, s, train[0]) for s in shares]
    layers = _train(config, train, np.stack([maps for maps, _ in told], axis=1))
    found = [
        _rows(config, dataset, predictor, groups, share, inputs, _judge(maps, layers, i, test))
        for i, (share, (maps, inputs)) in enumerate(zip(shares, told, strict=True))
    ]
    if predictor == "none":
        for share in config.shares:
            maps, inputs = _maps(config, "covariance", groups, share, train[0])
            accuracy = _judge(maps, layers, 0, test)
            found.append(_rows(config, dataset, "afterwards", groups, share, inputs, accuracy))
    return pd.concat(found)


def training_flop(config: Config, inputs: int, trained: int) -> float:
    """Return the FLOP of training: six per weight and example, and six per weight of the first
    layer and trained input once a step for the prediction."""
    network = config.hidden * (inputs + CLASSES) * config.batch
    predicted = inputs * config.hidden * trained if trained < inputs else 0
    return 6.0 * config.steps * (network + predicted)


@cache
def _data(config: Config, dataset: str) -> tuple:
    """Return (x, y) with a leading axis of seeds for training and for testing.

    Digits: four fifths and one fifth, split by seed. MNIST-1D: 4,000 signals of each seed, and the
    same 2,000 for testing.
    """
    if dataset == "digits":
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        x = ((x - x.mean()) / x.std()).astype(np.float32)
        orders = [np.random.default_rng([seed, 0]).permutation(len(x)) for seed in config.seeds]
        part = len(x) * 4 // 5
        sides = [np.stack([o[:part] for o in orders]), np.stack([o[part:] for o in orders])]
        (x, test_x), (y, test_y) = ([a[rows] for rows in sides] for a in (x, y))
    else:
        sets = [_signals.draw(4000, seed) for seed in config.seeds]
        x, y = (np.stack(part) for part in zip(*sets, strict=True))
        one = _signals.draw(2000, TEST_SEED)
        test_x, test_y = (np.stack([a] * len(sets)) for a in one)
    if config.shuffle_labels:
        y = np.random.default_rng(0).permuted(y, axis=1)
    return (x, y), (test_x, test_y)


def _maps(
    config: Config, predictor: str, groups: int, share: float, x: np.ndarray
) -> tuple[np.ndarray, int]:
    """Return the maps from trained weights to all weights, and the number of trained inputs.

    x: training inputs (seeds, n, d). The maps have the shape (seeds, groups, d, d): a column of
    zeros for each input that is not trained.
    """
    d = x.shape[-1]
    trained = max(round(share * d), 1)
    maps = np.zeros((len(x), groups, d, d), np.float32)
    for i, seed in enumerate(config.seeds):
        rng = np.random.default_rng([seed, 1])
        kernel = _kernel(config, predictor, x[i], rng)
        for group in range(groups):
            chosen = rng.permutation(d)[:trained]
            inner = kernel[np.ix_(chosen, chosen)] + config.ridge * np.eye(trained)
            maps[i, group][:, chosen] = np.linalg.solve(inner, kernel[chosen]).T
    if trained == d or predictor == "zero":
        maps = (np.abs(maps).sum(axis=2, keepdims=True) > 0) * np.eye(d, dtype=np.float32)
    return maps, trained


def _kernel(config: Config, predictor: str, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how alike the weights of any two inputs ought to be, (d, d), mean diagonal one."""
    d = x.shape[1]
    if predictor == "smooth":
        side = round(d**0.5)
        on_grid = side * side == d
        at = np.indices((side, side) if on_grid else (d,)).reshape(2 if on_grid else 1, -1)
        distance = ((at[:, :, None] - at[:, None, :]) ** 2).sum(axis=0)
        return np.exp(-distance / (2 * config.reach**2))
    if predictor in ("zero", "none"):
        return np.eye(d)
    kernel = np.cov(x, rowvar=False)
    if predictor == "shuffled":
        kernel = kernel[np.ix_(*[rng.permutation(d)] * 2)]
    return kernel / np.diag(kernel).mean()


def _train(config: Config, train: tuple, maps: np.ndarray) -> list:
    """Train one network per seed and share; maps (seeds, shares, groups, d, d).

    The trained weights have the shape (groups, d, units of a group). They begin with the scale at
    which a unit's input has variance two, whatever the map.
    """
    from scalinglab.experiments import _mlp

    (x, y), (seeds, shares, groups, d, _) = train, maps.shape
    units = config.hidden // groups
    first = np.empty((seeds, shares, groups, d, units), np.float32)
    last = np.empty((seeds, shares, config.hidden, CLASSES), np.float32)
    orders = np.empty((seeds, config.steps, config.batch), np.int32)
    for i, seed in enumerate(config.seeds):
        rng = np.random.default_rng([seed, 2])
        orders[i] = _mlp.order(x.shape[1], config.steps, config.batch, rng)
        first[i] = rng.standard_normal((groups, d, units))
        last[i] = rng.normal(0, (2 / config.hidden) ** 0.5, (config.hidden, CLASSES))
        second_moment = (x[i].T @ x[i] / len(x[i])).astype(np.float32)
        power = np.einsum("sgab,ac,sgcb->sg", maps[i], second_moment, maps[i])
        first[i] *= np.sqrt(2 / power)[:, :, None, None]
    steps = np.arange(config.steps)
    rate = config.learning_rate / 2 * (1 + np.cos(np.pi * steps / config.steps))
    zeros = [np.zeros((seeds, shares, n), np.float32) for n in (config.hidden, CLASSES)]
    layers = [(first, zeros[0]), (last, zeros[1])]
    return _compiled()(layers, maps, orders, rate.astype(np.float32), x, y)


def _network(layers: list, maps):
    """Return the layers with the predicted weights in place of the trained ones."""
    import jax.numpy as jnp

    (first, bias), last = layers
    weights = jnp.einsum("gab,gbu->agu", maps, first)
    return [(weights.reshape(maps.shape[-1], -1), bias), last]


@cache
def _compiled():
    import jax
    import optax

    from scalinglab.experiments import _mlp

    adam = optax.scale_by_adam()

    def train(layers, maps, orders, rates, x, y):
        def step(carry, inputs):
            layers, state = carry
            rows, rate = inputs
            slope = jax.grad(lambda a: _mlp.loss(_network(a, maps), x[rows], y[rows]))(layers)
            change, state = adam.update(slope, state)
            return (jax.tree.map(lambda a, b: a - rate * b, layers, change), state), None

        return jax.lax.scan(step, (layers, adam.init(layers)), (orders, rates))[0][0]

    over_shares = jax.vmap(train, in_axes=(0, 0, None, None, None, None))
    return jax.jit(jax.vmap(over_shares, in_axes=(0, 0, 0, None, 0, 0)))


def _judge(maps: np.ndarray, layers: list, i: int, test: tuple) -> np.ndarray:
    """Return the accuracy of the networks of the i-th share, one per seed, in percent."""
    (first, bias), (last, last_bias) = [[np.asarray(a)[:, i] for a in layer] for layer in layers]
    x, y = test
    weights = np.einsum("sgab,sgbu->sagu", maps, first).reshape(len(x), x.shape[-1], -1)
    active = np.maximum(x @ weights + bias[:, None], 0)
    right = (active @ last + last_bias[:, None]).argmax(axis=-1) == y
    return 100.0 * right.mean(axis=1)


def _rows(config, dataset, predictor, groups, share, trained, accuracy) -> pd.DataFrame:
    inputs = 64 if dataset == "digits" else _signals.LENGTH
    dense = predictor in ("none", "afterwards", "zero")
    return pd.DataFrame(
        {
            "dataset": dataset,
            "predictor": predictor,
            "groups": groups,
            "trained_share": share,
            "seed": list(config.seeds),
            "trained_weights": trained * config.hidden,
            "training_flop": training_flop(config, inputs, inputs if dense else trained),
            "accuracy_percent": accuracy,
        }
    )
