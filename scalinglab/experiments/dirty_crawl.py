"""A crawl full of copies, wrong labels and garbage, cleaned in several ways. MNIST-1D.

The crawl of a seed holds signals with the right label, some with a random label, some that are
smooth noise with a random label, and copies of all of these, of a few very many. A *policy* says
what a network is trained on:

``raw``
    the crawl as it is;
``dedup``
    every distinct signal once;
``dedup + keep 70%``, ``50%``, ``10%``
    those, and of them the share whose label a small reference model finds most probable;
``keep 10%``
    the same without removing copies first;
``random 10%``
    as much of the crawl, chosen blindly: a control;
``oracle``
    every signal with its right label once: a filter without error.

The reference model is trained on a few trusted signals outside the crawl; what its training and
its reading of the crawl cost stands in ``filter_flop``. Networks see random batches of their data,
at a constant learning rate; a moving average of their weights is judged at the steps 20, 28, 40,
..., so that a run up to any step is the beginning of the longer one.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from scalinglab import experiments, resampling, schemas
from scalinglab.experiments import _signals
from scalinglab.frontier import inverse_interpolate

POLICIES = [
    "raw",
    "dedup",
    "dedup + keep 70%",
    "dedup + keep 50%",
    "dedup + keep 10%",
    "keep 10%",
    "random 10%",
    "oracle",
]
KEPT = {
    "dedup + keep 70%": 0.7,
    "dedup + keep 50%": 0.5,
    "dedup + keep 10%": 0.1,
    "keep 10%": 0.1,
    "random 10%": 0.1,
}
TEST_SEED = 1000


@dataclass(frozen=True)
class Config:
    """Settings. runs: width of both hidden layers, and policy.

    distinct: signals before copying, of which the shares ``wrong`` have a random label and
    ``garbage`` are noise. copies: rows added, of the k-th most copied signal in proportion to 1/k.
    """

    seeds: tuple[int, ...] = tuple(range(8))
    runs: tuple[tuple[int, str], ...] = (
        *((64, policy) for policy in POLICIES),
        *((width, policy) for width in (32, 128) for policy in ("raw", "dedup + keep 50%")),
    )
    distinct: int = 24_000
    wrong: float = 0.2
    garbage: float = 0.3
    copies: int = 24_000
    trusted: int = 500
    reference_steps: int = 300
    test_examples: int = 4000
    batch: int = 64
    steps: int = 20_480
    learning_rate: float = 2e-3
    average: float = 0.98
    shuffle_labels: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(seeds=(0,), runs=((64, "raw"), (64, "dedup")), steps=1280),
}
SCHEMA = schemas.table(
    {
        "width": schemas.whole("units in each hidden layer", "units"),
        "policy": schemas.text("what of the crawl is trained on", allowed=POLICIES),
        "step": schemas.whole("training steps so far", "steps"),
        "seed": schemas.whole("crawl, initial weights, order", "", schemas.pa.Check.ge(0)),
        "rows": schemas.whole("rows that the policy leaves", "rows"),
        "right_share": schemas.share(
            "of these rows, those that are signals with their right label"
        ),
        "training_flop": schemas.number("compute of the training so far", "FLOP"),
        "filter_flop": schemas.number(
            "compute of the reference model and its reading", "FLOP", schemas.pa.Check.ge(0)
        ),
        "accuracy_percent": schemas.percent("accuracy on clean test signals"),
    },
    key=["width", "policy", "step", "seed"],
)
MEASURES = {"accuracy_percent": 1.0, "training_flop": 1.0}


def cells(config: Config) -> list[dict]:
    """Return the parts of the sweep: width and policy."""
    return [{"width": width, "policy": policy} for width, policy in config.runs]


def run(config: Config) -> pd.DataFrame:
    """Return one row per width, policy, checked step and seed."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def checked_steps(config: Config) -> np.ndarray:
    """Return the steps at which accuracy is measured, each about 1.41 times the one before."""
    doublings = np.log2(config.steps / 20)
    return np.floor(20 * 2 ** np.arange(0, doublings + 0.01, 0.5)).astype(int)


def weights_in(width: int) -> int:
    """Return the number of weights, biases apart."""
    return width * (_signals.LENGTH + width + _signals.CLASSES)


def filter_flop(config: Config, width: int, rows: int) -> float:
    """Return the cost of the reference model: six FLOP per weight and example, two to read one."""
    learned = 6.0 * config.batch * config.reference_steps
    return weights_in(width) * (learned + 2.0 * rows)


