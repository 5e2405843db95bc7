"""Small experiments that fit a laptop: their stored results, and a quick run of each.

An experiment is a module ``scalinglab/experiments/<name>.py`` (names that begin with an underscore
are shared code). It can be imported without JAX, which only its functions need, and holds

``Config``
    a frozen dataclass of every setting, seeds included;
``SCALES``
    ``{"full": Config(), "quick": Config(...)}``, where quick is a part of full: fewer cells, or
    fewer seeds of a cell;
``SCHEMA``
    the columns of the result, made with :mod:`scalinglab.schemas`; its key contains ``seed``, and
    numbers in it have at most ten digits;
``MEASURES``
    ``{column: resolution}``: the outcomes that a second run is held to, and the smallest difference
    of their means over seeds that means anything (such as one test example), in the column's unit;
``cells(config)``
    the independent parts of the sweep, a list of dicts of plain values;
``run_cell(config, **cell)``
    the tidy rows of one part;
``run(config)``
    all parts, as one frame.

``python -m scalinglab.experiments`` (``make experiments``) runs the full sweeps and stores them as
``data/experiments/<name>.csv``, beside a ``<name>.yml`` with configuration and versions.
"""

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import yaml
from numpy.typing import ArrayLike
from scipy import stats

from scalinglab import checked, tables

NEEDED = ("jax", "optax", "mnist1d", "sklearn", "mctx", "pgx")
RENEW = "`make experiments` computes it anew"


class ExperimentError(ValueError):
    """An experiment, its stored result or a finished part of it is not what it should be."""


def names() -> list[str]:
    """Return the names of all experiments, sorted."""
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in modules if not name.startswith("_"))


def module(name: str) -> ModuleType:
    """Return the module of an experiment; an unknown name is an ExperimentError."""
    if name not in names():
        close = get_close_matches(name, names(), n=3, cutoff=0.4) or names()
        raise ExperimentError(f"there is no experiment {name!r}; there is {', '.join(close)}")
    return importlib.import_module(f"{__name__}.{name}")


def folder() -> Path:
    """Return the folder of the stored results."""
    return checked.root() / "data" / "experiments"


def plain(config) -> dict:
    """Return a configuration as YAML and JSON hold it: lists for tuples."""
    return json.loads(json.dumps(asdict(config)))


def load(name: str) -> pd.DataFrame:
    """Return the stored result of an experiment, validated.

    A result that is missing, was made with another configuration, or does not go with its
    ``.yml`` is an ExperimentError; one that breaks its schema is a
    :class:`scalinglab.tables.TableError`.
    """
    return read(module(name), name)


def read(experiment: ModuleType, name: str) -> pd.DataFrame:
    """Return the stored result of an experiment that is given as a module (see ``load``)."""
    path = folder() / f"{name}.csv"
    try:
        told = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        then, now = told["config"], plain(experiment.SCALES["full"])
        stored_digest = told["sha256"]
    except FileNotFoundError as error:
        raise ExperimentError(
            f"experiment {name}: {error.filename} does not exist; {RENEW}"
        ) from None
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise ExperimentError(
            f"experiment {name}: {name}.yml cannot be read ({error!r}); {RENEW}"
        ) from None
    changed = sorted(key for key in {*then, *now} if then.get(key) != now.get(key))
    if changed:
        moves = ", ".join(f"{key} was {then.get(key)} and is {now.get(key)}" for key in changed)
        raise ExperimentError(
            f"experiment {name}: the stored result has another configuration ({moves}); {RENEW}"
        )
    if digest != stored_digest:
        raise ExperimentError(
            f"experiment {name}: {name}.csv is not the file that {name}.yml describes; {RENEW}"
        )
    return tables.read(experiment.SCHEMA, path, f"experiment {name}", RENEW)


def quick(name: str, **settings) -> pd.DataFrame | str:
    """Run a small part of an experiment now and hold it to the stored result.

    settings: of the experiment's ``Config``, in place of those of its quick scale. Returns the rows
    of the run; where a package is missing, a sentence that says what to install. A run that
    disagrees with the stored one is told in a sentence, and in verify mode raises
    :class:`scalinglab.checked.Drift`.
    """
    experiment = module(name)
    missing = [package for package in NEEDED if find_spec(package) is None]
    if missing:
        sentence = (
            f"The quick run of {name} needs {', '.join(missing)}: `make book` installs everything. "
            "The stored result can be read without."
        )
        print(sentence)
        return sentence
    fresh = experiment.run(replace(experiment.SCALES["quick"], **settings))
    said = agreement(load(name), fresh, groups(experiment), experiment.MEASURES)
    print(f"{name}, quick run: {said}.")
    return fresh


def groups(experiment: ModuleType) -> list[str]:
    """Return the columns that name a condition: the key of the result without the seed."""
    return [column for column in experiment.SCHEMA.unique if column != "seed"]


