"""Run the cells of a sweep on many cores or machines, and keep each one as it finishes."""

import hashlib
import inspect
import json
import os
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import joblib
import pandas as pd
import yaml
from tqdm import tqdm

from scalinglab import checked, experiments, tables

# Every process computes on one core; the cells fill the others.
ONE_THREAD = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
VERSIONS = ("jax", "numpy", "scalinglab")


def sweep(experiment: ModuleType, name: str, jobs: int = -1) -> pd.DataFrame:
    """Run what is not finished of a full sweep; store and return the result.

    A finished cell is kept in ``data/experiments/.cells/<name>/`` under a hash of the
    configuration, the cell and the module's source, so that an interrupted sweep goes on where it
    stopped and a changed one begins anew. The cells run where joblib's current backend runs them.
    """
    config = experiment.SCALES["full"]
    cells = experiment.cells(config)
    paths = [experiments.folder() / ".cells" / name / f"{_key(experiment, c)}.json" for c in cells]
    open_cells = [i for i, path in enumerate(paths) if not path.exists()]
    finished = len(cells) - len(open_cells)
    with tqdm(total=len(cells), initial=finished, desc=name, unit="cell") as bar:
        for i, part in _compute(experiment, config, cells, open_cells, jobs):
            checked.write_atomically(paths[i], json.dumps(part))
            bar.update()
    parts = [_part(path) for path in paths]
    whole = experiments.together((_frame(part) for part in parts), experiment.SCHEMA)
    tables.validate_as(experiment.SCHEMA, whole, f"experiment {name}")
    text = checked.to_csv(whole)
    told = {
        "config": experiments.plain(config),
        "cells": len(cells),
        "seconds": round(sum(part["seconds"] for part in parts), 1),
        "versions": {package: version(package) for package in VERSIONS},
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    path = experiments.folder() / f"{name}.csv"
    checked.write_atomically(path, text)
    checked.write_atomically(path.with_suffix(".yml"), yaml.safe_dump(told, sort_keys=False))
    for old in set(paths[0].parent.glob("*.json")) - set(paths):
        old.unlink()
    return experiments.read(experiment, name)


def _compute(
    experiment: ModuleType, config, cells: list[dict], wanted: list[int], jobs: int
) -> Iterator[tuple[int, dict]]:
    """Yield (position, part) of the wanted cells in the order in which they finish."""
    run = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    yield from run(
        joblib.delayed(_finish)(experiment.__name__, config, i, cells[i]) for i in wanted
    )


def _finish(module: str, config, position: int, cell: dict) -> tuple[int, dict]:
    """Run one cell, in whatever process; return its position, and its rows as plain values."""
    os.environ.setdefault("XLA_FLAGS", ONE_THREAD)
    began = time.process_time()
    try:
        rows = import_module(module).run_cell(config, **cell)
    except Exception as error:
        raise experiments.ExperimentError(f"{module}, cell {cell}: {error!r}") from error
    seconds = time.process_time() - began  # of the processor: others may use it too
    return position, {"cell": cell, "seconds": seconds, "rows": rows.to_dict("list")}


def _key(experiment: ModuleType, cell: dict) -> str:
    source = inspect.getsource(experiment)
    shared = sorted(Path(experiments.__path__[0]).glob("_[a-z]*.py"))
    source += "".join(path.read_text() for path in shared if path.stem in source)
    named = [experiments.plain(experiment.SCALES["full"]), cell, source]
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:20]


def _part(path: Path) -> dict:
    try:
        part = json.loads(path.read_text(encoding="utf-8"))
        _frame(part), part["seconds"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise experiments.ExperimentError(
            f"{path} is not a finished cell ({error!r}); remove it, and it is computed again"
        ) from None
    return part


def _frame(part: dict) -> pd.DataFrame:
    return pd.DataFrame(part["rows"])
