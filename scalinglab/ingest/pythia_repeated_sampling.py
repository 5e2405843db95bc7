"""How often each of 10,000 samples of Pythia models solves a problem of MATH."""

from pathlib import Path

import pandas as pd

from scalinglab.ingest import read_columns

COLUMNS = {
    "model": "model",
    "params_nominal": "parameters",
    "problem_idx": "problem",
    "n_samples": "samples",
    "n_correct": "correct",
}


def derive(files: dict[str, Path]) -> dict[str, pd.DataFrame]:
    """Return ``repeated_samples``: one row per model and problem."""
    counts = read_columns(files["pythia_math_counts.csv"], COLUMNS)
    return {"repeated_samples": counts.sort_values(["parameters", "problem"])}