def agreement(
    stored: pd.DataFrame,
    fresh: pd.DataFrame,
    by: Sequence[str],
    measures: Mapping[str, float],
    level: float = 0.99,
) -> str:
    """Say whether the means of a fresh run lie where the stored seeds let one expect them.

    by: columns that name a condition. measures: outcome columns with their resolution. A fresh mean
    over m seeds may differ from the stored one over n by the half width of Student's prediction
    interval, t s sqrt(1/m + 1/n), or by the resolution if that is more. ``level`` holds for all
    conditions and measures together (Bonferroni). On the machine that stored the result the shared
    seeds agree much better; on another one, rounding sends a training run along another path.

    A mean outside, or a condition that the stored result does not have, is told in the sentence
    that is returned; in verify mode it raises :class:`scalinglab.checked.Drift`.
    """
    by, columns = list(by), list(measures)
    old = stored.groupby(by, dropna=False)[columns].agg(["mean", "std", "count"])
    new = fresh.groupby(by, dropna=False)[columns].agg(["mean", "count"])
    strange = new.index.difference(old.index)
    if len(strange):
        return _drift(f"the stored result has no condition {_called(by, strange[0])}")
    old = old.loc[new.index]
    compared = len(new) * len(columns)
    for column, resolution in measures.items():
        then, now = old[column], new[column]
        quantile = stats.t.ppf(1 - (1 - level) / 2 / compared, np.maximum(then["count"] - 1, 1))
        spread = then["std"].fillna(0) * np.sqrt(1 / now["count"] + 1 / then["count"])
        allowed = np.maximum(quantile * spread, resolution)
        outside = ~((now["mean"] - then["mean"]).abs() <= allowed)
        outside &= ~(now["mean"].isna() & then["mean"].isna())
        if outside.any():
            at = outside.idxmax()
            return _drift(
                f"{column} at {_called(by, at)} is {now.loc[at, 'mean']:.4g}; stored was "
                f"{then.loc[at, 'mean']:.4g}, give or take {allowed.loc[at]:.2g}"
            )
    return f"{compared} means agree with the stored result within its between-seed interval"


def _called(by: list[str], at) -> str:
    values = at if isinstance(at, tuple) else (at,)
    return ", ".join(f"{column} {value}" for column, value in zip(by, values, strict=True))


def _drift(sentence: str) -> str:
    if checked.mode() == "verify":
        raise checked.Drift(sentence)
    return f"it disagrees with the stored result: {sentence}"


@dataclass(frozen=True, eq=False)
class OverSeeds:
    """A mean over seeds with its interval, in the form of a result of resampling.

    values: one number per seed, (n,). The interval is Student's t for the mean; where the mean is
    ``geometric``, both are taken of the logarithms.
    """

    values: np.ndarray
    geometric: bool = False

    @property
    def n(self) -> int:
        """Number of seeds."""
        return len(self.values)

    @property
    def estimate(self) -> float:
        """Mean over seeds."""
        return float(np.exp(np.log(self.values).mean()) if self.geometric else self.values.mean())

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return (low, high) at this level."""
        values = np.log(self.values) if self.geometric else self.values
        half = stats.t.ppf((1 + level) / 2, self.n - 1) * values.std(ddof=1) / self.n**0.5
        ends = values.mean() + half * np.array([-1, 1])
        return tuple(map(float, np.exp(ends) if self.geometric else ends))


def over_seeds(values: ArrayLike, *, geometric: bool = False) -> OverSeeds:
    """Return mean and interval of one number per seed; ``geometric`` for factors.

    Fewer than two numbers, one that is not finite, or a factor that is not positive is a
    ValueError.
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all():
        raise ValueError(f"an interval needs two or more finite numbers, one per seed: {values}")
    if geometric and values.min() <= 0:
        raise ValueError(f"a geometric mean needs positive numbers: {values}")
    return OverSeeds(values, geometric)


def gap(frame: pd.DataFrame, measure: str, first: dict, second: dict) -> OverSeeds:
    """Return the outcome of one condition minus that of another, paired by seed (see by_seed)."""
    difference = by_seed(frame, measure, **first) - by_seed(frame, measure, **second)
    return over_seeds(difference)


def by_seed(frame: pd.DataFrame, measure: str, **condition) -> pd.Series:
    """Return the outcome of one condition as a series over seeds, to be subtracted from another.

    condition: column = value. Other than one row per seed is a ValueError.
    """
    rows = frame[np.logical_and.reduce([frame[c] == v for c, v in condition.items()])]
    if rows.empty or rows["seed"].duplicated().any():
        raise ValueError(f"{condition} names {len(rows)} rows of {rows['seed'].nunique()} seeds")
    return rows.set_index("seed")[measure].sort_index()


def together(parts: Iterable[pd.DataFrame], schema) -> pd.DataFrame:
    """Return the parts of a sweep as one frame, in the order of the key."""
    whole = pd.concat(list(parts), ignore_index=True)
    return whole.sort_values(schema.unique, ignore_index=True)
