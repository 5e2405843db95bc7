"""When are rare facts learned, and what does it cost? A memory task without noise.

A fact is a random key of 32 numbers with a random label, one of ten; nothing but memory helps. A
perceptron with one hidden layer meets the facts in random batches, the r-th most common with a
probability proportional to 1/r (Zipf), its square root, or the same for all. At the steps 10, 14,
20, 28, ... the accuracy is measured on every tenth of the facts, by rank of frequency: tenth 1
holds the most common ones, tenth 10 the rarest. The learning rate is constant, so that a run up to
any step is the beginning of the longer one.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from scalinglab import experiments, schemas

SAMPLINGS = {"zipf": 1.0, "square root": 0.5, "equal": 0.0}
TENTHS = 10
LEARNED = 0.9


@dataclass(frozen=True)
class Config:
    """Settings. runs: hidden width and sampling of each run."""

    seeds: tuple[int, ...] = tuple(range(8))
    runs: tuple[tuple[int, str], ...] = (
        (32, "zipf"),
        (64, "zipf"),
        (128, "zipf"),
        (256, "zipf"),
        (256, "square root"),
        (256, "equal"),
    )
    facts: int = 1000
    key_length: int = 32
    labels: int = 10
    batch: int = 128
    steps: int = 20_480
    learning_rate: float = 2e-3
    shuffle_ranks: bool = False


SCALES = {
    "full": Config(),
    "quick": Config(seeds=(0,), runs=((256, "zipf"), (256, "equal")), steps=640),
}
SCHEMA = schemas.table(
    {
        "width": schemas.whole("hidden units", "units"),
        "sampling": schemas.text("how often a fact is shown", allowed=list(SAMPLINGS)),
        "tenth": schemas.whole(
            "tenth of the facts, 1 the most common", "", schemas.pa.Check.in_range(1, TENTHS)
        ),
        "step": schemas.whole("training steps so far", "steps"),
        "seed": schemas.whole("facts, initial weights, order", "", schemas.pa.Check.ge(0)),
        "training_flop": schemas.number("training compute so far", "FLOP"),
        "presentations": schemas.number(
            "how often a fact of this tenth was shown so far, on average",
            "presentations",
            schemas.pa.Check.ge(0),
        ),
        "accuracy_share": schemas.share("facts of this tenth whose label is right"),
    },
    key=["width", "sampling", "tenth", "step", "seed"],
)
MEASURES = {"accuracy_share": 0.02, "training_flop": 1.0}


def cells(config: Config) -> list[dict]:
    """Return the parts of the sweep: width and sampling."""
    return [{"width": width, "sampling": sampling} for width, sampling in config.runs]


def run(config: Config) -> pd.DataFrame:
    """Return one row per width, sampling, tenth, checked step and seed."""
    return experiments.together((run_cell(config, **cell) for cell in cells(config)), SCHEMA)


def checked_steps(config: Config) -> np.ndarray:
    """Return the steps at which accuracy is measured, each about 1.41 times the one before."""
    doublings = np.log2(config.steps / 10)
    return np.floor(10 * 2 ** np.arange(0, doublings + 0.01, 0.5)).astype(int)


def training_flop(config: Config, width: int, steps) -> np.ndarray:
    """Return six FLOP per weight and fact shown."""
    return 6.0 * width * (config.key_length + config.labels) * config.batch * np.asarray(steps)


def run_cell(config: Config, width: int, sampling: str) -> pd.DataFrame:
    """Train one width on one sampling, all seeds at once."""
    from scalinglab.experiments import _mlp

    at = checked_steps(config)
    share = np.arange(1.0, config.facts + 1) ** -SAMPLINGS[sampling]
    upper = np.cumsum(share / share.sum())
    shape, orders, starts, facts, shown = (config.steps, config.batch), [], [], [], []
    for seed in config.seeds:
        rng = np.random.default_rng([seed, 1])
        keys = rng.standard_normal((config.facts, config.key_length), np.float32)
        labels = rng.integers(config.labels, size=config.facts)
        rank = rng.permutation(config.facts) if config.shuffle_ranks else np.arange(config.facts)
        tenth = rank * TENTHS // config.facts
        starts.append(_mlp.start((config.key_length, width, config.labels), rng))
        drawn = np.searchsorted(upper, np.random.default_rng([seed, 2]).random(shape))
        orders.append(np.minimum(drawn, config.facts - 1).astype(np.int16))
        counts = [
            np.bincount(tenth[part].ravel(), minlength=TENTHS) for part in np.split(orders[-1], at)
        ]
        shown.append(np.cumsum(counts[:-1], axis=0) / (config.facts / TENTHS))
        facts.append((keys, labels, tenth))
    keys, labels, tenth = (np.stack(part) for part in zip(*facts, strict=True))
    places = np.searchsorted(at, np.arange(1, config.steps + 1)).astype(np.int32)
    is_checked = np.isin(np.arange(1, config.steps + 1), at)
    right = _compiled(config.learning_rate, len(at))(
        _mlp.stack(starts), np.stack(orders), places, is_checked, keys, labels, tenth
    )
    index = pd.MultiIndex.from_product(
        [config.seeds, at, range(1, TENTHS + 1)], names=["seed", "step", "tenth"]
    )
    accuracy = np.asarray(right, float) / (config.facts / TENTHS)
    told = {"presentations": np.ravel(shown), "accuracy_share": accuracy.ravel()}
    rows = pd.DataFrame(told, index=index).reset_index()
    rows["training_flop"] = training_flop(config, width, rows["step"])
    return rows.assign(width=width, sampling=sampling)[list(SCHEMA.columns)]


@cache
def _compiled(learning_rate: float, checks: int):
    """Return the training of many seeds, which counts right facts: (seeds, checks, tenths)."""
    import jax
    import jax.numpy as jnp
    import optax

    from scalinglab.experiments import _mlp

    adam = optax.adam(learning_rate)

    def train(layers, orders, places, is_checked, keys, labels, tenth):
        member = jax.nn.one_hot(tenth, TENTHS)

        def count(layers):
            return (_mlp.logits(layers, keys).argmax(axis=-1) == labels) @ member

        def step(carry, inputs):
            layers, state, told = carry
            rows, place, check = inputs
            slope = jax.grad(_mlp.loss)(layers, keys[rows], labels[rows])
            change, state = adam.update(slope, state)
            layers = optax.apply_updates(layers, change)
            told = jax.lax.cond(check, lambda: told.at[place].set(count(layers)), lambda: told)
            return (layers, state, told), None

        begin = layers, adam.init(layers), jnp.zeros((checks, TENTHS))
        return jax.lax.scan(step, begin, (orders, places, is_checked))[0][2]

    return jax.jit(jax.vmap(train, in_axes=(0, 0, None, None, 0, 0, 0)))


def when_learned(rows: pd.DataFrame, column: str = "step") -> pd.DataFrame:
    """Return at which step each tenth first has nine in ten facts right, linear in log step.

    rows: of the result. column: ``"step"``, or ``"presentations"`` for how often a fact had been
    shown by then. Returns one row per width, sampling, tenth and seed: ``reached``, and
    ``is_learned``, False where the tenth is not learned by the last step, which then stands for it.
    """
    run = ["width", "sampling", "tenth", "seed"]
    ordered = rows.sort_values([*run, "step"])
    place = np.log(np.maximum(ordered[column], 1e-9))
    is_learned = ordered["accuracy_share"] >= LEARNED
    each = ordered[run].assign(place=place, right=ordered["accuracy_share"], is_learned=is_learned)
    before = each.groupby(run)[["place", "right"]].shift()
    part = (LEARNED - before["right"]) / (each["right"] - before["right"])
    between = before["place"] + part * (each["place"] - before["place"])
    each["reached"] = np.exp(between.where(is_learned & between.notna(), each["place"]))
    first = each[is_learned].drop_duplicates(run)
    last = each.drop_duplicates(run, keep="last")
    found = pd.concat([first, last]).drop_duplicates(run)
    return found.sort_values(run, ignore_index=True)[[*run, "reached", "is_learned"]]


def ledger(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each run spends on its rarer half, tenths 6 to 10: one row a run.

    ``waiting_share`` of the compute up to the step where that half is learned is spent after the
    commoner half was; ``rare_examples_share`` of it goes through examples of the rarer half.
    """
    run = ["width", "sampling", "seed"]
    half = rows.assign(tenth=(rows["tenth"] > TENTHS // 2) + 1)
    half = half.groupby([*run, "tenth", "step"], as_index=False)[
        ["presentations", "accuracy_share"]
    ].mean()
    reached = when_learned(half).pivot(index=run, columns="tenth", values="reached")
    shown = half.pivot(index=[*run, "step"], columns="tenth", values="presentations")
    shown = (shown[2] / shown.sum(axis=1)).rename("rare_examples_share").reset_index()
    shown = shown.merge(reached[2].rename("learned").reset_index(), on=run)
    until = (
        shown[shown["step"] <= shown["learned"] + 0.5].groupby(run)["rare_examples_share"].last()
    )
    return pd.concat(
        [(1 - reached[1] / reached[2]).rename("waiting_share"), until], axis=1
    ).reset_index()