def run_cell(config: Config, width: int, policy: str) -> pd.DataFrame:
    """Train one width on what one policy leaves, all seeds at once."""
    from scalinglab.experiments import _mlp

    at = checked_steps(config)
    widths = (_signals.LENGTH, width, width, _signals.CLASSES)
    crawls = [crawl(config, seed) for seed in config.seeds]
    scores = _scores(config, width, crawls) if policy in KEPT and "keep" in policy else None
    chosen = [
        choose(policy, c, None if scores is None else scores[i]) for i, c in enumerate(crawls)
    ]
    orders, starts = [], []
    for seed, rows in zip(config.seeds, chosen, strict=True):
        drawn = np.random.default_rng([seed, 3]).random((config.steps, config.batch))
        orders.append(rows[(drawn * len(rows)).astype(int)].astype(np.uint16))
        starts.append(_mlp.start(widths, np.random.default_rng([seed, 4])))
    x, y = (np.stack([c[name] for c in crawls]) for name in ("x", "y"))
    if config.shuffle_labels:
        y = np.random.default_rng(0).permuted(y, axis=1)
    places = np.searchsorted(at, np.arange(1, config.steps + 1)).astype(np.int32)
    is_checked = np.isin(np.arange(1, config.steps + 1), at)
    accuracy = _compiled(config.learning_rate, config.average, len(at))(
        _mlp.stack(starts),
        np.stack(orders),
        places,
        is_checked,
        x,
        y,
        _signals.draw(config.test_examples, TEST_SEED),
    )
    filtered = 0.0 if scores is None else filter_flop(config, width, len(crawls[0]["y"]))
    index = pd.MultiIndex.from_product([config.seeds, at], names=["seed", "step"])
    found = pd.DataFrame({"accuracy_percent": 100.0 * np.ravel(accuracy)}, index=index)
    found = found.reset_index().assign(width=width, policy=policy, filter_flop=filtered)
    found["rows"] = np.repeat([len(rows) for rows in chosen], len(at))
    right = [c["is_right"][rows].mean() for c, rows in zip(crawls, chosen, strict=True)]
    found["right_share"] = np.repeat(right, len(at))
    found["training_flop"] = 6.0 * weights_in(width) * config.batch * found["step"]
    return found[list(SCHEMA.columns)]


def crawl(config: Config, seed: int) -> dict[str, np.ndarray]:
    """Return a crawl: ``x`` (rows, 40), ``y`` (rows,), which signal a row copies (``origin``), and
    whether it is a signal with its right label (``is_right``)."""
    from scipy.ndimage import gaussian_filter1d

    rng = np.random.default_rng([seed, 1])
    x, truth = _signals.draw(config.distinct, seed)
    kind = rng.permutation(config.distinct) / config.distinct
    is_garbage = kind < config.garbage
    noise = gaussian_filter1d(rng.standard_normal(x.shape), 2, axis=1)
    x[is_garbage] = (noise / noise.std())[is_garbage]
    random_label = rng.integers(_signals.CLASSES, size=config.distinct)
    y = np.where(kind < config.garbage + config.wrong, random_label, truth)
    popularity = 1 / (1.0 + rng.permutation(config.distinct))
    copied = rng.choice(config.distinct, config.copies, p=popularity / popularity.sum())
    origin = np.concatenate([np.arange(config.distinct), copied])
    is_right = ~is_garbage & (y == truth)
    return {"x": x[origin], "y": y[origin], "origin": origin, "is_right": is_right[origin]}


def choose(policy: str, crawl: dict[str, np.ndarray], score: np.ndarray | None) -> np.ndarray:
    """Return the rows that a policy leaves. score: of each row, the higher the better."""
    rows = np.arange(len(crawl["y"]))
    if policy == "raw":
        return rows
    if policy == "random 10%":
        return np.random.default_rng(len(rows)).permutation(rows)[: round(KEPT[policy] * len(rows))]
    if policy.startswith("dedup") or policy == "oracle":
        rows = np.unique(crawl["origin"], return_index=True)[1]
    if policy == "oracle":
        return rows[crawl["is_right"][rows]]
    if policy in KEPT:
        best = np.argsort(-score[rows], kind="stable")[: round(KEPT[policy] * len(rows))]
        rows = np.sort(rows[best])
    return rows


