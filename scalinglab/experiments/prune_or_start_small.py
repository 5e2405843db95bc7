"""Can weights be left out after training, during it, or before it? MNIST-1D.

A perceptron with two hidden layers is trained dense, or with most of its weights removed:

``pruned``
    the smallest weights go while it trains, ever fewer at a time (Zhu and Gupta,
    arXiv:1710.01878);
``rewound``
    the largest weights of the trained dense network, set back to an early step and trained again
    (Frankle et al., arXiv:1903.01611);
``re-initialised``
    the same connections, with new random weights;
``random``
    as many random connections in each layer;
``moving``
    those, but every round the smallest weights give way to the absent ones of largest gradient
    (Evci et al., arXiv:1911.11134);
``small``
    a dense network of about as many weights.

Networks that are sparse or small from the first step are trained for as many steps as the dense
one (``budget`` is ``steps``), and for as much compute as the pruned one (``flop``), which is many
more steps. A training set of its own belongs to each seed; the test set is one. All of it is run
at the larger width; at the smaller one, only what decides whether the width does.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd

from scalinglab import experiments, schemas
from scalinglab.experiments import _signals

METHODS = ["dense", "pruned", "rewound", "re-initialised", "random", "moving", "small"]
BUDGETS = ["steps", "flop"]
TEST_SEED = 1000


@dataclass(frozen=True)
class Config:
    """Settings.

    hidden: units in each of the two hidden layers. learning_rate: of Adam at the first step, then a
    half cosine to zero; 0.01 is the best of four for the wide dense network, on other seeds.
    most_steps: longer runs of masked networks, which cost this CPU dense products, are left out.
    """

    seeds: tuple[int, ...] = tuple(range(8))
    hidden: tuple[int, ...] = (100, 200)
    sparsities: tuple[float, ...] = (0.5, 0.8, 0.9, 0.95, 0.98)
    parts: tuple[str, ...] = ("dense", "pruned", "small", "masks")
    masks_hidden: int = 200
    train_examples: int = 4000
    test_examples: int = 4000
    batch: int = 64
    steps: int = 2000
    round_steps: int = 50
    learning_rate: float = 1e-2
    prune_from: float = 0.1
    prune_until: float = 0.7
    rewind_step: int = 100
    moved_share: float = 0.3
    most_steps: int = 10_000
    shuffle_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(seeds=(0,), hidden=(100,), sparsities=(0.9,), parts=("dense", "pruned")),
}
SCHEMA = schemas.table(
    {
        "hidden": schemas.whole("width of the hidden layers of the dense network", "units"),
        "method": schemas.text("how the network gets and keeps its weights", allowed=METHODS),
        "sparsity_share": schemas.share("weights absent at the end, of the dense network's"),
        "budget": schemas.text("what equals the pruned run: steps or FLOP", allowed=BUDGETS),
        "seed": schemas.whole("training set, initial weights, order", "", schemas.pa.Check.ge(0)),
        "steps": schemas.whole("training steps", "steps"),
        "weights": schemas.whole("weights that are not zero at the end", "weights"),
        "training_flop": schemas.number(
            "training compute, the search for the connections included", "FLOP"
        ),
        "accuracy_percent": schemas.percent("accuracy on the test set"),
        "worst_class_percent": schemas.percent("lowest accuracy of a class"),
    },
    key=["hidden", "method", "sparsity_share", "budget", "seed"],
)
MEASURES = {"accuracy_percent": 0.5, "worst_class_percent": 2.0, "training_flop": 1.0}


def cells(config: Config) -> list[dict]:
    """Return the parts of the sweep: the dense runs, and the others by width and sparsity."""
    return [
        {"part": part, "hidden": hidden, "sparsity": sparsity}
        for hidden in config.hidden
        for part in config.parts
        for sparsity in (config.sparsities if part != "dense" else (0.0,))
        if part != "masks" or hidden == config.masks_hidden
    ]


def run(config: Config) -> pd.DataFrame:
    """Return one row per method, sparsity, budget and seed."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def run_cell(config: Config, part: str, hidden: int, sparsity: float) -> pd.DataFrame:
    """Run one part at one width and sparsity, all seeds at once."""
    return PARTS[part](config, hidden, sparsity).assign(hidden=hidden)[list(SCHEMA.columns)]


