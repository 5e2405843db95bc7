"""An experiment without training, for the tests of the runner."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scalinglab import experiments, schemas


@dataclass(frozen=True)
class Config:
    widths: tuple[int, ...] = (1, 2, 3)
    seeds: tuple[int, ...] = (0, 1, 2, 3)


SCALES = {"full": Config(), "quick": Config(widths=(2,), seeds=(0, 1))}
SCHEMA = schemas.table(
    {
        "width": schemas.whole("width", "units"),
        "seed": schemas.whole("seed", "", schemas.pa.Check.ge(0)),
        "score": schemas.number("score", "points"),
    },
    key=["width", "seed"],
)
MEASURES = {"score": 1e-6}
CALLS = []


def cells(config):
    return [{"width": width} for width in config.widths]


def run_cell(config, width):
    CALLS.append(width)
    noise = [np.random.default_rng([width, seed]).normal() for seed in config.seeds]
    return pd.DataFrame({"width": width, "seed": config.seeds, "score": 10 + np.array(noise)})


def run(config):
    parts = (run_cell(config, **cell) for cell in cells(config))
    return experiments.together(parts, SCHEMA)