def _scores(config: Config, width: int, crawls: list[dict]) -> np.ndarray:
    """Return the probability that the reference model gives each row's label, (seeds, rows)."""
    import jax
    import optax

    from scalinglab.experiments import _mlp

    adam, steps = optax.adam(config.learning_rate), config.reference_steps
    sets = [_signals.draw(config.trusted, 10_000 + seed) for seed in config.seeds]
    streams = [np.random.default_rng([seed, 5]) for seed in config.seeds]
    orders = np.stack([_mlp.order(config.trusted, steps, config.batch, rng) for rng in streams])
    widths = (_signals.LENGTH, width, width, _signals.CLASSES)

    def learn(layers, order, x, y, crawl_x, crawl_y):
        def step(carry, rows):
            layers, state = carry
            change, state = adam.update(jax.grad(_mlp.loss)(layers, x[rows], y[rows]), state)
            return (optax.apply_updates(layers, change), state), None

        layers = jax.lax.scan(step, (layers, adam.init(layers)), order)[0][0]
        return jax.nn.softmax(_mlp.logits(layers, crawl_x))[np.arange(len(crawl_y)), crawl_y]

    starts = _mlp.stack([_mlp.start(widths, rng) for rng in streams])
    trusted = (np.stack(part) for part in zip(*sets, strict=True))
    read = (np.stack([c[name] for c in crawls]) for name in ("x", "y"))
    return np.asarray(jax.jit(jax.vmap(learn))(starts, orders, *trusted, *read))


@cache
def _compiled(learning_rate: float, average: float, checks: int):
    """Return the training of many seeds, which tells the accuracy (seeds, checks)."""
    import jax
    import jax.numpy as jnp
    import optax

    from scalinglab.experiments import _mlp

    adam = optax.adam(learning_rate)

    def train(layers, orders, places, is_checked, x, y, test):
        def step(carry, inputs):
            layers, state, mean, told = carry
            rows, place, check = inputs
            change, state = adam.update(jax.grad(_mlp.loss)(layers, x[rows], y[rows]), state)
            layers = optax.apply_updates(layers, change)
            mean = jax.tree.map(lambda a, b: average * a + (1 - average) * b, mean, layers)
            told = jax.lax.cond(
                check,
                lambda: told.at[place].set(
                    (_mlp.logits(mean, test[0]).argmax(-1) == test[1]).mean()
                ),
                lambda: told,
            )
            return (layers, state, mean, told), None

        begin = layers, adam.init(layers), layers, jnp.zeros(checks)
        return jax.lax.scan(step, begin, (orders, places, is_checked))[0][3]

    return jax.jit(jax.vmap(train, in_axes=(0, 0, None, None, 0, 0, None)))


def at_budget(rows: pd.DataFrame, width: int, policy: str, flop: float, charged: bool = True):
    """Return the best accuracy up to a budget, one per seed, as a series over seeds.

    ``charged``: the filter is paid from the budget. Between two checked steps, linear in log
    compute. A budget below the first checked step is a ValueError.
    """
    run = rows[(rows["width"] == width) & (rows["policy"] == policy)].sort_values("training_flop")
    paid = run["filter_flop"].iloc[0] if charged else 0.0
    place = run.groupby("seed")["training_flop"].first().iloc[0]
    if flop - paid < place:
        raise ValueError(f"{policy}: {flop:g} FLOP do not pay for the first {place + paid:g}")
    return run.groupby("seed").apply(
        lambda r: np.interp(
            np.log(flop - paid),
            np.log(r["training_flop"]),
            np.maximum.accumulate(r["accuracy_percent"]),
        )
    )


def multiplier(
    rows: pd.DataFrame, policy: str, flop: float, width: int = 64, charged: bool = True
) -> resampling.Bootstrap:
    """Return how many times the compute the raw crawl needs for what a policy reaches at a budget.

    Read off the raw runs' mean best accuracy up to each compute, at its first reach; infinite where
    they never reach it, 0 where they start above. Seeds are resampled, the crawl and its cleaned
    form together.
    """
    treated = at_budget(rows, width, policy, flop, charged)
    raw = rows[(rows["width"] == width) & (rows["policy"] == "raw")]
    curves = raw.pivot(index="seed", columns="training_flop", values="accuracy_percent")
    curves, compute = curves.loc[treated.index].cummax(axis=1).to_numpy(), curves.columns

    def needed(curve: np.ndarray, target: float) -> float:
        if curve[0] <= target <= curve[-1]:
            return float(inverse_interpolate(compute, curve, target))
        return 0.0 if target < curve[0] else np.inf

    def factor(weights: np.ndarray) -> np.ndarray:
        mean, target = weights @ curves / len(curves), weights @ treated / len(curves)
        return np.array([needed(*pair) for pair in zip(mean, target, strict=True)]) / flop

    return resampling.bootstrap(factor, treated.index)


def lead(rows: pd.DataFrame, first: tuple, second: tuple, flop: float) -> experiments.OverSeeds:
    """Return the best accuracy up to a budget of one (width, policy) minus another's, by seed."""
    return experiments.over_seeds(at_budget(rows, *first, flop) - at_budget(rows, *second, flop))