def small_hidden(hidden: int, sparsity: float) -> int:
    """Return the width of the dense network with as many weights as are left, or just fewer."""
    left = (1 - sparsity) * weights_in(_widths(hidden))
    half = (_signals.LENGTH + _signals.CLASSES) / 2
    return max(int((half**2 + left) ** 0.5 - half), 1)


def mean_density(config: Config, sparsity: float) -> float:
    """Return the share of weights that the pruned network has on average over its training."""
    return float(_densities(config, sparsity).mean())


def _dense(config: Config, hidden: int, sparsity: float) -> pd.DataFrame:
    outcome = _train(config, "shrink", _starts(config, hidden), _densities(config, 0.0))
    return _rows(config, "dense", 0.0, "steps", outcome, weights_in(_widths(hidden)))


def _pruned(config: Config, hidden: int, sparsity: float) -> pd.DataFrame:
    outcome = _train(config, "shrink", _starts(config, hidden), _densities(config, sparsity))
    trained = mean_density(config, sparsity) * weights_in(_widths(hidden))
    return _rows(config, "pruned", sparsity, "steps", outcome, trained)


def _small(config: Config, hidden: int, sparsity: float) -> pd.DataFrame:
    width = small_hidden(hidden, sparsity)
    weights = weights_in(_widths(width))
    found = []
    for budget, steps in _budgets(config, hidden, sparsity, weights):
        plan = np.ones(steps // config.round_steps, np.float32)
        outcome = _train(config, "shrink", _starts(config, width), plan)
        found.append(_rows(config, "small", sparsity, budget, outcome, weights))
    return pd.concat(found)


def _masks(config: Config, hidden: int, sparsity: float) -> pd.DataFrame:
    """Train all networks that begin with the trained one's connections, or with as many others."""
    dense = weights_in(_widths(hidden))
    sparse = (1 - sparsity) * dense
    # Moving looks at the gradients of absent weights too, two FLOP each, once a round.
    moving = sparse + sparsity * dense / (3 * config.round_steps)
    trained = _train(config, "shrink", _starts(config, hidden), _densities(config, 0.0))
    ticket = _largest(trained["layers"], 1 - sparsity)
    other = _shuffled(config, ticket)
    fresh = _starts(config, hidden, stream=3)
    fixed = np.zeros(config.steps // config.round_steps, np.float32)
    found = [
        _rows(config, method, sparsity, "steps", _train(config, "keep", begin, fixed, m), cost)
        for method, begin, m, cost in (
            ("rewound", trained["early"], ticket, dense + sparse),
            ("re-initialised", fresh, ticket, dense + sparse),
            ("random", fresh, other, sparse),
        )
    ]
    for budget, steps in _budgets(config, hidden, sparsity, moving):
        if steps <= config.most_steps:
            plan = _moves(config, steps // config.round_steps)
            outcome = _train(config, "move", fresh, plan, other)
            found.append(_rows(config, "moving", sparsity, budget, outcome, moving))
    return pd.concat(found)


PARTS = {"dense": _dense, "pruned": _pruned, "small": _small, "masks": _masks}


def weights_in(widths: tuple[int, ...]) -> int:
    """Return the number of weights, biases apart, of layers of these widths, inputs first."""
    return sum(a * b for a, b in pairwise(widths))


def _widths(hidden: int) -> tuple[int, ...]:
    return _signals.LENGTH, hidden, hidden, _signals.CLASSES


def _budgets(config: Config, hidden: int, sparsity: float, trained: float) -> list[tuple[str, int]]:
    """Return the steps of the dense run, and those at which ``trained`` weights cost as much as the
    pruned run."""
    pruned = mean_density(config, sparsity) * weights_in(_widths(hidden))
    rounds = round(config.steps * pruned / trained / config.round_steps)
    return list(zip(BUDGETS, (config.steps, rounds * config.round_steps), strict=True))


def _densities(config: Config, sparsity: float) -> np.ndarray:
    """Return the share of weights during each round: it falls as a cube, fast at first."""
    rounds = config.steps // config.round_steps
    done = (np.arange(rounds) / rounds - config.prune_from) / (
        config.prune_until - config.prune_from
    )
    return (1 - sparsity * (1 - (1 - np.clip(done, 0, 1)) ** 3)).astype(np.float32)


def _moves(config: Config, rounds: int) -> np.ndarray:
    """Return the share of weights that move after each round: a half cosine, then none."""
    done = np.arange(1, rounds + 1) / rounds / config.prune_until
    return (config.moved_share / 2 * (1 + np.cos(np.pi * np.minimum(done, 1)))).astype(np.float32)


def _starts(config: Config, hidden: int, stream: int = 1) -> list:
    """Return initial layers, leading axis seeds."""
    from scalinglab.experiments import _mlp

    streams = [np.random.default_rng([seed, stream]) for seed in config.seeds]
    return _mlp.stack([_mlp.start(_widths(hidden), rng) for rng in streams])


def _largest(layers: list, share: float) -> list:
    """Return masks of the largest weights of each network, over all layers; leading axis seeds."""
    size = np.concatenate([np.abs(w).reshape(len(w), -1) for w, _ in layers], axis=1)
    kept = round(share * size.shape[1])
    least = np.sort(size, axis=1)[:, -kept][:, None, None]
    return [(np.abs(w) >= least).astype(np.float32) for w, _ in layers]


def _shuffled(config: Config, masks: list) -> list:
    """Return masks with as many ones in each layer, at random places."""
    streams = [np.random.default_rng([seed, 2]) for seed in config.seeds]
    return [
        np.stack(
            [
                rng.permuted(m.ravel()).reshape(m.shape)
                for rng, m in zip(streams, layer, strict=True)
            ]
        )
        for layer in masks
    ]


@cache
def _data(config: Config) -> tuple:
    """Return training sets (seeds, n, 40), (seeds, n) and the test set."""
    sets = [_signals.draw(config.train_examples, seed) for seed in config.seeds]
    x, y = (np.stack(part) for part in zip(*sets, strict=True))
    if config.shuffle_labels:
        y = np.random.default_rng(0).permuted(y, axis=1)
    return (x, y), _signals.draw(config.test_examples, TEST_SEED)


def _train(config: Config, rule: str, layers: list, plan: np.ndarray, masks: list | None = None):
    """Train every seed's network from ``layers``; one entry of ``plan`` a round.

    Returns arrays with a leading axis of seeds: the last and the early layers, the number of
    weights that are not zero, the accuracy of each class.
    """
    from scalinglab.experiments import _mlp

    (x, y), test = _data(config)
    rounds, every = len(plan), config.round_steps
    steps = rounds * every
    if masks is None:
        masks = [np.ones_like(w) for w, _ in layers]
    streams = [np.random.default_rng([seed, 4]) for seed in config.seeds]
    orders = np.stack([_mlp.order(x.shape[1], steps, config.batch, rng) for rng in streams])
    rate = config.learning_rate / 2 * (1 + np.cos(np.pi * np.arange(steps) / steps))
    rewind = np.arange(rounds) == config.rewind_step // every
    told = _compiled(rule)(
        layers,
        masks,
        orders.reshape(len(streams), rounds, every, config.batch),
        (rate.reshape(rounds, every).astype(np.float32), plan, rewind),
        (x, y),
        test,
    )
    return {key: _host(value) for key, value in told.items()} | {"steps": steps}


def _host(tree):
    import jax

    return jax.tree.map(np.asarray, tree)


@cache
def _compiled(rule: str):
    """Return the training of many seeds at once, compiled for each shape at its first use."""
    import jax
    import jax.numpy as jnp
    import optax

    from scalinglab.experiments import _mlp

    adam = optax.scale_by_adam()

    def train(layers, masks, batches, plan, examples, test):
        x, y = examples

        def step(carry, inputs):
            layers, masks, state = carry
            rows, rate = inputs
            slope = jax.grad(_mlp.loss)(_mlp.masked(layers, masks), x[rows], y[rows])
            change, state = adam.update(_mlp.masked(slope, masks), state)
            layers = jax.tree.map(lambda a, b: a - rate * b, layers, change)
            return (layers, masks, state), None

        def round_(carry, inputs):
            layers, masks, state, early = carry
            rows, (rate, planned, is_rewind) = inputs
            early = jax.tree.map(lambda a, b: jnp.where(is_rewind, a, b), layers, early)
            if rule == "shrink":
                masks = _shrink(layers, masks, planned)
            (layers, masks, state), _ = jax.lax.scan(step, (layers, masks, state), (rows, rate))
            if rule == "move":
                slope = jax.grad(_mlp.loss)(_mlp.masked(layers, masks), x[rows[-1]], y[rows[-1]])
                layers, masks = _move(layers, masks, slope, planned)
            return (layers, masks, state, early), None

        carry = layers, masks, adam.init(layers), layers
        (layers, masks, _, early), _ = jax.lax.scan(round_, carry, (batches, plan))
        layers = _mlp.masked(layers, masks)
        by_class = _mlp.class_accuracy(layers, *test, _signals.CLASSES)
        weights = sum(m.sum() for m in masks)
        return {"layers": layers, "early": early, "weights": weights, "by_class": by_class}

    return jax.jit(jax.vmap(train, in_axes=(0, 0, 0, None, 0, None)))


def _shrink(layers, masks, density):
    """Return masks of the largest weights of all layers, of those that are left."""
    import jax.numpy as jnp

    size = jnp.concatenate(
        [(jnp.abs(w) * m).ravel() for (w, _), m in zip(layers, masks, strict=True)]
    )
    kept = jnp.round(density * size.size).astype(int)
    least = jnp.sort(size)[size.size - kept]
    return [m * (jnp.abs(w) >= least) for (w, _), m in zip(layers, masks, strict=True)]


def _move(layers, masks, slope, share):
    """Drop the smallest weights of each layer, and grow as many where the gradient is largest."""
    import jax.numpy as jnp

    moved, new_masks = [], []
    for (w, b), m, (g, _) in zip(layers, masks, slope, strict=True):
        number = jnp.floor(share * m.sum()).astype(int)
        weakest = jnp.sort(jnp.where(m > 0, jnp.abs(w), jnp.inf).ravel())
        stays = m * (jnp.abs(w) >= weakest[number])
        absent = jnp.where(m > 0, -1.0, jnp.abs(g))
        strongest = jnp.sort(absent.ravel())[::-1]
        grown = (absent >= strongest[jnp.maximum(number - 1, 0)]) & (absent > 0) & (number > 0)
        moved.append((w * stays, b))
        new_masks.append(jnp.where(grown, 1.0, stays))
    return moved, new_masks


def _rows(
    config: Config, method: str, sparsity: float, budget: str, outcome: dict, trained: float
) -> pd.DataFrame:
    """Return one row a seed. trained: weights that are not zero, on average over the steps."""
    from scalinglab.experiments import _mlp

    return pd.DataFrame(
        {
            "method": method,
            "sparsity_share": sparsity,
            "budget": budget,
            "seed": list(config.seeds),
            "steps": outcome["steps"],
            "weights": outcome["weights"].astype(int),
            "training_flop": _mlp.training_flop(trained, outcome["steps"] * config.batch),
            "accuracy_percent": 100.0 * outcome["by_class"].mean(axis=1),
            "worst_class_percent": 100.0 * outcome["by_class"].min(axis=1),
        }
    )
